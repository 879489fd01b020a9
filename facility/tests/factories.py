import factory

from backoffice.people.tests.factories import RecordFactory
from facility import models


class ArticleFactory(RecordFactory):
    class Meta:
        model = models.Article

    name = factory.Sequence(lambda n: f"Article {n}")


class CustomerObjectFactory(RecordFactory):
    """`customer` is required."""

    class Meta:
        model = models.CustomerObject

    name = factory.Sequence(lambda n: f"Object {n}")
    address_street = factory.Sequence(lambda n: f"Nørregade {n}")
    address_zip = "1165"
    address_city = "København K"
    address_country = "Denmark"


class ComplaintFactory(RecordFactory):
    """`object` is required."""

    class Meta:
        model = models.Complaint

    desc = factory.Sequence(lambda n: f"Lamp {n} is broken")

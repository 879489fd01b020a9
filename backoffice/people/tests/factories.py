"""Factories for the records of `people`. They create records through the write service, as the product
does."""

import factory
from django.contrib.auth.hashers import make_password

from backoffice.people import models
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel, Installation

PASSWORD = "correct horse battery"


class RecordFactory(factory.Factory):
    """Creates records through `services.create`. `company` may be a company, `actor` any actor."""

    class Meta:
        abstract = True

    @classmethod
    def _create(cls, model_class, *args, actor=None, company=None, id=None, **values):
        company_id = company.pk if company is not None else None
        actor = actor or Installation(company_id)
        return services.create(
            model_class,
            values,
            actor=actor,
            context=ChangeContext(Channel.COMMAND),
            company_id=company_id,
            id=id,
        ).record


class CompanyFactory(RecordFactory):
    class Meta:
        model = models.Company

    name = factory.Sequence(lambda n: f"Company {n}")


class CustomerFactory(RecordFactory):
    class Meta:
        model = models.Customer

    name = factory.Sequence(lambda n: f"Customer {n}")


class ContactFactory(RecordFactory):
    class Meta:
        model = models.Contact

    first_name = "Karen"
    last_name = factory.Sequence(lambda n: f"Nielsen {n}")


class UserFactory(RecordFactory):
    class Meta:
        model = models.User

    username = factory.Sequence(lambda n: f"user{n}")
    email = factory.LazyAttribute(lambda user: f"{user.username}@example.com")
    password = factory.LazyFunction(lambda: make_password(PASSWORD))


class ApiKeyFactory(RecordFactory):
    class Meta:
        model = models.ApiKey

    name = "test script"
    scopes = list(models.SCOPES)

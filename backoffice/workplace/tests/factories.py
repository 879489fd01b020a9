import factory

from backoffice.people.tests.factories import RecordFactory
from backoffice.workplace import models


class CannedAnswerFactory(RecordFactory):
    class Meta:
        model = models.CannedAnswer

    title = factory.Sequence(lambda n: f"Answer {n}")
    text = "Dear {customer}, we have looked at no. {number}."

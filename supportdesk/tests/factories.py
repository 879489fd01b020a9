import factory

from backoffice.people.tests.factories import RecordFactory
from supportdesk import models


class SupportCaseFactory(RecordFactory):
    class Meta:
        model = models.SupportCase

    name = factory.Sequence(lambda n: f"No picture {n}")

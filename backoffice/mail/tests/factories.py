import factory

from backoffice.mail.models import MailSender, MailTemplate
from backoffice.people.tests.factories import RecordFactory

EVENTS = ("facility.reply", "facility.finished", "supportdesk.reply", "supportdesk.finished")
LANGUAGES = ("en", "da", "de")


class MailTemplateFactory(RecordFactory):
    """Texts with a reply: a company has one for each event and language."""

    class Meta:
        model = MailTemplate

    event = factory.Sequence(lambda n: EVENTS[n % 4])
    language = factory.Sequence(lambda n: LANGUAGES[n // 4 % 3])
    subject = "About no. {{ number }}"
    text = "{{ description }}\n\n{{ reply }}"


class MailSenderFactory(RecordFactory):
    """A company has one sender: the second time, the first one is returned."""

    class Meta:
        model = MailSender

    reply_to = "desk@firm.example"

    @classmethod
    def _create(cls, model_class, *args, company, **values):
        first = MailSender.objects.filter(company_id=company.pk).first()
        return first or super()._create(model_class, *args, company=company, **values)

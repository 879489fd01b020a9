"""Redaction of addresses in the table of e-mails."""

from backoffice.mail.models import Delivery
from backoffice.people.models import User
from backoffice.privacy.erasers import Erasure, register_eraser, register_text_columns

register_text_columns(Delivery, "recipient", owner="company_id")


@register_eraser
def delete_deliveries(erasure: Erasure):
    """Delete the rows of e-mails to a user, or about another person's record."""
    person = erasure.person
    to_user = Delivery.objects.filter(user_id=person.pk) if person.model is User else Delivery.objects.none()
    about = Delivery.objects.filter(record_type=person.model._meta.label_lower, record_id=person.pk)
    yield str(Delivery._meta.verbose_name_plural), to_user.delete()[0] + about.delete()[0]

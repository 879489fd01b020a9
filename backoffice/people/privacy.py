"""Erasers of API keys."""

from backoffice.people.models import ApiKey, User
from backoffice.privacy.erasers import Erasure, register_eraser
from backoffice.privacy.mentions import make_property_redactor, redact_by_id


@register_eraser
def revoke_keys(erasure: Erasure):
    """Expire a user's keys and blank their names."""
    if erasure.person.model is User:
        keys = list(ApiKey._base_manager.filter(owner_id=erasure.person.pk))
        for key in keys:
            redactor = make_property_redactor(ApiKey, key, ApiKey.personal_properties)
            redact_by_id(ApiKey, key.pk, redactor, erasure.actor, erasure.context)
        yield str(ApiKey._meta.verbose_name_plural), len(keys)

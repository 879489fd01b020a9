"""Erasers of API keys."""

from backoffice.people.models import ApiKey, User
from backoffice.privacy.erasers import Erasure, register_eraser
from backoffice.privacy.mentions import blanked, own_properties


@register_eraser
def revoke_keys(erasure: Erasure):
    """Expire a user's keys and blank their names."""
    if erasure.person.model is User:
        keys = list(ApiKey._base_manager.filter(owner_id=erasure.person.pk))
        for key in keys:
            judge = own_properties(ApiKey, key, ApiKey.personal)
            blanked(ApiKey, key.pk, judge, erasure.actor, erasure.via)
        yield str(ApiKey._meta.verbose_name_plural), len(keys)

"""What is kept of a user outside their record: keys that act for them."""

from backoffice.people.models import ApiKey, User
from backoffice.privacy.erasers import Erasure, register_eraser
from backoffice.privacy.mentions import blanked, own_properties


@register_eraser
def revoke_keys(forgetting: Erasure):
    """Their keys open nothing any more, and are called by nobody's name."""
    if forgetting.person.model is User:
        keys = list(ApiKey._base_manager.filter(owner_id=forgetting.person.pk))
        for key in keys:
            judge = own_properties(ApiKey, key, ApiKey.personal)
            blanked(ApiKey, key.pk, judge, forgetting.actor, forgetting.via)
        yield str(ApiKey._meta.verbose_name_plural), len(keys)

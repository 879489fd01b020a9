"""Files of people who are forgotten."""

from backoffice.people.models import User
from backoffice.privacy.erasers import Forgetting, also_forgets, has_texts
from backoffice.uploads.cleanup import remove_unshown
from backoffice.uploads.models import Upload

has_texts(Upload, "name", "label")


@also_forgets
def remove_what_they_sent(forgetting: Forgetting):
    """What they sent and nothing shows."""
    if forgetting.person.model is User:
        count = remove_unshown(Upload.objects.filter(uploaded_by=forgetting.person.pk))
        yield str(Upload._meta.verbose_name_plural), count

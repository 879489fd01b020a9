"""The eraser of uploads."""

from backoffice.people.models import User
from backoffice.privacy.erasers import Erasure, register_eraser, register_text_columns
from backoffice.uploads.cleanup import delete_unshown
from backoffice.uploads.models import Upload

register_text_columns(Upload, "name", "label")


@register_eraser
def remove_unshown_uploads(erasure: Erasure):
    """Delete a user's uploads that no record shows."""
    if erasure.person.model is User:
        count = delete_unshown(Upload.objects.filter(uploaded_by=erasure.person.pk))
        yield str(Upload._meta.verbose_name_plural), count

"""Private methods of Django's forms that forms of records override, each with its reason.
`tests/proofs/test_patches.py` fails for a Django that they were not verified with."""

from django import forms
from django.forms.formsets import DELETION_FIELD_NAME

VERIFIED = {"Django": "5.2"}


class DetachedInstanceMixin:
    """A model form that does not write to its instance. Django's `_post_clean` assigns the input to the instance, also
    if it is not valid; the record must stay as it was for the plan of the update, which validates."""

    def _post_clean(self) -> None:
        pass


class UncleanedDeletionMixin:
    """A formset that knows which forms are to be deleted before they are cleaned: `has_changed` needs it. Django's
    `_should_delete_form` fails for them."""

    def is_deleted(self, form: forms.BaseForm) -> bool:
        return bool(form[DELETION_FIELD_NAME].data)

    def _should_delete_form(self, form: forms.BaseForm) -> bool:
        return self.is_deleted(form)

"""Redaction of saved views, list settings and visits."""

from backoffice.lists.models import ListChoice, SavedView, Visit
from backoffice.lists.saved_views import remove_view
from backoffice.people.models import User
from backoffice.privacy.erasers import Erasure, redact_query_string, register_eraser, register_text_columns

register_text_columns(SavedView, "name", owner="company_id", query=redact_query_string)


@register_eraser
def erase_list_settings(erasure: Erasure):
    """Delete the views of a user that are not shared, and their list settings and visits."""
    if erasure.person.model is User:
        views = list(SavedView.objects.filter(owner_id=erasure.person.pk, shared=False))
        for view in views:
            remove_view(view)
        yield str(SavedView._meta.verbose_name_plural), len(views)
        for model in (ListChoice, Visit):
            count = model.objects.filter(user_id=erasure.person.pk).delete()[0]
            yield str(model._meta.verbose_name_plural), count

"""What people who are forgotten kept of their lists."""

from backoffice.lists.models import ListChoice, SavedView, Visit
from backoffice.lists.saved_views import remove_view
from backoffice.people.models import User
from backoffice.privacy.erasers import Erasure, in_query_string, register_eraser, register_text_columns

register_text_columns(SavedView, "name", owner="company_id", query=in_query_string)


@register_eraser
def drop_what_was_theirs(forgetting: Erasure):
    """What nobody else had. Views that they shared stay with their colleagues."""
    if forgetting.person.model is User:
        theirs = list(SavedView.objects.filter(owner_id=forgetting.person.pk, shared=False))
        for view in theirs:
            remove_view(view)
        yield str(SavedView._meta.verbose_name_plural), len(theirs)
        for model in (ListChoice, Visit):
            count = model.objects.filter(user_id=forgetting.person.pk).delete()[0]
            yield str(model._meta.verbose_name_plural), count

"""Saved views, column settings and visits. Personal settings are not part of the history."""

from collections.abc import Callable
from datetime import timedelta
from unicodedata import normalize

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.db.queries import CompiledQuery
from backoffice.db.transactions import with_retry
from backoffice.lists.models import ListChoice, SavedView, Visit
from backoffice.records.fields import now, sort_key
from backoffice.records.models import Entity

MAX_VIEWS = 30
"""The most views that a user may have of one list."""
SAME_VISIT = timedelta(minutes=30)
"""Opening the home page again within this time continues the same visit."""
NAME_TAKEN = gettext_lazy("You already have a view of this list with this name. Enter another name.")
FIRST_VISIT_NEWS = timedelta(days=7)
"""How far back the news of a user's first visit go."""


# Every list page runs both queries.
_SETTINGS = CompiledQuery(
    lambda user, record_type: ListChoice.objects.filter(user_id=user, record_type=record_type).order_by()
)


@CompiledQuery
def _views(record_type: str, owner: str, company: str, *customer: str):
    """Return the views of a list that a user may use. Pass a customer for users of a customer."""
    person = get_user_model()(pk=owner, company_id=company, customer_id=next(iter(customer), None))
    return SavedView.objects.usable_in_any_list(person).filter(record_type=record_type).order_by()


def list_settings(person, model: type[Entity]) -> ListChoice:
    """Return the user's settings of a list; unsaved defaults if there are none."""
    record_type = model._meta.label_lower
    settings = next(iter(_SETTINGS(person.pk, record_type)), None)
    return settings or ListChoice(user_id=person.pk, record_type=record_type)


def update_list_settings(person, model: type[Entity], **values) -> None:
    """Save the user's settings of a list."""
    ListChoice.objects.update_or_create(
        user_id=person.pk, record_type=model._meta.label_lower, defaults=values
    )


def default_views(
    person, models: list[type[Entity]]
) -> dict[type[Entity], tuple[list[SavedView], str | None]]:
    """Return the views and the id of the default view, by model, for the models of which the user has
    views."""
    language = person.company_language
    views = sorted(
        SavedView.objects.usable_in_any_list(person),
        key=lambda view: (sort_key(view.name, language), view.pk),
    )
    chosen = ListChoice.objects.filter(user_id=person.pk).exclude(default_view=None)
    defaults = dict(chosen.values_list("record_type", "default_view_id"))
    views_by_model = {}
    for model in models:
        label = model._meta.label_lower
        of_model = [view for view in views if view.record_type == label]
        if of_model:
            default = defaults.get(label)
            is_usable = any(view.pk == default for view in of_model)
            views_by_model[model] = (of_model, default if is_usable else None)
    return views_by_model


def saved_views_of(person, model: type[Entity]) -> list[SavedView]:
    """Return the user's own views of a list, then those that colleagues share, each sorted by name."""
    customer = () if person.customer_id is None else (person.customer_id,)
    views = _views(model._meta.label_lower, person.pk, person.company_id, *customer)
    language = person.company_language
    return sorted(
        views, key=lambda view: (view.owner_id != person.pk, sort_key(view.name, language), view.pk)
    )


def save_view(person, model: type[Entity], name: str, query: str, shared: bool) -> SavedView:
    """Save a view. Raise ValidationError for an invalid or duplicate name, and for too many views."""
    own_views = SavedView.objects.filter(owner_id=person.pk, record_type=model._meta.label_lower)
    if own_views.count() >= MAX_VIEWS:
        raise ValidationError(_("You have too many views. Delete one that you no longer need."))
    view = SavedView(
        owner_id=person.pk,
        company_id=person.company_id,
        customer_id=person.customer_id,
        record_type=model._meta.label_lower,
        name=name.strip(),
        query=query,
        shared=shared,
    )
    _save_named(view, lambda: view.save(force_insert=True))
    return view


def rename_view(view: SavedView, name: str, shared: bool) -> None:
    """Rename a view, and share it or not. Raise ValidationError for an invalid or duplicate name."""
    view.name, view.shared = name.strip(), shared
    _save_named(view, lambda: view.save(update_fields=["name", "shared"]))


def _save_named(view: SavedView, save: Callable[[], None]) -> None:
    """Save a view. Raise ValidationError if its owner has another one of this list with the same name,
    ignoring case."""
    view.full_clean(validate_unique=False, validate_constraints=False, exclude=["owner"])
    others = SavedView.objects.filter(owner_id=view.owner_id, record_type=view.record_type).exclude(
        pk=view.pk
    )
    if fold_name(view.name) in map(fold_name, others.values_list("name", flat=True)):
        raise ValidationError(NAME_TAKEN)
    try:
        with_retry(save)
    except IntegrityError:  # a concurrent request has taken the name
        raise ValidationError(NAME_TAKEN) from None


def fold_name(name: str) -> str:
    """Return a name for comparison, ignoring case, width and whitespace."""
    return " ".join(normalize("NFKC", name).casefold().split())


def remove_view(view: SavedView) -> None:
    """Delete a view. Users whose default it was have none afterwards."""

    def delete():
        ListChoice.objects.filter(default_view_id=view.pk).update(default_view=None)
        SavedView.objects.filter(pk=view.pk).delete()

    with_retry(delete)


def last_visit(person):
    """Return the instant after which changes are news to a user: the end of their previous visit to the home
    page."""
    visit = Visit.objects.filter(user_id=person.pk).first()
    if visit is None:
        return now() - FIRST_VISIT_NEWS
    return visit.since if now() - visit.last_at < SAME_VISIT else visit.last_at


def record_visit(person, seen: bool = False) -> None:
    """Record that a user is on the home page. With `seen`, mark all news as seen."""
    at, since = now(), last_visit(person)
    Visit.objects.update_or_create(
        user_id=person.pk, defaults={"since": at if seen else since, "last_at": at}
    )

"""Reading and writing what people keep of their lists. Nobody's business but theirs and their colleagues', so it
leaves no history."""

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

MOST_VIEWS = 30
"""How many views of one kind of list somebody may have."""
SAME_VISIT = timedelta(minutes=30)
"""Who is back within this time has not been away."""
NAME_TAKEN = gettext_lazy("You have a view of this list with that name. Enter another name.")
AT_FIRST = timedelta(days=7)
"""How far back somebody is told what changed who was never here before."""


# Every list asks for both.
_CHOICE = CompiledQuery(
    lambda user, record_type: ListChoice.objects.filter(user_id=user, record_type=record_type).order_by()
)


@CompiledQuery
def _views(record_type: str, owner: str, company: str, *customer: str):
    """The views of a kind of list that somebody has; who is from outside has a customer, too."""
    person = get_user_model()(pk=owner, company_id=company, customer_id=next(iter(customer), None))
    return SavedView.objects.of_anything(person).filter(record_type=record_type).order_by()


def list_settings(person, model: type[Entity]) -> ListChoice:
    """How somebody wants a list to be; an empty one if they never said."""
    record_type = model._meta.label_lower
    found = next(iter(_CHOICE(person.pk, record_type)), None)
    return found or ListChoice(user_id=person.pk, record_type=record_type)


def update_list_settings(person, model: type[Entity], **values) -> None:
    """Keep what somebody chose for a list."""
    mine = ListChoice.objects.filter(user_id=person.pk, record_type=model._meta.label_lower)
    if mine.update(**values):
        return
    try:
        with_retry(
            lambda: ListChoice(user_id=person.pk, record_type=model._meta.label_lower, **values).save(
                force_insert=True
            )
        )
    except IntegrityError:  # chosen in two windows at once
        mine.update(**values)


def default_views(
    person, models: list[type[Entity]]
) -> dict[type[Entity], tuple[list[SavedView], str | None]]:
    """Of some kinds of lists, those of which somebody has views: the views, and which of them it opens with."""
    language = person.company_language
    views = sorted(
        SavedView.objects.of_anything(person), key=lambda view: (sort_key(view.name, language), view.pk)
    )
    chosen = ListChoice.objects.filter(user_id=person.pk).exclude(default_view=None)
    defaults = dict(chosen.values_list("record_type", "default_view_id"))
    found = {}
    for model in models:
        label = model._meta.label_lower
        theirs = [view for view in views if view.record_type == label]
        if theirs:
            default = defaults.get(label)
            found[model] = (theirs, default if any(view.pk == default for view in theirs) else None)
    return found


def saved_views_of(person, model: type[Entity]) -> list[SavedView]:
    """Their own and their colleagues' views of a list, by name."""
    customer = () if person.customer_id is None else (person.customer_id,)
    found = _views(model._meta.label_lower, person.pk, person.company_id, *customer)
    language = person.company_language
    return sorted(
        found, key=lambda view: (view.owner_id != person.pk, sort_key(view.name, language), view.pk)
    )


def save_view(person, model: type[Entity], name: str, query: str, shared: bool) -> SavedView:
    """Keep a list under a name. Raises ValidationError if it cannot be."""
    mine = SavedView.objects.filter(owner_id=person.pk, record_type=model._meta.label_lower)
    if mine.count() >= MOST_VIEWS:
        raise ValidationError(_("These are very many views. Remove one that you no longer need."))
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
    """Give a view another name, and share it or not. Raises ValidationError."""
    view.name, view.shared = name.strip(), shared
    _save_named(view, lambda: view.save(update_fields=["name", "shared"]))


def _save_named(view: SavedView, save: Callable[[], None]) -> None:
    """Save a view if its owner has no other of this list by this name, in whatever case. Raises ValidationError."""
    view.full_clean(validate_unique=False, validate_constraints=False, exclude=["owner"])
    others = SavedView.objects.filter(owner_id=view.owner_id, record_type=view.record_type).exclude(
        pk=view.pk
    )
    if fold_name(view.name) in map(fold_name, others.values_list("name", flat=True)):
        raise ValidationError(NAME_TAKEN)
    try:
        with_retry(save)
    except IntegrityError:  # kept in two windows at once
        raise ValidationError(NAME_TAKEN) from None


def fold_name(name: str) -> str:
    """A name as it is compared with others."""
    return " ".join(normalize("NFKC", name).casefold().split())


def remove_view(view: SavedView) -> None:
    """For whoever it was the default, there is none any more."""

    def work():
        ListChoice.objects.filter(default_view_id=view.pk).update(default_view=None)
        SavedView.objects.filter(pk=view.pk).delete()

    with_retry(work)


def last_visit(person):
    """Since when things are new to somebody: the end of their last visit to their home page."""
    visit = Visit.objects.filter(user_id=person.pk).first()
    if visit is None:
        return now() - AT_FIRST
    return visit.since if now() - visit.last_at < SAME_VISIT else visit.last_at


def record_visit(person, seen: bool = False) -> None:
    """Remember that somebody is at their home page; with `seen`, that nothing there is new to them any more."""
    at, since = now(), last_visit(person)
    values = {"since": at if seen else since, "last_at": at}
    if Visit.objects.filter(user_id=person.pk).update(**values):
        return
    try:
        with_retry(lambda: Visit(user_id=person.pk, **values).save(force_insert=True))
    except IntegrityError:  # in two windows at once
        Visit.objects.filter(user_id=person.pk).update(**values)

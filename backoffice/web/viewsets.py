"""How each kind of record is shown in the browser: one declaration by its desk, used by lists, record pages,
the rail and the search for everything."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from django.http import HttpRequest, HttpResponse
from django.urls import get_script_prefix, reverse

from backoffice.accounts.preserved_forms import leave_out
from backoffice.db.compat import prefetch_references
from backoffice.db.object_ids import is_object_id
from backoffice.records.actors import Actor
from backoffice.records.models import Entity
from backoffice.records.properties import load_collections
from backoffice.records.services import PlannedWrite
from backoffice.web.page_parts import Action, Composer, Link, Panel, UploadArea, panels_for

ANY_ID = "fedcba987654321001234567"
"""Stands for the id of a record in addresses that are made once for all of them."""


@dataclass(frozen=True, kw_only=True)
class ListColumn:
    """A column of a list. `value(record)` gives what is shown, the attribute `name` if there is none; `show`
    makes HTML of it if text is not enough (`web.cells`); `data(record)` is what an export has of it, if that is not the value. `sort`
    names the properties it may be sorted by (an allow-list: sorting by what one may not read would tell it). `css`
    may be `number`, `subject`, `minor` (gives way on a narrow screen), `wide` or `who` (given so much room and no
    more)."""

    name: str
    label: str
    value: Callable[[Entity], object] | None = None
    sort: tuple[str, ...] = ()
    show: Callable[..., str] | None = None
    css: str = ""
    data: Callable[[Entity], object] | None = None

    @property
    def leads(self) -> bool:
        """Whether it leads to the record's page: nobody can do without it."""
        return self.name == "number" or "subject" in self.css

    def read(self, record: Entity) -> object:
        return self.value(record) if self.value else getattr(record, self.name)


@dataclass(frozen=True, kw_only=True)
class ListShortcut:
    """A list that people ask for every day: the filters that make it, under a name; in a queue also its order, and
    what is said when it is empty."""

    label: str
    filters: dict[str, str]
    sort: str = ""
    empty: str = ""


class RecordViewSet:
    """One kind of record. Subclasses declare the attributes; `register` makes it known."""

    model: type[Entity]
    slug: str
    """The first part of its addresses: `complaints`."""
    icon: str
    """The name of a Bootstrap icon."""
    new_label: str
    """What the button says that makes one: “New complaint”. (In most languages, “new” follows the noun's gender.)"""
    short_label = ""
    """What the rail calls it, if its plural is too long."""
    order = 100
    on_rail = True
    """Whether it is one of the few on the rail itself, or kept under its “More”."""
    filterset_class = None
    form_class = None
    columns: tuple[ListColumn, ...] = ()
    badges: tuple[str, ...] = ()
    """The columns that a record's own page shows beside its name: its state, its priority."""
    more_columns: tuple[ListColumn, ...] = ()
    """Columns that its list has if somebody chooses them."""
    shortcuts: tuple[ListShortcut, ...] = ()
    queue: tuple[ListShortcut, ...] = ()
    """What somebody is to do next, on their home page."""
    queue_badges: tuple[str, ...] = ()
    """The columns that are shown there beside a record's name."""
    quick: tuple[str, ...] = ()
    """Properties that are set by one choice, from the list and from the record's head."""
    quick_state = ""
    """The column in which the list offers the record's actions."""
    quick_words: dict[str, tuple[tuple[object, str], ...]] = {}
    """What the values of a quick property are called, if its own words do not do."""
    note_template = ""
    """What is said above the list, for those who come for the first time."""
    sensitive = False
    """Whether the password is asked for again before one of these is made, changed or removed."""
    boxes: tuple[Composer, ...] = ()
    """Where comments and answers are written on its page."""
    drawers: tuple[UploadArea, ...] = ()
    """Where files are put on its page."""
    panels_first = False
    """Whether its page is about what belongs to it, before what it is."""
    default_sort = "-number"
    prefetch: tuple[str, ...] = ()
    """References to fetch along with a page of the list, in one query each."""

    @property
    def label(self) -> str:
        return _capitalized(self.plural)

    @property
    def badge_columns(self) -> list[ListColumn]:
        return [column for column in self.columns if column.name in self.badges]

    @property
    def queue_columns(self) -> list[ListColumn]:
        return [column for column in self.columns if column.name in self.queue_badges]

    @property
    def all_columns(self) -> tuple[ListColumn, ...]:
        """Every column that its list may have, and may be sorted by."""
        return (*self.columns, *self.more_columns)

    @property
    def quick_columns(self) -> tuple[str, ...]:
        """The columns in which something is set by one choice."""
        return (*self.quick, self.quick_state) if self.quick_state else self.quick

    @property
    def plural(self) -> str:
        """The plural in the middle of a sentence."""
        return str(self.model._meta.verbose_name_plural)

    @property
    def rail_label(self) -> str:
        return str(self.short_label or self.label)

    @property
    def name(self) -> str:
        return self.model._meta.model_name

    def url(self, page: str, *args) -> str:
        """The address of a page of this kind: `list`, `new`, `record`, `remove`, …"""
        route = f"{self.model._meta.app_label}:{self.name}_{page}"
        if args and is_object_id(args[0]):
            before, after = self.around_id(page, *args[1:])
            return f"{before}{args[0]}{after}"
        return reverse(route, args=args) if args else _address(route, get_script_prefix())

    def around_id(self, page: str, *more) -> tuple[str, str]:
        """What the address of a page of a record has before and after its id."""
        return _around_id(f"{self.model._meta.app_label}:{self.name}_{page}", more, get_script_prefix())

    def subject(self, record: Entity) -> str:
        """What a record is called in lists and links."""
        return str(record)

    def subtitle(self, record: Entity) -> str:
        """What tells it from its like, in the results of a search."""
        return ""

    def meta(self, record: Entity) -> str:
        """What one decides by, in a panel: a state, a date."""
        return ""

    def links(self, record: Entity, actor: Actor) -> list[Link]:
        """The records that this one points at, to go there from its page."""
        return []

    def placeholders(self, record: Entity, actor: Actor) -> dict[str, str]:
        """What canned answers call by the names of `workplace.placeholders`, of this record."""
        return {"subject": self.subject(record)}

    def actions(self, record: Entity, actor: Actor) -> list[Action]:
        """What this actor may do with this record by one press of a button."""
        return []

    def panels(self, record: Entity, actor: Actor) -> list[Panel]:
        """The panels of its page, those included that other desks have registered."""
        return panels_for(record, actor)

    def created(self, request: HttpRequest, record: Entity) -> HttpResponse | None:
        """What to show after a record was made, if not its page."""
        return None

    def saved(self, request: HttpRequest, draft: PlannedWrite) -> None:
        """Tell what a change that was just saved leaves to do."""

    def ready(self, records: Iterable[Entity], actor: Actor, columns: Iterable[ListColumn] = ()) -> None:
        """Fetch all that the columns show of a page of the list. What they point at comes as far as it is the actor's
        to know: what is not is None."""
        records, columns = list(records), list(columns)
        props = [prop for column in columns if (prop := self.model.properties.get(column.name))]
        for name in dict.fromkeys(
            [*self.prefetch, *(prop.name for prop in props if not prop.many and prop.target)]
        ):
            target = self.model._meta.get_field(name).related_model
            prefetch_references(records, name, target.only_name_columns(target.names_visible_to(actor)))
        self.prepare(records, actor)
        load_collections(records, [prop.name for prop in props if prop.many])

    def prepare(self, records: Iterable[Entity], actor: Actor) -> None:
        """Fetch what the columns show beside the records' own properties, for a whole page of the list at once."""


@lru_cache(maxsize=1000)
def _around_id(route: str, more: tuple, script_prefix: str) -> tuple[str, str]:
    """What an address has before and after the id of a record. (Making it costs 35 µs; a list has hundreds.)"""
    before, _id, after = reverse(route, args=(ANY_ID, *more)).partition(ANY_ID)
    return before, after


@lru_cache(maxsize=200)
def _address(route: str, script_prefix: str) -> str:
    """An address without an id. (The rail of every page has that of each kind.)"""
    return reverse(route)


def _capitalized(words: str) -> str:
    """With its first letter in upper case; the others stay (`API keys`)."""
    text = str(words)
    return text[:1].upper() + text[1:]


_kinds: dict[type[Entity], RecordViewSet] = {}


def register(kind_class: type[RecordViewSet]) -> RecordViewSet:
    """Make a kind known. To be called when the desk's `views` are loaded (its `urls` load them)."""
    kind = kind_class()
    uploaded = {drawer.property for drawer in kind.drawers}
    uploaded |= {f"{box.property}.files" for box in kind.boxes if box.attach}
    if uploaded:
        made = {"uploaded": frozenset(uploaded)}
        kind.form_class = type(kind.form_class.__name__, (kind.form_class,), made)
    _kinds[kind.model] = kind
    return kind


@leave_out
def _is_guarded_box(name: str) -> bool:
    """What is written into the box of a guarded property is never preserved."""
    return any(
        name == f"say-{box.name}" and kind.model.properties[box.property].guard
        for kind in _kinds.values()
        for box in kind.boxes
    )


def all_viewsets() -> list[RecordViewSet]:
    """Every kind, in the order of the rail."""
    return sorted(_kinds.values(), key=lambda kind: kind.order)


def viewset_for(model: type[Entity]) -> RecordViewSet | None:
    """How a model is shown, if it is."""
    return _kinds.get(model)


def viewsets_visible_to(actor: Actor) -> list[RecordViewSet]:
    """The kinds of which an actor may see records."""
    return [kind for kind in all_viewsets() if actor.may("view", kind.model)]

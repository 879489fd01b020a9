"""View sets: how the browser shows each record model. Apps declare and register them; lists, record pages,
the rail and the global search read them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from operator import methodcaller

from django.db import models
from django.http import HttpRequest, HttpResponse
from django.urls import get_script_prefix, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from backoffice.accounts.preserved_forms import register_secret_fields
from backoffice.db.compat import prefetch_references
from backoffice.forms.fieldsets import ADMINISTRATIVE, NOT_IN_FORMS
from backoffice.forms.record_form import record_form
from backoffice.lists.default_filters import default_filterset
from backoffice.mail.customer_events import HAVE_REPLY
from backoffice.records.actors import Actor
from backoffice.records.assignments import AssignableMixin
from backoffice.records.fields import sort_column
from backoffice.records.models import Entity
from backoffice.records.properties import load_collections
from backoffice.records.services import PlannedWrite
from backoffice.web.page_parts import Action, Composer, Link, UploadArea

ANY_ID = "fedcba987654321001234567"
"""A placeholder for a record id in URLs that are built once and then reused for every record."""


@dataclass(frozen=True, kw_only=True)
class ListColumn:
    """A column of a list. `value(record)` returns the value; the default is the attribute `name`. `show`
    renders it as HTML where plain text is not enough (`web.cells`). `data(record)` returns the value to
    export if that differs. `sort` names the properties that the list may be sorted by. It is an allow-list,
    because sorting by a property reveals its order to users who may not view it. `css` is one or more of
    `number`, `subject`, `minor` (hidden on narrow screens), `wide` and `person` (of limited width)."""

    name: str
    label: str
    value: Callable[[Entity], object] | None = None
    sort: tuple[str, ...] = ()
    show: Callable[..., str] | None = None
    css: str = ""
    data: Callable[[Entity], object] | None = None

    @property
    def is_link(self) -> bool:
        """Whether the column links to the record's page. Such a column cannot be hidden."""
        return self.name == "number" or "subject" in self.css

    def read(self, record: Entity) -> object:
        return self.value(record) if self.value else getattr(record, self.name)


@dataclass(frozen=True, kw_only=True)
class ListShortcut:
    """A named set of filters for a list. In a queue, also its order and the text of the empty list."""

    label: str
    filters: dict[str, str]
    sort: str = ""
    empty: str = ""


class RecordViewSet:
    """How one record model is shown. Subclasses declare the attributes; `register` adds them to the
    registry."""

    model: type[Entity]
    slug: str
    """The first segment of its URLs: `complaints`."""
    icon: str
    """The name of a Bootstrap icon."""
    new_label: str
    """The label of the create button, such as “New complaint”. (“New” agrees with the gender of the noun in
    most languages, so it cannot be composed.)"""
    short_label = ""
    """The label on the rail, if the plural is too long."""
    order = 100
    on_rail = True
    """Whether it is on the rail itself. Otherwise it is under “More”."""
    filterset_class = None
    form_class = None
    columns: tuple[ListColumn, ...] = ()
    badges: tuple[str, ...] = ()
    """The columns that the record page shows beside the title, such as state and priority."""
    more_columns: tuple[ListColumn, ...] = ()
    """Columns of the list that are hidden by default."""
    shortcuts: tuple[ListShortcut, ...] = ()
    queue: tuple[ListShortcut, ...] = ()
    """The parts of the user's queue on the home page."""
    queue_badges: tuple[str, ...] = ()
    """The columns that the queue shows beside the record's name."""
    quick_properties: tuple[str, ...] = ()
    """Properties that have a quick-edit menu in the list and in the header of the record page."""
    quick_action_column = ""
    """The column of the list whose menu offers the record's actions."""
    quick_labels: dict[str, tuple[tuple[object, str], ...]] = {}
    """(value, label) pairs that replace the labels of a quick property's choices."""
    note_template = ""
    """The template of a note above the list."""
    requires_reauthentication = False
    """Whether creating, changing and deleting these records requires reauthentication."""
    composers: tuple[Composer, ...] = ()
    """The composers on the record page, for comments and answers."""
    upload_areas: tuple[UploadArea, ...] = ()
    """The upload areas on the record page."""
    panels_first = False
    """Whether the record page shows the related records above the form."""
    default_sort = "-number"
    prefetch: tuple[str, ...] = ()
    """References to prefetch for a page of the list, with one query each."""

    @property
    def label(self) -> str:
        """The short name, where one is declared: menu, headings and search results have the same one."""
        return str(self.short_label or capfirst(self.plural))

    @property
    def badge_columns(self) -> list[ListColumn]:
        return [column for column in self.columns if column.name in self.badges]

    @property
    def queue_columns(self) -> list[ListColumn]:
        return [column for column in self.columns if column.name in self.queue_badges]

    @property
    def all_columns(self) -> tuple[ListColumn, ...]:
        """Every column that the list may show or be sorted by."""
        return (*self.columns, *self.more_columns)

    def columns_visible_to(self, actor: Actor, columns: Iterable[ListColumn]) -> list[ListColumn]:
        """Return those of the columns that the actor may see."""
        return [column for column in columns if self.model.shows_values_to(actor, column.name)]

    def may_be_taken_by(self, actor: Actor) -> bool:
        """Return whether the actor may take the next of the records."""
        return issubclass(self.model, AssignableMixin) and self.model.may_be_taken_by(actor)

    @property
    def reply_events(self) -> list[str]:
        """The events of the e-mails that contain a message of the thread."""
        return [each.mails.name_of(event) for each in self.composers if each.mails for event in HAVE_REPLY]

    @property
    def quick_columns(self) -> tuple[str, ...]:
        """The columns with a quick-edit menu."""
        return tuple(filter(None, (*self.quick_properties, self.quick_action_column)))

    @property
    def plural(self) -> str:
        """The plural name, for use inside a sentence."""
        return str(self.model._meta.verbose_name_plural)

    @property
    def name(self) -> str:
        return self.model._meta.model_name

    def route(self, page: str) -> str:
        """Return the name of a page's URL pattern."""
        return f"{self.model._meta.app_label}:{self.name}_{page}"

    def url(self, page: str, *args) -> str:
        """Return the URL of a page: `list`, `new`, `record`, `remove`, …"""
        if not args:
            return _cached_reverse(self.route(page), (), get_script_prefix())
        pk, *further_args = args
        return _cached_reverse(self.route(page), (ANY_ID, *further_args), get_script_prefix()).replace(
            ANY_ID, pk
        )

    def subject(self, record: Entity) -> str:
        """Return the record's name in lists and links."""
        return str(record)

    def subtitle(self, record: Entity) -> str:
        """Return the line below the name in search results, which tells similar records apart."""
        return ""

    def meta(self, record: Entity) -> str:
        """Return the detail beside the name in a panel, such as a state or a date."""
        return ""

    def links(self, record: Entity, actor: Actor) -> list[Link]:
        """Return links to the records that this one references."""
        return []

    def placeholders(self, record: Entity, actor: Actor) -> dict[str, str]:
        """Return the values of the placeholders in canned answers (`workplace.placeholders`)."""
        return {"subject": self.subject(record)}

    def actions(self, record: Entity, actor: Actor) -> list[Action]:
        """Return the buttons that this actor may press on this record."""
        return []

    def response_after_creation(self, request: HttpRequest, record: Entity) -> HttpResponse | None:
        """Return the response after the record was created; None for the default, a redirect to its page."""
        return None

    def add_messages_after_save(self, request: HttpRequest, planned: PlannedWrite) -> None:
        """Add messages after a save, such as what is left to do."""

    def prefetch_columns(
        self, records: Iterable[Entity], actor: Actor, columns: Iterable[ListColumn] = ()
    ) -> None:
        """Prefetch what the columns show for one page of the list. References that the actor may not see
        become None."""
        records, columns = list(records), list(columns)
        props = [prop for column in columns if (prop := self.model.properties.get(column.name))]
        for name in dict.fromkeys(
            [*self.prefetch, *(prop.name for prop in props if not prop.many and prop.target)]
        ):
            target = self.model._meta.get_field(name).related_model
            prefetch_references(records, name, target.only_name_columns(target.names_visible_to(actor)))
        self.prefetch_extra(records, actor)
        load_collections(records, [prop.name for prop in props if prop.many])

    def prefetch_extra(self, records: Iterable[Entity], actor: Actor) -> None:
        """Prefetch what the columns show beyond the records' own properties, for one page of the list."""


@lru_cache(maxsize=1000)
def _cached_reverse(route: str, args: tuple, script_prefix: str) -> str:
    """Reverse a URL, cached because a list has hundreds of links."""
    return reverse(route, args=args)


NUMBER = ListColumn(name="number", label=_("No."), sort=("number",), css="number")
CREATED = ListColumn(name="created_at", label=_("Created"), sort=("created_at",))
CHANGED = ListColumn(name="last_modified_at", label=_("Changed"), sort=("last_modified_at",))


def default_columns(model: type[Entity]) -> tuple[ListColumn, ...]:
    """Return the columns of a list that declares none: the number, the record's name, and all properties of one
    line. It can be sorted by what an index has in order."""
    indexes = [(*index.fields, "", "")[:2] for index in model._meta.indexes]
    ordered = {second for first, second in indexes if first == "company"}
    columns = []
    for name, prop in model.properties.items():
        field = None if prop.many else prop.field
        is_long = isinstance(field, (models.TextField, models.JSONField))
        if (
            field is None
            or is_long
            or prop.guard
            or not field.editable
            or name in (*ADMINISTRATIVE, *NOT_IN_FORMS)
        ):
            continue
        columns.append(
            ListColumn(
                name=name,
                label=capfirst(field.verbose_name),
                value=methodcaller(f"get_{name}_display") if field.choices else None,
                sort=(name,) if sort_column(model, name) in ordered else (),
                css="subject" if name in model.name_columns else "",
            )
        )
    columns.sort(key=lambda column: column.css != "subject")
    if not any(column.is_link for column in columns):
        columns.insert(
            0, ListColumn(name="name", label=capfirst(model._meta.verbose_name), value=str, css="subject")
        )
    return (NUMBER, *columns)


_registry: dict[type[Entity], RecordViewSet] = {}


def register(viewset_class: type[RecordViewSet]) -> RecordViewSet:
    """Add a view set to the registry, with default columns, filters and form where it declares none. Apps call it
    in their `views`."""
    viewset = viewset_class()
    if not viewset.columns:
        viewset.columns = default_columns(viewset.model)
        viewset.more_columns = viewset.more_columns or (CREATED, CHANGED)
    viewset.filterset_class = viewset.filterset_class or default_filterset(viewset.model)
    viewset.form_class = viewset.form_class or record_form(viewset.model)
    uploaded = {area.property for area in viewset.upload_areas}
    uploaded |= {f"{composer.property}.files" for composer in viewset.composers}
    if uploaded:
        attributes = {"uploaded": frozenset(uploaded)}
        viewset.form_class = type(viewset.form_class.__name__, (viewset.form_class,), attributes)
    _registry[viewset.model] = viewset
    return viewset


@register_secret_fields
def _is_guarded_composer(name: str) -> bool:
    """Return whether a form field is the composer of a guarded property, whose text must never be
    preserved."""
    return name == "edited-text" or any(
        name == f"say-{composer.name}" and viewset.model.properties[composer.property].guard
        for viewset in _registry.values()
        for composer in viewset.composers
    )


def all_viewsets() -> list[RecordViewSet]:
    """Return all view sets in the order of the rail."""
    return sorted(_registry.values(), key=lambda viewset: viewset.order)


def viewset_for(model: type[Entity]) -> RecordViewSet | None:
    """Return the view set of a model; None if it has none."""
    return _registry.get(model)


def viewsets_visible_to(actor: Actor) -> list[RecordViewSet]:
    """Return the view sets of the models whose records the actor may view."""
    return [viewset for viewset in all_viewsets() if actor.may("view", viewset.model)]

"""How each kind of record is shown in the browser: one declaration by its desk, used by lists, record pages,
the rail and the search for everything."""

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import path, reverse

from backoffice.records.models import Entity


@dataclass(frozen=True)
class Column:
    """A column of a list. `value(record)` gives what is shown; `sort` names the ordering it may be sorted by
    (an allow-list: sorting by what one may not read would tell it), `template` how it is shown if not as text."""

    name: str
    label: str
    value: Callable[[Entity], object] | None = None
    sort: str = ""
    template: str = ""
    css: str = ""


class Kind:
    """One kind of record. Subclasses declare the attributes; `register` makes it known."""

    model: type[Entity]
    slug: str
    """The first part of its addresses: `complaints`."""
    icon: str
    """The name of a Bootstrap icon."""
    order = 100
    on_rail = True
    filterset_class = None
    form_class = None
    columns: tuple[Column, ...] = ()
    default_sort = "-number"
    prefetch: tuple[str, ...] = ()
    """References to fetch along with a page of the list, in one query each."""
    panels: tuple = ()

    @property
    def label(self) -> str:
        return str(self.model._meta.verbose_name_plural).capitalize()

    @property
    def name(self) -> str:
        return self.model._meta.model_name

    def url(self, page: str, *args) -> str:
        """The address of a page of this kind: `list`, `new`, `record`, `remove`, …"""
        return reverse(f"{self.model._meta.app_label}:{self.name}_{page}", args=args)

    def subject(self, record: Entity) -> str:
        """What a record is called in lists and links."""
        return str(record)

    def subtitle(self, record: Entity) -> str:
        """What tells it from its like, in the results of a search."""
        return ""

    def urls(self) -> list:
        """The addresses of all its pages."""
        from backoffice.web import lists, pages

        name = self.name
        return [
            path(f"{self.slug}", lists.RecordList.as_view(kind=self), name=f"{name}_list"),
            path(f"{self.slug}/new", pages.NewRecord.as_view(kind=self), name=f"{name}_new"),
            path(f"{self.slug}/<objectid:pk>", pages.RecordPage.as_view(kind=self), name=f"{name}_record"),
            path(f"{self.slug}/<objectid:pk>/remove", pages.RemoveRecord.as_view(kind=self), name=f"{name}_remove"),
            path(f"{self.slug}/<objectid:pk>/secrets", pages.ShowSecrets.as_view(kind=self), name=f"{name}_secrets"),
        ]


_kinds: dict[type[Entity], Kind] = {}


def register(kind_class: type[Kind]) -> Kind:
    """Make a kind known. To be called when the desk's `views` are loaded (its `urls` load them)."""
    kind = kind_class()
    _kinds[kind.model] = kind
    return kind


def all_kinds() -> list[Kind]:
    """Every kind, in the order of the rail."""
    return sorted(_kinds.values(), key=lambda kind: kind.order)


def kind_of(model: type[Entity]) -> Kind | None:
    """How a model is shown, if it is."""
    return _kinds.get(model)

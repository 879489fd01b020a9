"""The addresses of the pages of a kind of record."""

from django.urls import path

from backoffice.web import (
    beside,
    bulk,
    converters,  # noqa: F401 (registers `objectid`)
    lists,
    new_record,
    pages,
    past,
    quick,
    views_saved,
)
from backoffice.web.kinds import Kind


def addresses(kind: Kind) -> list:
    """The addresses of all the pages of a kind, for its desk's `urls`."""
    name = kind.name
    return [
        path(f"{kind.slug}", lists.RecordList.as_view(kind=kind), name=f"{name}_list"),
        path(f"{kind.slug}/bulk", bulk.ChooseMany.as_view(kind=kind), name=f"{name}_bulk"),
        path(f"{kind.slug}/columns", views_saved.Columns.as_view(kind=kind), name=f"{name}_columns"),
        path(f"{kind.slug}/views", views_saved.Views.as_view(kind=kind), name=f"{name}_views"),
        path(
            f"{kind.slug}/views/<objectid:pk>",
            views_saved.OneView.as_view(kind=kind),
            name=f"{name}_view",
        ),
        path(f"{kind.slug}/new", new_record.NewRecord.as_view(kind=kind), name=f"{name}_new"),
        path(f"{kind.slug}/<objectid:pk>", pages.RecordPage.as_view(kind=kind), name=f"{name}_record"),
        path(
            f"{kind.slug}/<objectid:pk>/remove",
            pages.RemoveRecord.as_view(kind=kind),
            name=f"{name}_remove",
        ),
        path(
            f"{kind.slug}/<objectid:pk>/secrets",
            pages.ShowSecrets.as_view(kind=kind),
            name=f"{name}_secrets",
        ),
        path(
            f"{kind.slug}/<objectid:pk>/versions/<int:version>",
            past.RecordThen.as_view(kind=kind),
            name=f"{name}_then",
        ),
        path(
            f"{kind.slug}/<objectid:pk>/versions/<int:version>/undo",
            past.TakeBack.as_view(kind=kind),
            name=f"{name}_undo",
        ),
        path(f"{kind.slug}/<objectid:pk>/print", beside.Printable.as_view(kind=kind), name=f"{name}_print"),
        path(
            f"{kind.slug}/<objectid:pk>/say/<slug:name>",
            beside.Say.as_view(kind=kind),
            name=f"{name}_say",
        ),
        path(f"{kind.slug}/<objectid:pk>/files", beside.PutFiles.as_view(kind=kind), name=f"{name}_files"),
        path(
            f"{kind.slug}/<objectid:pk>/files/<slug:name>/remove",
            beside.RemoveFile.as_view(kind=kind),
            name=f"{name}_remove_file",
        ),
        path(
            f"{kind.slug}/<objectid:pk>/quick/<slug:name>",
            quick.Quick.as_view(kind=kind),
            name=f"{name}_quick",
        ),
        path(
            f"{kind.slug}/<objectid:pk>/act/<slug:name>",
            pages.Act.as_view(kind=kind),
            name=f"{name}_act",
        ),
    ]

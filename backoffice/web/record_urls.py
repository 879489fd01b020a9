"""The addresses of the pages of a kind of record."""

from django.urls import path

from backoffice.web import (
    converters,  # noqa: F401 (registers `objectid`)
)
from backoffice.web.views import (
    bulk_edits,
    comments,
    history,
    lists,
    new_record,
    quick_edit,
    records,
    saved_views,
)
from backoffice.web.viewsets import Kind


def addresses(kind: Kind) -> list:
    """The addresses of all the pages of a kind, for its desk's `urls`."""
    name = kind.name
    return [
        path(f"{kind.slug}", lists.RecordList.as_view(kind=kind), name=f"{name}_list"),
        path(f"{kind.slug}/bulk", bulk_edits.ChooseMany.as_view(kind=kind), name=f"{name}_bulk"),
        path(f"{kind.slug}/columns", saved_views.Columns.as_view(kind=kind), name=f"{name}_columns"),
        path(f"{kind.slug}/views", saved_views.Views.as_view(kind=kind), name=f"{name}_views"),
        path(
            f"{kind.slug}/views/<objectid:pk>",
            saved_views.OneView.as_view(kind=kind),
            name=f"{name}_view",
        ),
        path(f"{kind.slug}/new", new_record.NewRecord.as_view(kind=kind), name=f"{name}_new"),
        path(f"{kind.slug}/<objectid:pk>", records.RecordPage.as_view(kind=kind), name=f"{name}_record"),
        path(
            f"{kind.slug}/<objectid:pk>/remove",
            records.RemoveRecord.as_view(kind=kind),
            name=f"{name}_remove",
        ),
        path(
            f"{kind.slug}/<objectid:pk>/secrets",
            records.ShowSecrets.as_view(kind=kind),
            name=f"{name}_secrets",
        ),
        path(
            f"{kind.slug}/<objectid:pk>/versions/<int:version>",
            history.RecordThen.as_view(kind=kind),
            name=f"{name}_then",
        ),
        path(
            f"{kind.slug}/<objectid:pk>/versions/<int:version>/undo",
            history.TakeBack.as_view(kind=kind),
            name=f"{name}_undo",
        ),
        path(f"{kind.slug}/<objectid:pk>/print", comments.Printable.as_view(kind=kind), name=f"{name}_print"),
        path(
            f"{kind.slug}/<objectid:pk>/say/<slug:name>",
            comments.Say.as_view(kind=kind),
            name=f"{name}_say",
        ),
        path(f"{kind.slug}/<objectid:pk>/files", comments.PutFiles.as_view(kind=kind), name=f"{name}_files"),
        path(
            f"{kind.slug}/<objectid:pk>/files/<slug:name>/remove",
            comments.RemoveFile.as_view(kind=kind),
            name=f"{name}_remove_file",
        ),
        path(
            f"{kind.slug}/<objectid:pk>/quick/<slug:name>",
            quick_edit.Quick.as_view(kind=kind),
            name=f"{name}_quick",
        ),
        path(
            f"{kind.slug}/<objectid:pk>/act/<slug:name>",
            records.Act.as_view(kind=kind),
            name=f"{name}_act",
        ),
    ]

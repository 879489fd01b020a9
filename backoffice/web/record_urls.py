"""URL patterns of the pages of a record model."""

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
from backoffice.web.viewsets import RecordViewSet


def record_urls(kind: RecordViewSet) -> list:
    """Return the URL patterns of a view set, for the `urls` of its app."""
    name = kind.name
    return [
        path(f"{kind.slug}", lists.RecordListView.as_view(kind=kind), name=f"{name}_list"),
        path(f"{kind.slug}/bulk", bulk_edits.BulkSelectView.as_view(kind=kind), name=f"{name}_bulk"),
        path(f"{kind.slug}/columns", saved_views.ColumnsView.as_view(kind=kind), name=f"{name}_columns"),
        path(f"{kind.slug}/views", saved_views.SavedViewsView.as_view(kind=kind), name=f"{name}_views"),
        path(
            f"{kind.slug}/views/<objectid:pk>",
            saved_views.SavedViewView.as_view(kind=kind),
            name=f"{name}_view",
        ),
        path(f"{kind.slug}/new", new_record.NewRecordView.as_view(kind=kind), name=f"{name}_new"),
        path(f"{kind.slug}/<objectid:pk>", records.RecordView.as_view(kind=kind), name=f"{name}_record"),
        path(
            f"{kind.slug}/<objectid:pk>/remove",
            records.RecordDeletionView.as_view(kind=kind),
            name=f"{name}_remove",
        ),
        path(
            f"{kind.slug}/<objectid:pk>/secrets",
            records.SecretsView.as_view(kind=kind),
            name=f"{name}_secrets",
        ),
        path(
            f"{kind.slug}/<objectid:pk>/versions/<int:version>",
            history.RecordVersionView.as_view(kind=kind),
            name=f"{name}_then",
        ),
        path(
            f"{kind.slug}/<objectid:pk>/versions/<int:version>/undo",
            history.UndoView.as_view(kind=kind),
            name=f"{name}_undo",
        ),
        path(f"{kind.slug}/<objectid:pk>/print", comments.PrintView.as_view(kind=kind), name=f"{name}_print"),
        path(
            f"{kind.slug}/<objectid:pk>/say/<slug:name>",
            comments.CommentView.as_view(kind=kind),
            name=f"{name}_say",
        ),
        path(
            f"{kind.slug}/<objectid:pk>/files",
            comments.FileUploadView.as_view(kind=kind),
            name=f"{name}_files",
        ),
        path(
            f"{kind.slug}/<objectid:pk>/files/<slug:name>/remove",
            comments.FileRemovalView.as_view(kind=kind),
            name=f"{name}_remove_file",
        ),
        path(
            f"{kind.slug}/<objectid:pk>/quick/<slug:name>",
            quick_edit.QuickEditView.as_view(kind=kind),
            name=f"{name}_quick",
        ),
        path(
            f"{kind.slug}/<objectid:pk>/act/<slug:name>",
            records.ActionView.as_view(kind=kind),
            name=f"{name}_act",
        ),
    ]

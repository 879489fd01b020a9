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


def record_urls(viewset: RecordViewSet) -> list:
    """Return the URL patterns of a view set, for the `urls` of its app."""
    name = viewset.name
    return [
        path(f"{viewset.slug}", lists.RecordListView.as_view(kind=viewset), name=f"{name}_list"),
        path(f"{viewset.slug}/bulk", bulk_edits.BulkSelectView.as_view(kind=viewset), name=f"{name}_bulk"),
        path(
            f"{viewset.slug}/columns", saved_views.ColumnsView.as_view(kind=viewset), name=f"{name}_columns"
        ),
        path(f"{viewset.slug}/views", saved_views.SavedViewsView.as_view(kind=viewset), name=f"{name}_views"),
        path(
            f"{viewset.slug}/views/<objectid:pk>",
            saved_views.SavedViewView.as_view(kind=viewset),
            name=f"{name}_view",
        ),
        path(f"{viewset.slug}/new", new_record.NewRecordView.as_view(kind=viewset), name=f"{name}_new"),
        path(
            f"{viewset.slug}/<objectid:pk>", records.RecordView.as_view(kind=viewset), name=f"{name}_record"
        ),
        path(
            f"{viewset.slug}/<objectid:pk>/remove",
            records.RecordDeletionView.as_view(kind=viewset),
            name=f"{name}_remove",
        ),
        path(
            f"{viewset.slug}/<objectid:pk>/secrets",
            records.SecretsView.as_view(kind=viewset),
            name=f"{name}_secrets",
        ),
        path(
            f"{viewset.slug}/<objectid:pk>/versions/<int:version>",
            history.RecordVersionView.as_view(kind=viewset),
            name=f"{name}_then",
        ),
        path(
            f"{viewset.slug}/<objectid:pk>/versions/<int:version>/undo",
            history.UndoView.as_view(kind=viewset),
            name=f"{name}_undo",
        ),
        path(
            f"{viewset.slug}/<objectid:pk>/print",
            comments.PrintView.as_view(kind=viewset),
            name=f"{name}_print",
        ),
        path(
            f"{viewset.slug}/<objectid:pk>/say/<slug:name>",
            comments.CommentView.as_view(kind=viewset),
            name=f"{name}_say",
        ),
        path(
            f"{viewset.slug}/<objectid:pk>/files",
            comments.FileUploadView.as_view(kind=viewset),
            name=f"{name}_files",
        ),
        path(
            f"{viewset.slug}/<objectid:pk>/files/<slug:name>/remove",
            comments.FileRemovalView.as_view(kind=viewset),
            name=f"{name}_remove_file",
        ),
        path(
            f"{viewset.slug}/<objectid:pk>/quick/<slug:name>",
            quick_edit.QuickEditView.as_view(kind=viewset),
            name=f"{name}_quick",
        ),
        path(
            f"{viewset.slug}/<objectid:pk>/act/<slug:name>",
            records.ActionView.as_view(kind=viewset),
            name=f"{name}_act",
        ),
    ]

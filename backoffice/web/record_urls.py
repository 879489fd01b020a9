"""URL patterns of the pages of a record model."""

from django.urls import include, path

from backoffice.notifications.events import triggers
from backoffice.notifications.services import find_mention_trigger
from backoffice.records.assignments import AssignableMixin
from backoffice.web import (
    converters,  # noqa: F401 (registers `objectid`)
)
from backoffice.web.views import (
    bulk_edits,
    comments,
    history,
    lists,
    new_record,
    notifications,
    quick_edit,
    records,
    saved_views,
    take_next,
)
from backoffice.web.viewsets import RecordViewSet, all_viewsets


def record_urls(viewset: RecordViewSet) -> list:
    """Return the URL patterns of a view set."""
    routes = [
        ("", lists.RecordListView, "list"),
        ("/bulk", bulk_edits.BulkSelectView, "bulk"),
        ("/columns", saved_views.ColumnsView, "columns"),
        ("/views", saved_views.SavedViewsView, "views"),
        ("/views/<objectid:pk>", saved_views.SavedViewView, "view"),
        ("/new", new_record.NewRecordView, "new"),
        ("/<objectid:pk>", records.RecordView, "record"),
        ("/<objectid:pk>/remove", records.RecordDeletionView, "remove"),
        ("/<objectid:pk>/secrets", records.SecretsView, "secrets"),
        ("/<objectid:pk>/versions/<int:version>", history.RecordVersionView, "version"),
        ("/<objectid:pk>/versions/<int:version>/undo", history.UndoView, "undo"),
        ("/<objectid:pk>/print", comments.PrintView, "print"),
        ("/<objectid:pk>/say/<slug:name>", comments.CommentView, "comment"),
        ("/<objectid:pk>/files", comments.FileUploadView, "files"),
        ("/<objectid:pk>/files/<slug:name>/remove", comments.FileRemovalView, "remove_file"),
        ("/<objectid:pk>/quick/<slug:name>", quick_edit.QuickEditView, "quick"),
        ("/<objectid:pk>/act/<slug:name>", quick_edit.ActionView, "action"),
    ]
    if getattr(viewset.model, "conversation", ()):
        edit = "/<objectid:pk>/messages/<objectid:message>/edit"
        routes.append((edit, comments.MessageEditView, "edit_message"))
    if any(composer.mails for composer in viewset.composers):
        again = "/<objectid:pk>/messages/<objectid:message>/send"
        routes.append((again, comments.SendAgainView, "send_again"))
    if viewset.model in triggers:
        routes.append(("/<objectid:pk>/follow", notifications.FollowView, "follow"))
    if find_mention_trigger(viewset.model):
        routes.append(("/<objectid:pk>/mentions", notifications.MentionsView, "mentions"))
    if issubclass(viewset.model, AssignableMixin):
        routes.append(("/take-next", take_next.TakeNextView, "take_next"))
    return [
        path(f"{viewset.slug}{route}", view.as_view(viewset=viewset), name=f"{viewset.name}_{page}")
        for route, view, page in routes
    ]


def urls_of_registered() -> list:
    """Return the URL patterns of all registered view sets, in a namespace for each app of their models."""
    namespaces: dict[str, list] = {}
    for viewset in all_viewsets():
        namespaces.setdefault(viewset.model._meta.app_label, []).extend(record_urls(viewset))
    return [path("", include((patterns, label))) for label, patterns in namespaces.items()]

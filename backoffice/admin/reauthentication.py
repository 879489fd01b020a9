"""Reauthentication of admin pages: see `backoffice.accounts.reauthentication`."""

from backoffice.accounts.reauthentication import require_password


class ReauthenticationMixin:
    """For admin classes of sensitive records: asks for the password before a form opens for a user who may
    submit it, and before any submitted form is processed."""

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        can_submit = (
            self.has_add_permission(request) if object_id is None else self.has_change_permission(request)
        )
        response = require_password(request) if can_submit or request.method == "POST" else None
        return response or super().changeform_view(request, object_id, form_url, extra_context)

    def delete_view(self, request, object_id, extra_context=None):
        return require_password(request) or super().delete_view(request, object_id, extra_context)

    def changelist_view(self, request, extra_context=None):
        response = require_password(request) if request.method == "POST" else None
        return response or super().changelist_view(request, extra_context)

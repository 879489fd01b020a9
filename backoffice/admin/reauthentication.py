"""Admin pages that ask for the password again: see `backoffice.accounts.reauthentication`."""

from backoffice.accounts.reauthentication import ask_again


class ReauthenticationMixin:
    """For an admin class whose records would be worst in the wrong hands: asks before a form opens to somebody who may
    send it, and before anything that was sent is done."""

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        opens = self.has_add_permission(request) if object_id is None else self.has_change_permission(request)
        asking = ask_again(request) if opens or request.method == "POST" else None
        return asking or super().changeform_view(request, object_id, form_url, extra_context)

    def delete_view(self, request, object_id, extra_context=None):
        return ask_again(request) or super().delete_view(request, object_id, extra_context)

    def changelist_view(self, request, extra_context=None):
        asking = ask_again(request) if request.method == "POST" else None
        return asking or super().changelist_view(request, extra_context)

"""The messages after a record was created, changed or deleted, in the words of the product's pages."""

from django.contrib.admin.utils import quote
from django.contrib.messages import INFO, SUCCESS
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _


class SavedMessagesMixin:
    """Replaces the success messages of a model admin. Django's name the model by its own `Meta`, and are not
    grammatical in every language."""

    def response_add(self, request, obj, post_url_continue=None):
        request.saved_message = self._describe(_("Created: %(kind)s “%(name)s”."), self._link(request, obj))
        return super().response_add(request, obj, post_url_continue)

    def response_change(self, request, obj):
        request.saved_message = self._describe(_("Saved: %(kind)s “%(name)s”."), self._link(request, obj))
        return super().response_change(request, obj)

    def response_delete(self, request, obj_display, obj_id):
        request.saved_message = self._describe(_("Deleted: %(kind)s “%(name)s”."), obj_display)
        return super().response_delete(request, obj_display, obj_id)

    def message_user(self, request: HttpRequest, message, level=INFO, *args, **kwargs):
        own = request.__dict__.pop("saved_message", "") if level == SUCCESS else ""
        super().message_user(request, own or message, level, *args, **kwargs)

    def _describe(self, template: str, name: str) -> SafeString:
        return format_html(
            template.replace("%(kind)s", "{kind}").replace("%(name)s", "{name}"),
            kind=self.opts.verbose_name,
            name=name,
        )

    def _link(self, request: HttpRequest, obj) -> str:
        """Return the name of an object, with a link to it unless the next page shows it."""
        if "_continue" in request.POST or not self.has_view_or_change_permission(request, obj):
            return str(obj)
        url = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[quote(obj.pk)])
        return format_html('<a href="{}">{}</a>', url, obj)

"""Removing records in admin: one by one through `records.remove`, and never anything along with them."""

from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from backoffice.records.actors import Door, Via
from backoffice.records.change import remove
from backoffice.records.errors import Conflict, Forbidden, Gone, InUse


class RemovalPages:
    """The pages that ask before records are removed."""

    delete_confirmation_template = "admin/record_remove.html"

    def delete_view(self, request, object_id, extra_context=None):
        """(In place of Django's, which lists and deletes what depends on the record.)"""
        obj = self.existing(request, object_id)
        if not self.has_delete_permission(request, obj):
            raise PermissionDenied
        problem = ""
        if request.method == "POST":
            sent = request.POST.get("version", "")
            base = int(sent) if sent.isdecimal() and len(sent) < 18 else None
            try:
                remove(obj, actor=request.user, via=Via(Door.ADMIN, request.request_id), base=base)
            except (InUse, Conflict) as error:
                problem = str(error)
            except Gone as error:
                raise Http404 from error
            else:
                return self.response_delete(request, str(obj), obj.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Remove %(kind)s") % {"kind": self.opts.verbose_name},
            "subtitle": None,
            "object_name": str(self.opts.verbose_name),
            "object": obj,
            "problem": problem,
            "opts": self.opts,
            "app_label": self.opts.app_label,
            "preserved_filters": self.get_preserved_filters(request),
            **(extra_context or {}),
        }
        return self.render_delete_form(request, context)


@admin.action(permissions=["delete"], description=gettext_lazy("Remove the selected %(verbose_name_plural)s"))
def delete_selected(model_admin, request, queryset):
    """Asks, then removes each record by itself, and says which ones stay and why."""
    if not request.POST.get("post"):
        return _confirmation(model_admin, request, queryset)
    removed = 0
    for record in queryset:
        try:
            remove(record, actor=request.user, via=Via(Door.ADMIN, request.request_id))
        except (InUse, Conflict, Forbidden) as error:
            model_admin.message_user(request, f"{record}: {error}", messages.ERROR)
        except Gone:
            continue
        else:
            removed += 1
    if removed:
        text = ngettext("%(count)d record was removed.", "%(count)d records were removed.", removed)
        model_admin.message_user(request, text % {"count": removed}, messages.SUCCESS)
    return None


def _confirmation(model_admin, request, queryset):
    opts = model_admin.opts
    request.current_app = model_admin.admin_site.name
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("Remove the selected %(kinds)s") % {"kinds": opts.verbose_name_plural},
        "subtitle": None,
        "queryset": queryset,
        "opts": opts,
        "action_checkbox_name": helpers.ACTION_CHECKBOX_NAME,
        "media": model_admin.media,
    }
    return TemplateResponse(request, "admin/record_remove_selected.html", context)

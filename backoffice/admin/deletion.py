"""Deletion of a record in admin through `services.delete`, never of other records with it."""

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext as _

from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.exceptions import Conflict, DeletionRefused, RecordDeleted


class DeletionMixin:
    """The confirmation page before a record is deleted."""

    delete_confirmation_template = "admin/record_remove.html"

    def delete_view(self, request, object_id, extra_context=None):
        """Replace Django's view, which lists and deletes dependent records."""
        obj = self.get_record_or_404(request, object_id)
        if not self.has_delete_permission(request, obj):
            raise PermissionDenied
        problem = ""
        if request.method == "POST":
            sent = request.POST.get("version", "")
            base = int(sent) if sent.isdecimal() and len(sent) < 18 else None
            try:
                services.delete(
                    obj,
                    actor=request.user,
                    context=ChangeContext(Channel.ADMIN, request.request_id),
                    base=base,
                )
            except (DeletionRefused, Conflict) as error:
                problem = str(error)
            except RecordDeleted as error:
                raise Http404 from error
            else:
                return self.response_delete(request, str(obj), obj.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Delete %(kind)s") % {"kind": self.opts.verbose_name},
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

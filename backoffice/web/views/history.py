"""Earlier versions of a record, and undo."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from backoffice.records.exceptions import Conflict, RecordDeleted
from backoffice.records.history import history_of, list_entries, record_at
from backoffice.records.properties import ListPages
from backoffice.records.services import can_undo, undo
from backoffice.web.components.detail import list_facts
from backoffice.web.mixins import browser_context
from backoffice.web.views.records import RecordMixin


class RecordVersionView(RecordMixin):
    """A record as it was right after one of its changes, read-only."""

    def get(self, request, pk, version):
        record = self.record()
        row = get_object_or_404(history_of(record), version=version)
        past = record_at(record, version)
        for prop in past.properties.values():
            if prop.guard and prop.guard.hashed:
                prop.write(past, None)  # the history has only a hash of it, so the old value is unknown
        numbers = list(history_of(record).values_list("version", flat=True))
        entries = list_entries([row], type(record), record, request.user)
        pages = ListPages(self.viewset.url("then", record.pk, version), request.GET)
        context = {
            "viewset": self.viewset,
            "record": record,
            "number": getattr(past, "number", None),
            "title": self.viewset.subject(past),
            "facts": list_facts(self.viewset.form_class, past, request.user, pages=pages),
            "entry": entries[0] if entries else None,
            "at": row.at,
            "version": version,
            "is_present": version == record.version,
            "earlier_url": self._url(record, [n for n in numbers if n < version][:1]),
            "later_url": self._url(record, [n for n in numbers if n > version][-1:]),
            "urls": {"list": self.viewset.url("list"), "record": self.viewset.url("record", record.pk)},
        }
        return TemplateResponse(request, "web/records/version.html", context)

    def _url(self, record, numbers: list[int]) -> str:
        return self.viewset.url("then", record.pk, numbers[0]) if numbers else ""


class UndoView(RecordMixin):
    """Undoes one change."""

    http_method_names = ["post"]

    def post(self, request, pk, version):
        record = self.record()
        if not request.user.may("undo", record):
            raise PermissionDenied
        row = get_object_or_404(history_of(record), version=version)
        if not can_undo(record, row, request.user):
            raise PermissionDenied
        try:
            planned = undo(record, row, actor=request.user, context=browser_context(request))
        except ValidationError as error:
            messages.error(request, _("Not undone: %(why)s") % {"why": " ".join(error.messages)})
        except Conflict as error:
            messages.error(request, self._describe_conflict(record, error))
        except RecordDeleted as error:
            raise Http404 from error
        else:
            done = _("Change undone.") if planned.changes else _("This change has already been undone.")
            messages.success(request, done)
        return redirect(self.record_url(record))

    def _describe_conflict(self, record, error: Conflict) -> str:
        if error.is_combined:  # its conflicts may name properties that this user may not see
            return _("Not undone: %(why)s") % {"why": error.message}
        labels = dict.fromkeys(
            record.properties[conflict.property.split(".")[0]].label for conflict in error.conflicts
        )
        who = dict.fromkeys(conflict.who for conflict in error.conflicts if conflict.who)
        message = _("Not undone: %(who)s has changed %(names)s again since. Change it by hand if necessary.")
        return message % {
            "names": get_text_list(list(labels), _("and")),
            "who": get_text_list(list(who), _("and")),
        }

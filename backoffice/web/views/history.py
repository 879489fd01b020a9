"""Earlier versions of a record, and undo."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.shortcuts import get_object_or_404, redirect
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from backoffice.records.actors import Actor
from backoffice.records.exceptions import Conflict
from backoffice.records.history import history_of, list_entries, record_at
from backoffice.records.models import Entity
from backoffice.records.properties import ListPages
from backoffice.records.services import can_undo, find_not_restored, undo
from backoffice.web.components.detail import list_facts
from backoffice.web.mixins import browser_context
from backoffice.web.views.records import RecordMixin, edited_labels
from backoffice.web.viewsets import RecordViewSet


def form_labels(viewset: RecordViewSet, record: Entity, names: list[str], actor: Actor) -> list[str]:
    """Return the labels of those properties that the form has and the actor may see."""
    in_form = {name for group in viewset.form_class.groups for name in group.names()}
    return [
        record.properties[name].label for name in names if name in in_form and actor.may("view", record, name)
    ]


class RecordVersionView(RecordMixin):
    """A record as it was right after one of its changes, read-only."""

    def get(self, request, pk, version):
        record = self.record()
        row = get_object_or_404(history_of(record), version=version)
        past = record_at(record, version)
        hashed = [prop for prop in past.properties.values() if prop.guard and prop.guard.hashed]
        for prop in hashed:
            prop.write(past, None)  # the history has only a hash of it, so the old value is unknown
        unknown = form_labels(self.viewset, record, [prop.name for prop in hashed], request.user)
        numbers = list(history_of(record).values_list("version", flat=True))
        entries = list_entries([row], type(record), record, request.user)
        pages = ListPages(self.viewset.url("version", record.pk, version), request.GET)
        return self.render(
            "web/records/version.html",
            record,
            number=getattr(past, "number", None),
            title=self.viewset.subject(past),
            facts=list_facts(self.viewset.form_class, past, request.user, pages=pages),
            entry=entries[0] if entries else None,
            at=row.at,
            version=version,
            is_present=version == record.version,
            can_undo=bool(entries) and version in self.find_undoable(record, [row]),
            unknown=", ".join(unknown),
            earlier_url=self._url(record, [n for n in numbers if n < version][:1]),
            later_url=self._url(record, [n for n in numbers if n > version][-1:]),
        )

    def _url(self, record, numbers: list[int]) -> str:
        return self.viewset.url("version", record.pk, numbers[0]) if numbers else ""


class UndoView(RecordMixin):
    """Undoes one change."""

    http_method_names = ["post"]

    def post(self, request, pk, version):
        record = self.record("undo")
        row = get_object_or_404(history_of(record), version=version)
        if not can_undo(record, row, request.user):
            raise PermissionDenied
        try:
            planned = undo(record, row, actor=request.user, context=browser_context(request))
        except ValidationError as error:
            messages.error(request, _("Not undone: %(why)s") % {"why": " ".join(error.messages)})
        except Conflict as error:
            messages.error(request, self._describe_conflict(record, error))
        else:
            if planned.changes:
                names = get_text_list(edited_labels(planned), _("and"))
                messages.success(request, _("Undone: %(names)s.") % {"names": names})
            else:
                messages.success(request, _("This change has already been undone."))
            names = find_not_restored(record, row, request.user)
            if kept := form_labels(self.viewset, record, names, request.user):
                message = _("Not restored: %(names)s. Enter the earlier value by hand if necessary.")
                messages.warning(request, message % {"names": get_text_list(kept, _("and"))})
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

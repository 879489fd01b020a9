"""Setting one thing of a record by one choice: from the row of a list, and from the record's head."""

from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.forms import BoundField
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRefresh

from backoffice.bulk.outcomes import CONFLICT, NOTHING, REFUSED, outcome_for
from backoffice.forms.fields import ReferenceOptions, form_field_for
from backoffice.lists.saved_views import list_settings
from backoffice.records import services
from backoffice.records.actors import Actor
from backoffice.records.models import Entity
from backoffice.web.components.table_rows import TableRows
from backoffice.web.listing import RecordListing
from backoffice.web.mixins import via_browser
from backoffice.web.page_parts import Action
from backoffice.web.redirects import redirect_target
from backoffice.web.views.records import RecordMixin
from backoffice.web.viewsets import RecordViewSet


@dataclass(frozen=True)
class QuickOption:
    """A value that a property may be set to; `text` is what is sent."""

    text: str
    label: str
    current: bool


@dataclass(frozen=True)
class QuickMenu:
    """What may be chosen for one thing of a record: the values of a property, or the record's actions."""

    name: str
    label: str
    present: str
    url: str
    options: list[QuickOption]
    actions: list[Action]
    typed: BoundField | None = None
    """Where one types what is meant, for there is too much to choose from."""

    @property
    def is_long(self) -> bool:
        """Whether one wants to type rather than to look through it."""
        return len(self.options) > 40


def quick_url(kind: RecordViewSet, record: Entity, name: str) -> str:
    return kind.url("quick", record.pk, name)


def choices_for(record: Entity, actor: Actor) -> ReferenceOptions:
    """What a record may point at."""
    return ReferenceOptions(actor, getattr(record, "company_id", None))


def menu_of(
    kind: RecordViewSet, record: Entity, name: str, actor: Actor, choices: ReferenceOptions | None = None
) -> QuickMenu | None:
    """What this actor may choose there; None if it is nothing. `choices` are those of the form on the page, if it has
    one: they need not be asked for again."""
    if not actor.may("change", record):
        return None
    url = quick_url(kind, record, name)
    if name == kind.quick_state:
        actions = kind.actions(record, actor)
        column = next(column for column in kind.all_columns if column.name == name)
        return QuickMenu(name, str(column.label), "", url, [], actions) if actions else None
    if name not in kind.quick or not actor.may("change", record, name):
        return None
    prop = record.properties[name]
    present = prop.read(record)
    choices = choices or choices_for(record, actor)
    label = prop.label[:1].upper() + prop.label[1:]
    if box := box_for(record, name, choices):
        return QuickMenu(name, label, str(box.initial), url, [], [], box)
    options = [
        QuickOption(_sent(value), str(label), value == present)
        for value, label in quick_properties(kind, record, name, choices)
    ]
    shown = next((option.label for option in options if option.current), "")
    return QuickMenu(name, label, shown, url, options, [])


def box_for(record: Entity, name: str, choices: ReferenceOptions) -> BoundField | None:
    """Where one types what a property is to point at; None where all that there is can be shown."""
    prop = record.properties[name]
    if not prop.target or not choices.are_many(prop.field):
        return None
    field = form_field_for(prop.field, required=False, label=prop.label, initial=prop.read(record))
    field.choose(choices, prop.field, prop.read(record))
    form = forms.Form(auto_id=f"quick-value-{name}-%s")
    form.fields["value"] = field
    field.widget.attrs["class"] = "form-control"
    return form["value"]


def quick_properties(
    kind: RecordViewSet, record: Entity, name: str, choices: ReferenceOptions
) -> list[tuple[object, str]]:
    """(value, what it is called) of all that a property may be set to; of people, oneself first."""
    prop = record.properties[name]
    if not prop.target:
        return list(kind.quick_words.get(name) or record.value_labels.get(name) or prop.field.flatchoices)
    me = choices.actor.user_id
    found = choices.of(prop.field, prop.read(record), blank=False)
    mine = [(pk, _("%(name)s (me)") % {"name": label}) for pk, label in found if pk == me]
    nobody = [(None, _("Nobody"))] if prop.field.null else []
    return [*mine, *nobody, *(pair for pair in found if pair[0] != me)]


def _sent(value) -> str:
    return "" if value is None else str(value)


class QuickEditView(RecordMixin):
    """`…/quick/priority`: asks for a value (a page of its own without a script, a menu in the list with one), and
    sets it; `…/quick/finish` does one of the record's actions. Then back to where one was."""

    def get(self, request, pk, name):
        record = self.record()
        menu = menu_of(self.kind, record, name, request.user)
        if menu is None and name in [action.name for action in self.kind.actions(record, request.user)]:
            return redirect(self.kind.url("quick", record.pk, self.kind.quick_state))
        if menu is None:
            raise PermissionDenied
        context = {
            "kind": self.kind,
            "record": record,
            "menu": menu,
            "next": redirect_target(request, self.kind.url("record", record.pk)),
            "title": self.kind.subject(record),
        }
        template = "web/components/quick_menu.html" if request.htmx else "web/records/quick_edit.html"
        return render(request, template, context)

    def post(self, request, pk, name):
        record = self.record()
        try:
            values, action, said = self._asked(record, name)
        except ValidationError as error:
            return self._answered(pk, " ".join(error.messages))
        sent = request.POST.get("version", "")
        base = int(sent) if sent.isdecimal() and 0 < len(sent) < 18 and int(sent) > 0 else None
        base = min(base, record.version) if base else None

        def act() -> bool:
            draft = services.update(
                record, values, actor=request.user, via=via_browser(request), base=base, action=action
            )
            return bool(draft.changes)

        outcome, why = outcome_for(record, base, request.user, act)
        if not type(record).objects.visible_to(request.user).filter(pk=pk).exists():
            if request.htmx:
                return HttpResponseClientRefresh()
            raise Http404
        problem = why if outcome in (REFUSED, CONFLICT) else ""
        return self._answered(pk, problem, said if outcome != NOTHING else "")

    def _answered(self, pk: str, problem: str, said: str = ""):
        if self.request.htmx and "row" in self.request.POST:
            return self._row(problem)
        if problem:
            messages.error(self.request, _("Not saved. %(why)s") % {"why": problem})
        elif said:
            messages.success(self.request, said)
        return redirect(redirect_target(self.request, self.kind.url("record", pk)))

    def _asked(self, record: Entity, name: str) -> tuple[dict, str, str]:
        """(the values to set, the action, what to say when it is done)."""
        kind, user = self.kind, self.request.user
        if not user.may("change", record):
            raise PermissionDenied
        if name in kind.quick:
            text = self.request.POST.get("value", "")
            choices = choices_for(record, user)
            if box := box_for(record, name, choices):
                return {name: box.field.clean(text)}, "change", _("Saved: %(names)s.") % {"names": box.label}
            known = {_sent(value): value for value, _label in quick_properties(kind, record, name, choices)}
            prop = record.properties[name]
            value = known.get(text, text or None)
            return {name: value}, "change", _("Saved: %(names)s.") % {"names": prop.label}
        action = next((each for each in kind.actions(record, user) if each.name == name), None)
        if action is None:
            raise PermissionDenied
        return action.values, action.action, str(action.done or _("Done."))

    def _row(self, problem: str):
        """The record's row in the list, as it is now."""
        kind, user = self.kind, self.request.user
        here = redirect_target(self.request, kind.url("list"))
        query = here.partition("?")[2]
        listing = RecordListing.of_query(kind, user, query, list_settings(user, kind.model))
        found = kind.model.objects.visible_to(user).filter(pk=self.kwargs["pk"])
        records = list(found)
        if not records:
            return HttpResponseClientRefresh()
        kind.ready(records, user, listing.columns)
        rows = TableRows(kind, user, listing.columns, here)
        return HttpResponse(rows.row(records[0], problem, self.request.POST.get("row")))

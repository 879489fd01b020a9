"""Quick edits: menus that set one property or run one action, in list rows and in the header of the record
page."""

from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.forms import BoundField
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRefresh

from backoffice.bulk.outcomes import CONFLICT, NOTHING, REFUSED, outcome_for
from backoffice.forms.conflicts import read_version
from backoffice.forms.fields import form_field_for
from backoffice.forms.reference_options import ReferenceOptions
from backoffice.lists.saved_views import list_settings
from backoffice.mail.customer_mails import report_mail
from backoffice.records import services
from backoffice.records.actors import Actor
from backoffice.records.models import Entity
from backoffice.web.components.table_rows import TableRows
from backoffice.web.listing import RecordListing
from backoffice.web.mixins import browser_context
from backoffice.web.page_parts import Action
from backoffice.web.redirects import redirect_target
from backoffice.web.views.records import RecordMixin
from backoffice.web.viewsets import RecordViewSet


@dataclass(frozen=True)
class QuickMenu:
    """The menu of the record's actions, or of a property's values: `options` has the submitted value of each, its
    label, and whether it is the current one."""

    name: str
    label: str
    current_label: str
    url: str
    options: list[tuple[str, str, bool]]
    actions: list[Action]
    autocomplete: BoundField | None = None
    """The autocomplete field in place of options, if there are too many."""

    @property
    def is_long(self) -> bool:
        """Whether to show the options as a select box."""
        return len(self.options) > 40


def choices_for(record: Entity, actor: Actor) -> ReferenceOptions:
    """Return the options of a record's references."""
    return ReferenceOptions(actor, getattr(record, "company_id", None))


def build_menu(
    viewset: RecordViewSet, record: Entity, name: str, actor: Actor, choices: ReferenceOptions | None = None
) -> QuickMenu | None:
    """Return the menu for a property or for the actions; None if the actor may choose nothing there. Pass the
    `choices` of the form on the page, if there is one, to save their queries."""
    if not actor.may("change", record):
        return None
    url = viewset.url("quick", record.pk, name)
    label = next((str(column.label) for column in viewset.all_columns if column.name == name), "")
    if name == viewset.quick_action_column:
        actions = viewset.actions(record, actor)
        return QuickMenu(name, label, "", url, [], actions) if actions else None
    if name not in viewset.quick_properties or not actor.may("change", record, name):
        return None
    prop = record.properties[name]
    present = prop.read(record)
    choices = choices or choices_for(record, actor)
    label = label or capfirst(prop.label)
    if autocomplete := autocomplete_field(record, name, choices):
        return QuickMenu(name, label, str(autocomplete.initial), url, [], [], autocomplete)
    options = [
        (_submitted_value(value), str(label), value == present)
        for value, label in quick_values(viewset, record, name, choices)
    ]
    current_label = next((text for _value, text, is_current in options if is_current), "")
    return QuickMenu(name, label, current_label, url, options, [])


def autocomplete_field(record: Entity, name: str, choices: ReferenceOptions) -> BoundField | None:
    """Return the autocomplete field of a reference; None if there are few enough options for a menu."""
    prop = record.properties[name]
    if not prop.target or not choices.are_many(prop.field):
        return None
    field = form_field_for(prop.field, required=False, label=prop.label, initial=prop.read(record))
    field.choose(choices, prop.field, prop.read(record))
    form = forms.Form(auto_id=f"quick-value-{name}-%s")
    form.fields["value"] = field
    field.widget.attrs["class"] = "form-control"
    return form["value"]


def quick_values(
    viewset: RecordViewSet, record: Entity, name: str, choices: ReferenceOptions
) -> list[tuple[object, str]]:
    """Return the (value, label) pairs that a property may be set to, with the actor before all other
    users."""
    prop = record.properties[name]
    if not prop.target:
        return list(viewset.quick_labels.get(name) or record.value_labels.get(name) or prop.field.flatchoices)
    user_id = choices.actor.user_id
    options = choices.options_for(prop.field, prop.read(record), blank=False)
    own = [(pk, _("%(name)s (me)") % {"name": label}) for pk, label in options if pk == user_id]
    nobody = [(None, _("Nobody"))] if prop.field.null else []
    return [*own, *nobody, *(pair for pair in options if pair[0] != user_id)]


def _submitted_value(value) -> str:
    return "" if value is None else str(value)


class QuickEditView(RecordMixin):
    """`…/quick/priority` shows the menu (as a page without JavaScript) and sets the value; `…/quick/finish`
    runs one of the record's actions. Then it redirects to `next`."""

    def get(self, request, pk, name):
        record = self.record()
        menu = build_menu(self.viewset, record, name, request.user)
        if menu is None and name in [action.name for action in self.viewset.actions(record, request.user)]:
            return redirect(self.viewset.url("quick", record.pk, self.viewset.quick_action_column))
        if menu is None:
            raise PermissionDenied
        context = {
            "viewset": self.viewset,
            "record": record,
            "menu": menu,
            "next": redirect_target(request, self.viewset.url("record", record.pk)),
            "title": self.viewset.subject(record),
        }
        template = "web/components/quick_menu.html" if request.htmx else "web/records/quick_edit.html"
        return render(request, template, context)

    def post(self, request, pk, name):
        record = self.record("change" if name in self.viewset.quick_properties else "")
        try:
            values, action, message = self._parse(record, name)
        except ValidationError as error:
            return self._respond(record, " ".join(error.messages))
        version = read_version(request.POST.get("version"))
        base = min(version, record.version) if version else None

        reports = [message]

        def update() -> bool:
            planned = services.update(
                record, values, actor=request.user, context=browser_context(request), base=base, action=action
            )
            reports[1:] = filter(None, [report_mail(planned)])
            return bool(planned.changes)

        outcome, why = outcome_for(record, base, request.user, update)
        if not type(record).objects.visible_to(request.user).filter(pk=pk).exists():
            if request.htmx:
                return HttpResponseClientRefresh()
            raise Http404
        problem = why if outcome in (REFUSED, CONFLICT) else ""
        return self._respond(record, problem, " ".join(reports) if outcome != NOTHING else "")

    def _respond(self, record: Entity, problem: str, message: str = ""):
        if self.request.htmx and "row" in self.request.POST:
            return self._render_row(problem)
        if problem:
            messages.error(self.request, _("Not saved. %(why)s") % {"why": problem})
        elif message:
            messages.success(self.request, message)
        return redirect(redirect_target(self.request, self.record_url(record)))

    def _parse(self, record: Entity, name: str) -> tuple[dict, str, str]:
        """Return (the values to set, the history action, the success message) of the request."""
        viewset, user = self.viewset, self.request.user
        if name in viewset.quick_properties:
            text = self.request.POST.get("value", "")
            choices = choices_for(record, user)
            if autocomplete := autocomplete_field(record, name, choices):
                message = _("Saved: %(names)s.") % {"names": autocomplete.label}
                return {name: autocomplete.field.clean(text)}, "change", message
            pairs = quick_values(viewset, record, name, choices)
            values = {_submitted_value(value): value for value, _label in pairs}
            prop = record.properties[name]
            value = values.get(text, text or None)
            return {name: value}, "change", _("Saved: %(names)s.") % {"names": prop.label}
        action = next((each for each in viewset.actions(record, user) if each.name == name), None)
        if action is None:
            raise PermissionDenied
        return action.values, action.action, str(action.success_message or _("Done."))

    def _render_row(self, problem: str):
        """Return the current row of the record in the list, for htmx to swap."""
        viewset, user = self.viewset, self.request.user
        list_url = redirect_target(self.request, viewset.url("list"))
        query = list_url.partition("?")[2]
        listing = RecordListing.from_query(viewset, user, query, list_settings(user, viewset.model))
        records = list(viewset.model.objects.visible_to(user).filter(pk=self.kwargs["pk"]))
        if not records:
            return HttpResponseClientRefresh()
        viewset.prefetch_columns(records, user, listing.columns)
        rows = TableRows(viewset, user, listing.columns, list_url)
        return HttpResponse(rows.row(records[0], problem, self.request.POST.get("row")))


class ActionView(QuickEditView):
    """Runs one of the record's actions, such as finish, reopen or assign to me, from the record page."""

    http_method_names = ["post"]

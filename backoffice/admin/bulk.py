"""Bulk actions in admin: each record is updated separately through the write service, and its outcome is
reported."""

from django import forms
from django.contrib import messages
from django.contrib.admin import helpers
from django.http import QueryDict
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.bulk.outcomes import OUTCOME_LABELS, base_versions, outcome_for
from backoffice.db.transactions import with_retry
from backoffice.forms.fields import ReferenceOptions, form_field_for
from backoffice.people.job_actors import fetch_actor
from backoffice.records import services
from backoffice.records.actors import Actor, ChangeContext, Channel
from backoffice.records.exceptions import Forbidden, RecordDeleted
from backoffice.records.history import ReferenceNames, columns_by_value, format_value
from backoffice.records.models import ACTIVE, ARCHIVED, Entity

MAX_RECORDS = 1000
"""The most records that one request may change: the response waits for all of them."""


class BulkAction:
    """An action on the list of records. Subclasses implement `act` for one record."""

    allowed_permissions = ("change",)
    confirmation = ""
    """The template of a confirmation page; without one, the action runs at once."""
    confirmed_by = "post"
    """The field that the confirmation page submits."""
    removes = False

    def __init__(self, name: str, label: str):
        self.__name__ = name  # Django identifies actions by this
        self.short_description = label

    def __call__(self, model_admin, request, queryset):
        confirmed = self.confirmed_by in request.POST
        chosen = request.POST.getlist(helpers.ACTION_CHECKBOX_NAME)
        if confirmed:  # the records chosen before, even if the list's filters no longer match them
            queryset = model_admin.get_queryset(request).filter(pk__in=chosen[: MAX_RECORDS + 1])
        records = list(queryset[: MAX_RECORDS + 1])
        if len(records) > MAX_RECORDS:
            message = _("Select at most %(most)d records at a time.")
            model_admin.message_user(request, message % {"most": MAX_RECORDS}, messages.ERROR)
            return None
        if self.confirmation and not confirmed:
            seen = " ".join(f"{record.pk}:{record.version}" for record in records)
            context = {"rows": [(record, "") for record in records], "seen": seen}
            context |= self.confirmation_context(records, request)
            return self.page(model_admin, request, self.confirmation, **context)
        seen = base_versions(request.POST.get("seen", ""))
        channel = Channel.ADMIN if len(records) == 1 else Channel.BULK
        change_context = ChangeContext(channel, request.request_id)
        outcomes = [self.outcome(record, request, seen.get(record.pk), change_context) for record in records]
        missing = len(set(chosen) - {record.pk for record in records}) if confirmed else 0
        report = {"outcomes": outcomes, "missing": missing, "removes": self.removes}
        return self.page(model_admin, request, "admin/bulk_report.html", **report)

    def confirmation_context(self, records: list[Entity], request) -> dict:
        """Return the context of the confirmation page besides the records."""
        return {}

    def outcome(self, record: Entity, request, base: int | None, context: ChangeContext) -> dict:
        """Update one record and return its outcome, with the reason. `base` is the version that the confirmation page showed,
        if there was one. The user's rights are read in the transaction of each record."""
        sign_in = request.user.get_session_auth_hash()

        def act_on_current() -> bool:
            actor = fetch_actor(request.user.pk, sign_in)
            present = actor.find_visible(type(record), record.pk)
            if not actor.is_staff:
                raise Forbidden()
            if present is None:
                raise RecordDeleted()
            return self.act(present, actor, request.POST, base, context)

        kind, why = outcome_for(record, base, request.user, lambda: with_retry(act_on_current))
        return {"record": record, "kind": kind, "word": OUTCOME_LABELS[kind], "reason": why}

    def act(
        self, record: Entity, actor: Actor, sent: QueryDict, base: int | None, context: ChangeContext
    ) -> bool:
        """Update the record; return whether anything changed. Raises the errors of `services.update`."""
        raise NotImplementedError

    def page(self, model_admin, request, template: str, **context) -> TemplateResponse:
        """Render the confirmation page or the report."""
        title = self.short_description % {"verbose_name_plural": model_admin.opts.verbose_name_plural}
        context |= {"action": self.__name__, "action_checkbox_name": helpers.ACTION_CHECKBOX_NAME}
        return model_admin.render_page(request, template, title, media=model_admin.media, **context)


class SetAction(BulkAction):
    """Sets one property of each record to a fixed value."""

    def __init__(self, name, label, property: str, value: object):
        super().__init__(name, label)
        self.property, self.value = property, value

    def act(self, record, actor, sent, base, context):
        return update_property(record, self.property, self.value, actor, base, context)


class ChooseAction(BulkAction):
    """Asks for a value and sets one property of each record to it. Changes made while the confirmation page
    is open are not overwritten."""

    confirmation = "admin/bulk_choose.html"
    confirmed_by = "value"

    def __init__(self, name, label, property: str):
        super().__init__(name, label)
        self.property = property

    def field(self, model: type[Entity], actor: Actor, company_id: str | None) -> forms.Field:
        """Return the form field of the property, as in the record's own form."""
        prop = model.properties[self.property]
        field = form_field_for(prop.field)
        if prop.target:
            field.choose(ReferenceOptions(actor, company_id), prop.field)
        elif self.property in model.value_labels:
            field.widget = forms.Select(choices=model.value_labels[self.property])
        return field

    def confirmation_context(self, records, request):
        if not records:
            return {}
        model = type(records[0])
        prop = model.properties[self.property]
        companies = {getattr(record, "company_id", None) for record in records}
        form = forms.Form()
        form.fields["value"] = self.field(
            model, request.user, companies.pop() if len(companies) == 1 else None
        )
        present = [prop.plain(prop.read(record)) for record in records]
        pairs = (pair for plain in present for pair in columns_by_value(prop, plain))
        names = ReferenceNames.for_values(pairs, request.user)
        words = [format_value(prop, plain, names) or _("(empty)") for plain in present]
        return {"form": form, "label": prop.label, "rows": list(zip(records, words, strict=True))}

    def act(self, record, actor, sent, base, context):
        value = self.field(type(record), actor, None).to_python(sent["value"])
        return update_property(record, self.property, value, actor, base, context)


class DeleteAction(BulkAction):
    """Asks for confirmation, then deletes each record separately."""

    allowed_permissions = ("delete",)
    confirmation = "admin/record_remove_selected.html"
    removes = True

    def act(self, record, actor, sent, base, context):
        services.delete(record, actor=actor, context=context, base=base)
        return True


def update_property(
    record, property: str, value, actor: Actor, base: int | None, context: ChangeContext
) -> bool:
    """Change one property of a record; return whether anything changed."""
    return bool(services.update(record, {property: value}, actor=actor, context=context, base=base).changes)


delete_selected = DeleteAction("delete_selected", gettext_lazy("Delete selected %(verbose_name_plural)s"))
archive = SetAction("archive", gettext_lazy("Archive selected %(verbose_name_plural)s"), "status", ARCHIVED)
restore = SetAction("activate", gettext_lazy("Restore selected %(verbose_name_plural)s"), "status", ACTIVE)

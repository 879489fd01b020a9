"""Changing many records at once in admin: each by itself, through `records.change`, and reported one by one."""

from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.contrib.admin import helpers
from django.core.exceptions import ValidationError
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.forms.conflicts import Told, told
from backoffice.forms.fields import Choices, form_field_for
from backoffice.records.actors import Actor, Door, Via
from backoffice.records.change import change, remove
from backoffice.records.errors import Conflict, Forbidden, Gone, InUse
from backoffice.records.models import ACTIVE, PASSIVE, Entity
from backoffice.records.values import Names, columns_of, written

MOST = 1000
"""How many records one request may change: it is answered when the last one is done."""

DONE, NOTHING, REFUSED, CONFLICT = "done", "nothing", "refused", "conflict"
WORDS = {
    DONE: gettext_lazy("Done"),
    NOTHING: gettext_lazy("Nothing to do"),
    REFUSED: gettext_lazy("Refused"),
    CONFLICT: gettext_lazy("Conflict"),
}


@dataclass(frozen=True)
class Outcome:
    """What became of one record: one of `WORDS`, and why."""

    record: Entity
    kind: str
    why: str = ""

    @property
    def word(self) -> str:
        return str(WORDS[self.kind])


class BulkAction:
    """An action on the list of records. Subclasses say what happens to one of them."""

    allowed_permissions = ("change",)
    confirmation = ""
    """The template of a page that comes first; without one it happens at once."""
    confirmed_by = "post"
    """What that page sends."""
    removes = False

    def __init__(self, name: str, label: str):
        self.__name__ = name  # what Django knows an action by
        self.short_description = label

    def __call__(self, model_admin, request, queryset):
        confirmed = self.confirmed_by in request.POST
        chosen = request.POST.getlist(helpers.ACTION_CHECKBOX_NAME)
        if confirmed:  # what was chosen then, whatever the list's filters make of it now
            queryset = model_admin.get_queryset(request).filter(pk__in=chosen[: MOST + 1])
        records = list(queryset[: MOST + 1])
        if len(records) > MOST:
            said = _("That is more than %(most)d records: choose fewer at a time.")
            model_admin.message_user(request, said % {"most": MOST}, messages.ERROR)
            return None
        if self.confirmation and not confirmed:
            seen = " ".join(f"{record.pk}:{record.version}" for record in records)
            asked = {"rows": [(record, "") for record in records], "seen": seen}
            return self.page(model_admin, request, self.confirmation, asked | self.asked(records, request))
        seen = seen_versions(request.POST.get("seen", ""))
        via = Via(Door.BULK, request.request_id)
        outcomes = [self.outcome(record, request, seen.get(record.pk), via) for record in records]
        missing = len(set(chosen) - {record.pk for record in records}) if confirmed else 0
        report = {"outcomes": outcomes, "missing": missing, "removes": self.removes}
        return self.page(model_admin, request, "admin/bulk_report.html", report)

    def asked(self, records: list[Entity], request) -> dict:
        """What the page that comes first shows besides the records."""
        return {}

    def outcome(self, record: Entity, request, base: int | None, via: Via) -> Outcome:
        """What becomes of one record. `base` is the version that the page which came first showed, if one did."""
        try:
            done = self.act(record, request, base, via)
        except ValidationError as error:
            return Outcome(record, REFUSED, " ".join(error.messages))
        except (Forbidden, InUse) as error:
            return Outcome(record, REFUSED, str(error))
        except Conflict as error:
            return Outcome(record, CONFLICT, self.said(record, error, base, request.user))
        except Gone:
            return Outcome(record, REFUSED, _("It was removed meanwhile."))
        return Outcome(record, DONE if done else NOTHING)

    def act(self, record: Entity, request, base: int | None, via: Via) -> bool:
        """Do it; whether there was anything to do. Raises what `records.change` raises."""
        raise NotImplementedError

    def said(self, record: Entity, conflict: Conflict, base: int | None, actor: Actor) -> str:
        """A conflict in a sentence: who made what of it meanwhile."""
        found = told(record, conflict, base, actor, None) if base is not None else []
        sentences = [self.sentence(item) for item in found if item.control]
        return " ".join(sentences) or conflict.message

    def sentence(self, item: Told) -> str:
        if item.secret:
            return _("%(who)s changed “%(label)s” meanwhile.") % {"who": item.who, "label": item.label}
        said = _("%(who)s changed “%(label)s” meanwhile to “%(theirs)s”.")
        return said % {"who": item.who, "label": item.label, "theirs": item.theirs}

    def page(self, model_admin, request, template: str, context: dict) -> TemplateResponse:
        """One of the action's two pages, in admin's clothes."""
        request.current_app = model_admin.admin_site.name
        return TemplateResponse(
            request,
            template,
            {
                **model_admin.admin_site.each_context(request),
                "title": self.short_description
                % {"verbose_name_plural": model_admin.opts.verbose_name_plural},
                "subtitle": None,
                "opts": model_admin.opts,
                "action": self.__name__,
                "action_checkbox_name": helpers.ACTION_CHECKBOX_NAME,
                "media": model_admin.media,
                **context,
            },
        )


class SetTo(BulkAction):
    """Sets one property of each record to the same value."""

    def __init__(self, name, label, property: str, value: object):
        super().__init__(name, label)
        self.property, self.value = property, value

    def act(self, record, request, base, via):
        return set_one(record, self.property, self.value, request.user, base, via)


class Choose(BulkAction):
    """Asks for a value, and sets one property of each record to it. What somebody changes while the question is
    on the screen is not overwritten."""

    confirmation = "admin/bulk_choose.html"
    confirmed_by = "value"

    def __init__(self, name, label, property: str):
        super().__init__(name, label)
        self.property = property

    def field(self, model: type[Entity], request, company_id: str | None) -> forms.Field:
        """The control that the record's own form has for the property."""
        prop = model.properties[self.property]
        field = form_field_for(prop.field)
        if prop.target:
            field.choices = Choices(request.user, company_id).of(prop.target)
        elif self.property in model.words:
            field.widget = forms.Select(choices=model.words[self.property])
        return field

    def asked(self, records, request):
        if not records:
            return {}
        model = type(records[0])
        prop = model.properties[self.property]
        companies = {getattr(record, "company_id", None) for record in records}
        form = forms.Form()
        form.fields["value"] = self.field(model, request, companies.pop() if len(companies) == 1 else None)
        present = [prop.plain(prop.read(record)) for record in records]
        pairs = (pair for plain in present for pair in columns_of(prop, plain))
        names = Names.for_values(pairs, request.user)
        words = [written(prop, plain, names) or _("(empty)") for plain in present]
        return {"form": form, "label": prop.label, "rows": list(zip(records, words, strict=True))}

    def act(self, record, request, base, via):
        value = self.field(type(record), request, None).to_python(request.POST["value"])
        return set_one(record, self.property, value, request.user, base, via)


class Remove(BulkAction):
    """Asks, then removes each record by itself."""

    allowed_permissions = ("delete",)
    confirmation = "admin/record_remove_selected.html"
    removes = True

    def act(self, record, request, base, via):
        remove(record, actor=request.user, via=via, base=base)
        return True


def set_one(record, property: str, value, actor: Actor, base: int | None, via: Via) -> bool:
    """Change one property of a record; whether that changed anything."""
    return bool(change(record, {property: value}, actor=actor, via=via, base=base).changes)


def seen_versions(text: str) -> dict[str, int]:
    """The version of each record as the page showed it: `id:version id:version`."""
    pairs = (word.partition(":") for word in text.split())
    return {pk: int(version) for pk, _sep, version in pairs if version.isdecimal() and len(version) < 18}


delete_selected = Remove("delete_selected", gettext_lazy("Remove the selected %(verbose_name_plural)s"))
archive = SetTo("archive", gettext_lazy("Archive the selected %(verbose_name_plural)s"), "status", PASSIVE)
activate = SetTo("activate", gettext_lazy("Activate the selected %(verbose_name_plural)s"), "status", ACTIVE)

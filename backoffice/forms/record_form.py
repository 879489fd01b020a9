"""The form of a record, the same in the browser and in admin: it reads what was sent, asks `records.update` what
would come of it, and shows what that says beside the fields."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.forms.utils import ErrorDict
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from backoffice.forms.answer_confirmation import LABEL, REPLACE, is_replaced, replacement_error
from backoffice.forms.conflicts import ConflictNote, choices_in, describe_conflicts
from backoffice.forms.fields import RecordMultipleChoiceField, ReferenceOptions, SecretField, form_field_for
from backoffice.forms.formsets import RowsField, attach_rows, forget_errors_of_unchanged, set_choices
from backoffice.forms.json_rows import OpenObjectForm, TextListForm
from backoffice.forms.shown_values import find_untouched, show_left_out, show_value
from backoffice.records import services
from backoffice.records.actors import Actor, ChangeContext
from backoffice.records.exceptions import Conflict, Forbidden
from backoffice.records.fields import OpenObjectField, TextListField, is_unreadable
from backoffice.records.history import record_at
from backoffice.records.idempotency import KeyInUse, find_repeated
from backoffice.records.models import Entity
from backoffice.records.properties import ColumnProperty, ListPages
from backoffice.records.services import PlannedWrite

NOBODY_WAS_FASTER = 3
"""How often a form is checked anew because somebody saved between its check and its commit."""


class RecordForm(forms.ModelForm):
    """A form for any record. Subclasses name the model, its editable properties (columns and lists alike, in
    `properties`) and how they are grouped.

    `version` says which state the person saw: what they did not touch is no edit, whatever others did since.
    """

    properties: tuple[str, ...] = ()
    uploaded: frozenset = frozenset()
    """Lists of files, and of files in the rows of a list (`comments.files`), that the page has upload fields for."""
    uploads: Mapping = {}
    """Entries for such lists of a new record, of files that came with the form."""
    ticks_of: dict = {}
    """Lists that are chosen from, shown as boxes to tick: `{"scopes": choices}`, or a callable that gives them."""
    row_details: dict[str, tuple[str, ...]] = {}
    """What rows of a list show behind "More" only."""
    only_on_creation: frozenset = frozenset()
    for_editors: frozenset = frozenset()
    """What only people who may change such records say of a new one; so with what `row_details` names."""
    actor: Actor
    version = None
    unread: frozenset | set = frozenset()
    """The fields in which what was sent could not be read."""

    def __init__(
        self,
        data=None,
        files=None,
        *,
        actor=None,
        instance=None,
        uncovered=False,
        row_fields=True,
        pages=None,
        **kwargs,
    ):
        self.actor = actor or self.actor
        self.present = instance if instance is not None else self._new_record()
        self.adding = self.present._state.adding
        self.base = self._base(data, kwargs.get("prefix"))
        shown = self.present if self.adding else record_at(self.present, self.base)
        super().__init__(data, files, instance=shown.copy(), **kwargs)
        self.row_sets = {}
        self.pages = pages or ListPages()
        self.draft = None
        self.conflict: Conflict | None = None
        self.told: list[ConflictNote] = []
        self.conflict_choices = choices_in(data)
        for name in [name for name in self.fields if not self.is_theirs(name)]:
            del self.fields[name]
        self.choices = choices = ReferenceOptions(self.actor, getattr(self.present, "company_id", None))
        set_choices(
            self,
            self._meta.model,
            choices,
            # What an address asks for is offered only if it is theirs to see.
            lambda name: None if self.adding else getattr(shown, f"{name}_id"),
        )
        self._attach_lists(shown, choices, row_fields)
        self._cover_secrets(uncovered)
        self._help_where_people_ask()
        if not self.adding:
            for name in self.present.answers:
                if name in self.fields and (self._present_value(name) or "").strip():
                    self.fields[f"{REPLACE}{name}"] = forms.BooleanField(required=False, label=LABEL)
            self.fields["version"] = forms.CharField(
                required=False, widget=forms.HiddenInput, initial=self.base
            )
        show_left_out(self)

    def _new_record(self):
        record = self._meta.model()
        if hasattr(record, "company_id"):
            record.company_id = self.actor.company_id
        return record

    def _base(self, data, prefix) -> int:
        """The version that the person saw: the one sent along, or the present one."""
        sent = (data or {}).get(f"{prefix}-version" if prefix else "version", "")
        present = self.present.version
        return (
            min(int(sent), present)
            if sent and sent.isdecimal() and len(sent) < 18 and int(sent) > 0
            else present
        )

    def _attach_lists(self, shown: Entity, choices: ReferenceOptions, row_fields: bool) -> None:
        for name in filter(self.is_theirs, self.properties):
            if name in self.uploaded:
                continue
            prop = shown.properties[name]
            details = self.row_details.get(name, ())
            entries = prop.read(shown)
            if name in self.ticks_of:
                choices_of = self.ticks_of[name]
                offered = list(choices_of() if callable(choices_of) else choices_of)
                known = {key for key, _label in offered}
                offered += [(entry, entry) for entry in entries if entry not in known]
                self.fields[name] = RecordMultipleChoiceField(choices=offered, label=capfirst(prop.label))
                self.initial.setdefault(name, entries)
            elif prop.many and row_fields:
                left_out = () if self._is_editors() else details
                files = tuple(path.partition(".")[2] for path in self.uploaded if path.startswith(f"{name}."))
                shown_as = {"details": details, "left_out": left_out, "file_lists": files}
                attach_rows(self, name, prop, entries, choices, self.pages, **shown_as)
            elif not prop.many and isinstance(prop.field, TextListField):
                attach_rows(self, name, TextListForm(prop), entries, choices, self.pages)
            elif not prop.many and isinstance(prop.field, OpenObjectField):
                attach_rows(self, name, OpenObjectForm(prop), entries, choices, self.pages)
            elif not prop.many and name in shown.value_labels:
                known = {key for key, _label in shown.value_labels[name]}
                other = [] if entries in known else [(entries, entries)]
                self.fields[name].widget = forms.Select(choices=[*shown.value_labels[name], *other])
        order = [name for name in self.properties if name in self.fields]
        self.order_fields(order)

    def _is_editors(self) -> bool:
        return not self.adding or self.actor.may("change", self._meta.model)

    def is_theirs(self, name: str) -> bool:
        """Whether a property is for this person to say, of this record."""
        too_late = not self.adding and name in self.only_on_creation
        too_much = name in self.for_editors and not self._is_editors()
        return not (too_late or too_much) and self.actor.may("change", self.present, name)

    def _cover_secrets(self, uncovered: bool) -> None:
        """Secrets stay covered unless they were asked for; a new record has none to cover."""
        for name, field in self.fields.items():
            if isinstance(field, SecretField):
                sent_uncovered = self.is_bound and f"{self.add_prefix(name)}-shown" in self.data
                field.widget.unreadable = is_unreadable(self.initial.get(name))
                field.widget.covered = field.widget.unreadable or not (
                    uncovered or sent_uncovered or self.adding
                )
                if self.is_bound:
                    field.widget.typed = self.data.get(self.add_prefix(name), "")
                    field.widget.cleared = f"{self.add_prefix(name)}-clear" in self.data
                field.widget.is_set = self.initial.get(name) not in (None, "")

    def _help_where_people_ask(self) -> None:
        """A new record may go without a number, and one that has its number needs no help about it; what the
        numbers of a state mean, its choices say."""
        for name, field in self.fields.items():
            if name in self.present.value_labels:
                field.help_text = ""
        if "number" in self.fields:
            self.fields["number"].required = not self.adding
            if not self.adding:
                self.fields["number"].help_text = ""

    def values(self) -> dict:
        """The properties that were edited, with what was sent."""
        changed = set(self.changed_data) - {"version"}
        if self.adding:  # what the page filled in beforehand counts as sent
            changed |= {
                name for name in self.cleaned_data if self.cleaned_data[name] not in (None, "", [], {})
            }
            changed -= {"version"}
        elif self.base < self.present.version:
            changed -= {name for name in changed & set(self.properties) if self._is_as(self.present, name)}
            told_at = self.conflict_choices.version if self.conflict_choices else 0
            if self.base < told_at < self.present.version:
                shown = record_at(
                    self.present, told_at
                )  # a field that showed what others had done by then is no edit
                changed -= {name for name in changed & set(self.properties) if self._is_as(shown, name)}
        return {
            name: self.cleaned_data[name]
            for name in self.properties
            if name in changed and name in self.cleaned_data
        } | {name: entries for name, entries in self.uploads.items() if entries}

    @cached_property
    def changed_data(self) -> list[str]:
        """The fields that were edited. Hashed ones are compared by their hash if others have saved since."""
        changed = super().changed_data
        if self.adding or self.base >= self.present.version:
            return changed
        untouched = find_untouched(self, changed)
        return [name for name in changed if name not in untouched]

    def unjudged(self) -> "RecordForm":
        """The form as it was sent, without a word about what is wrong with it: somebody is not done with it."""
        self._errors = ErrorDict()
        return self

    def is_edited(self) -> bool:
        """Whether anything was typed that is not saved."""
        return not {"version", "settle-version"}.issuperset(self.changed_data)

    def _clean_fields(self):
        super()._clean_fields()
        if not self.adding:
            forget_errors_of_unchanged(self)

    def clean(self):
        self.unread = set(self.errors)
        self.check()
        return self.cleaned_data

    def check(self) -> None:
        """Ask what would come of the change, and put what it says beside the fields."""
        try:
            if self.adding:
                self.draft = services.plan_creation(self.present.copy(), self.values(), actor=self.actor)
            else:
                self.draft = services.plan(
                    self.present,
                    self.values(),
                    actor=self.actor,
                    base=self.base,
                    conflict_choices=self.conflict_choices,
                )
                self._check_replaced()
        except ValidationError as error:
            self.add_path_errors(error)
        except Forbidden as error:
            self.add_error(error.property if error.property in self.fields else None, str(error))
        except Conflict as error:
            self.show_conflict(error)

    def _check_replaced(self) -> None:
        """Ask before an answer replaces another. A choice in a conflict is an answer to that question."""
        chosen = self.conflict_choices.choices if self.conflict_choices else {}
        for name in self.present.answers:
            old, new = self._present_value(name), self.values().get(name)
            is_confirmed = self.cleaned_data.get(f"{REPLACE}{name}") or name in chosen
            if name in self.values() and not is_confirmed and is_replaced(old, new):
                self.add_error(name, replacement_error(old))

    def _post_clean(self):
        """(The record's change has validated; nothing is written to the instance here.)"""

    def add_path_errors(self, error: ValidationError) -> None:
        """Put errors keyed by dotted path (`rating`, `material.0.budget`) beside what they are about."""
        for path, found in error.error_dict.items():
            name, *rest = path.split(".")
            if name in self.row_sets:
                formset = self.row_sets[name]
                formset.add_path_error(rest, found)
                if name in self.fields and name not in self.errors:
                    self.add_error(name, ValidationError(_("Mend the marked rows.")))
            elif name in self.unread:
                continue  # nothing was read there, and it says why
            elif name in self.fields:
                # Nobody but programmers knows what it is to be null.
                required = self.fields[name].error_messages.get("required")
                self.add_error(
                    name, [required if required and item.code == "null" else item for item in found]
                )
            else:
                label = "" if path == NON_FIELD_ERRORS else f"{self._label(name)}: "
                self.add_error(None, [f"{label}{message}" for item in found for message in item.messages])

    def _label(self, name: str) -> str:
        prop = self._meta.model.properties.get(name)
        return capfirst(prop.label) if prop else name

    @property
    def summary(self) -> list[tuple[str, str, str]]:
        """Every error as (id of the control, label, message), for the list on top of a page."""
        found = [("", "", message) for message in self.non_field_errors()]
        for name in self.errors:
            if name in self.row_sets and name in self.fields:
                label = self.fields[name].label
                found += [("", label, message) for message in self.row_sets[name].non_form_errors()]
                found += self.row_sets[name].summary(label)
            elif name in self.fields:
                bound = self[name]
                found += [(bound.id_for_label, bound.label, message) for message in bound.errors]
        return found

    def show_conflict(self, error: Conflict) -> None:
        """Say beside each field what somebody else made of it meanwhile, and ask which of the two is to be."""
        self.conflict = error
        found = describe_conflicts(self.present, error, self.base, self.actor, self.conflict_choices)
        self.told = [replace(item, in_field=self._show_theirs(item)) for item in found]
        if error.is_combined or not error.clashes:
            self.add_error(None, error.message)
            return
        self.fields["settle-version"] = forms.CharField(
            required=False, widget=forms.HiddenInput, initial=self.present.version
        )
        self.data = self.data.copy()  # (a QueryDict, which does not change)
        self.data[self.add_prefix("settle-version")] = str(self.present.version)
        for item in self.told:
            if item.control:
                text = _("%(who)s has changed this meanwhile: choose which is to be.") % {"who": item.who}
                self.add_error(item.name if item.name in self.fields else None, text)

    def _show_theirs(self, item: ConflictNote) -> bool:
        """Let a field that this person left alone show what somebody else made of it; whether it does."""
        field = self.fields.get(item.path)
        is_edited = item.path in self.changed_data and not self._is_as(self.present, item.path)
        if field is None or item.secret or item.control or is_edited or isinstance(field, RowsField):
            return False
        show_value(self, item.path, self._present_value(item.path))
        return True

    def _present_value(self, name: str):
        return self.present.properties[name].read(self.present)

    def _is_as(self, record: Entity, name: str) -> bool:
        """Whether a field has what a later version of the record has, whatever it had when the page was opened."""
        field = self.fields[name]
        if isinstance(field, (RowsField, SecretField)):
            return False
        return not field.has_changed(record.properties[name].read(record), self[name].data)

    def commit(self, via: ChangeContext):
        """Write what was checked; returns the draft, whose `record` is the new state. Raises what
        `records.update` raises if somebody was faster."""
        if self.adding:
            return services.create(self._meta.model, self.values(), actor=self.actor, via=via)
        return services.update(
            self.present,
            self.values(),
            actor=self.actor,
            via=via,
            base=self.base,
            conflict_choices=self.conflict_choices,
        )

    def save(self, commit=True):
        """(Not Django's way: `commit` is.)"""
        raise TypeError("A record's form is saved by commit(via).")


def save_with_retry(
    make_form: Callable[[], RecordForm], via: ChangeContext
) -> tuple[RecordForm, PlannedWrite | None]:
    """Check a form as it was sent and write it: the form, and what came of it. None if it was refused: then the
    form says why. Somebody may save between the check and the commit; then it is checked anew, against what is
    there by now (`make_form` has to look). Raises Gone, Forbidden, KeyInUse and KeyReused."""
    for _attempt in range(NOBODY_WAS_FASTER):
        form = make_form()
        if not form.is_valid():
            break
        try:
            return form, form.commit(via)
        except ValidationError as error:
            form.add_path_errors(error)
        except Conflict as error:
            form.show_conflict(error)
    if find_repeated(via.request_key):
        raise KeyInUse
    return form, None


def column_names(model: type[Entity], properties: tuple[str, ...]) -> list[str]:
    """Those of the properties that a ModelForm makes a field for; lists get theirs from `attach_rows`."""
    found = []
    for name in properties:
        prop = model.properties[name]
        if isinstance(prop, ColumnProperty) and not isinstance(prop.field, (TextListField, OpenObjectField)):
            found.append(name)
    return found


def record_form(model: type[Entity], base: type[RecordForm] = RecordForm, **attributes) -> type[RecordForm]:
    """A form class for a model: `record_form(Complaint, properties=(…), …)`."""
    form = type(f"{model.__name__}Form", (base,), attributes)
    return forms.modelform_factory(
        model,
        form=form,
        fields=column_names(model, form.properties),
        formfield_callback=form_field_for,
    )

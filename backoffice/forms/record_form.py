"""The form of a record, used by the browser pages and by admin. It parses the input, plans the update with
`records.services`, and shows the resulting errors and conflicts at the fields."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.forms.utils import ErrorDict
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from backoffice.forms.company_field import offer_companies
from backoffice.forms.conflicts import ConflictNote, describe_conflicts, read_choices, read_version
from backoffice.forms.fields import RecordMultipleChoiceField, SecretField, form_field_for
from backoffice.forms.fieldsets import default_groups
from backoffice.forms.formsets import (
    RowsField,
    attach_rows,
    drop_errors_of_unchanged_fields,
    set_choices,
    words_for_users,
)
from backoffice.forms.json_rows import OpenObjectAdapter, TextListAdapter
from backoffice.forms.patches import DetachedInstanceMixin
from backoffice.forms.reference_options import ReferenceOptions
from backoffice.forms.shown_values import find_untouched, show_left_out, show_value
from backoffice.records import services
from backoffice.records.actors import Actor, ChangeContext
from backoffice.records.exceptions import Conflict, Forbidden
from backoffice.records.fields import OpenObjectField, TextListField, is_unreadable
from backoffice.records.history import record_at
from backoffice.records.idempotency import KeyInUse, find_repeated
from backoffice.records.models import Entity
from backoffice.records.properties import ListPages
from backoffice.records.services import PlannedWrite

MAX_ATTEMPTS = 3
"""How often a form is validated and saved when concurrent updates conflict with it."""


class RecordForm(DetachedInstanceMixin, forms.ModelForm):
    """A form for any record. `record_form` declares one: the model, and its editable properties (columns and
    lists) in groups.

    The field `version` has the version that the user saw: a field counts as edited only if it differs from
    that version, whatever others have changed since.
    """

    properties: tuple[str, ...] = ()
    uploaded: frozenset = frozenset()
    """Lists of files, and of files in rows (`comments.files`), that have upload fields on the page."""
    uploads: Mapping = {}
    """Entries of these lists for a new record, from the files that were sent with the form."""
    checkbox_choices: dict = {}
    """Lists that are shown as checkboxes: `{"scopes": choices}`, or a callable that returns the choices."""
    row_details: dict[str, tuple[str, ...]] = {}
    """The fields that the rows of a list show under “More” only."""
    only_on_creation: frozenset = frozenset()
    in_thread: frozenset = frozenset()
    """Properties that the thread of an existing record shows and its composers add to."""
    chooses_company = True
    """Whether superusers without a company choose that of a new record."""
    editor_only: frozenset = frozenset()
    """Properties of a new record (like `row_details`) that only users who may change such records can set."""
    actor: Actor
    version = None
    unparsed_fields: frozenset | set = frozenset()
    """The fields whose input could not be parsed."""

    def __init__(
        self,
        data=None,
        files=None,
        *,
        actor=None,
        instance=None,
        uncovered=False,
        pages=None,
        **kwargs,
    ):
        self.actor = actor or self.actor
        self.present = instance if instance is not None else self._new_record()
        self.is_new = self.present._state.adding
        self.base = self._base(data, kwargs.get("prefix"))
        shown = self.present if self.is_new else record_at(self.present, self.base)
        super().__init__(data, files, instance=shown.copy(), **kwargs)
        self.row_sets = {}
        self.pages = pages or ListPages()
        self.planned = None
        self.conflict: Conflict | None = None
        self.conflict_notes: list[ConflictNote] = []
        self.conflict_choices = read_choices(data)
        for name in [name for name in self.fields if not self.can_edit(name)]:
            del self.fields[name]
        offer_companies(self)
        self.choices = choices = ReferenceOptions(self.actor, getattr(self.present, "company_id", None))
        # Initial values from the query string are not added to the options: the user may not be allowed to see them.
        current_id = lambda name: None if self.is_new else getattr(shown, f"{name}_id")  # noqa: E731
        set_choices(self, self._meta.model, choices, current_id)
        self._attach_lists(shown, choices)
        self._cover_secrets(uncovered)
        self._adjust_help_texts()
        if not self.is_new:
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
        """Return the version that the user saw: the submitted one, else the current one."""
        version = read_version((data or {}).get(f"{prefix}-version" if prefix else "version"))
        return min(version or self.present.version, self.present.version)

    def _attach_lists(self, shown: Entity, choices: ReferenceOptions) -> None:
        for name in filter(self.can_edit, self.properties):
            if name in self.uploaded:
                continue
            prop = shown.properties[name]
            details = self.row_details.get(name, ())
            entries = prop.read(shown)
            if name in self.checkbox_choices:
                declared = self.checkbox_choices[name]
                options = list(declared() if callable(declared) else declared)
                keys = {key for key, _label in options}
                options += [(entry, entry) for entry in entries if entry not in keys]
                self.fields[name] = RecordMultipleChoiceField(choices=options, label=capfirst(prop.label))
                self.initial.setdefault(name, entries)
            elif prop.many:
                left_out = () if self._is_for_editor() else details
                files = tuple(path.partition(".")[2] for path in self.uploaded if path.startswith(f"{name}."))
                options = {"details": details, "left_out": left_out, "file_lists": files}
                attach_rows(self, name, prop, entries, choices, self.pages, **options)
            elif isinstance(prop.field, TextListField):
                attach_rows(self, name, TextListAdapter(prop), entries, choices, self.pages)
            elif isinstance(prop.field, OpenObjectField):
                attach_rows(self, name, OpenObjectAdapter(prop), entries, choices, self.pages)
            elif name in shown.value_labels:
                keys = {key for key, _label in shown.value_labels[name]}
                other = [] if entries in keys else [(entries, entries)]
                self.fields[name].widget = forms.Select(choices=[*shown.value_labels[name], *other])
        order = [name for name in self.properties if name in self.fields]
        self.order_fields(order)

    def _is_for_editor(self) -> bool:
        return not self.is_new or self.actor.may("change", self._meta.model)

    def can_edit(self, name: str) -> bool:
        """Return whether the actor may set a property of this record in the form."""
        is_fixed = not self.is_new and name in self.only_on_creation | self.in_thread
        is_reserved = name in self.editor_only and not self._is_for_editor()
        return not (is_fixed or is_reserved) and self.actor.may("change", self.present, name)

    def _cover_secrets(self, uncovered: bool) -> None:
        """Cover the secrets, unless `uncovered`, submitted uncovered, or of a new record."""
        for name, field in self.fields.items():
            if isinstance(field, SecretField):
                sent_uncovered = self.is_bound and f"{self.add_prefix(name)}-shown" in self.data
                is_uncovered = uncovered or sent_uncovered or self.is_new
                field.widget.unreadable = is_unreadable(self.initial.get(name))
                field.widget.covered = field.widget.unreadable or not is_uncovered
                if self.is_bound:
                    field.widget.typed = self.data.get(self.add_prefix(name), "")
                    field.widget.cleared = f"{self.add_prefix(name)}-clear" in self.data
                field.widget.is_set = self.initial.get(name) not in (None, "")

    def _adjust_help_texts(self) -> None:
        """Remove help texts that repeat the labels of choices. Make the number optional for a new record, and
        remove its help text otherwise."""
        for name, field in self.fields.items():
            if name in self.present.value_labels:
                field.help_text = ""
        if "number" in self.fields:
            self.fields["number"].required = not self.is_new
            if not self.is_new:
                self.fields["number"].help_text = ""

    def values(self) -> dict:
        """Return the edited properties with their submitted values."""
        changed = set(self.changed_data)
        if self.is_new:  # initial values that the user left unchanged count, too
            changed |= {
                name for name in self.cleaned_data if self.cleaned_data[name] not in (None, "", [], {})
            }
        elif self.base < self.present.version:
            others = [self.present]
            notes_version = self.conflict_choices.version if self.conflict_choices else 0
            if self.base < notes_version < self.present.version:
                # A field that shows another user's value from the last conflict page was not edited.
                others.append(record_at(self.present, notes_version))
            changed &= set(self.properties)
            changed -= {name for name in changed if any(self._equals_version(each, name) for each in others)}
        return {
            name: self.cleaned_data[name]
            for name in self.properties
            if name in changed and name in self.cleaned_data
        } | {name: entries for name, entries in self.uploads.items() if entries}

    @cached_property
    def changed_data(self) -> list[str]:
        """The edited fields. Compare hashed properties by hash if others have saved since."""
        changed = super().changed_data
        if self.is_new or self.base >= self.present.version:
            return changed
        untouched = find_untouched(self, changed)
        return [name for name in changed if name not in untouched]

    def without_errors(self) -> "RecordForm":
        """Return the form with its input but without errors, because the user has not submitted it yet."""
        self._errors = ErrorDict()
        return self

    def is_edited(self) -> bool:
        """Return whether the form has unsaved input."""
        return not {"version", "settle-version"}.issuperset(self.changed_data)

    def clean(self):
        if not self.is_new:
            drop_errors_of_unchanged_fields(self)
        self.unparsed_fields = set(self.errors)
        self.check()
        return self.cleaned_data

    def check(self) -> None:
        """Plan the write, and add its errors or conflicts to the fields."""
        try:
            values = self.values()
            if self.is_new:
                self.planned = services.plan_creation(self.present.copy(), values, actor=self.actor)
            else:
                choices = self.conflict_choices
                self.planned = services.plan(
                    self.present, values, actor=self.actor, base=self.base, conflict_choices=choices
                )
        except ValidationError as error:
            self.add_path_errors(error)
        except Forbidden as error:
            shown = [name for name in error.properties if name in self.fields]
            for name in shown or [None]:
                self.add_error(name, str(error))
        except Conflict as error:
            self.show_conflict(error)

    def add_path_errors(self, error: ValidationError) -> None:
        """Add errors with dotted paths (`rating`, `material.0.budget`) to their fields and rows."""
        for path, errors in error.error_dict.items():
            name, *rest = path.split(".")
            if name in self.row_sets:
                formset = self.row_sets[name]
                formset.add_path_error(rest, errors)
                if name in self.fields and name not in self.errors:
                    self.add_error(name, ValidationError(_("Correct the marked rows.")))
            elif name in self.unparsed_fields:
                continue  # the field has an error already, because its input could not be parsed
            elif name in self.fields:
                self.add_error(name, words_for_users(errors))
            else:
                label = "" if path == NON_FIELD_ERRORS else f"{self._label(name)}: "
                self.add_error(None, [f"{label}{message}" for item in errors for message in item.messages])

    def _label(self, name: str) -> str:
        prop = self._meta.model.properties.get(name)
        return capfirst(prop.label) if prop else name

    @property
    def summary(self) -> list[tuple[str, str, str]]:
        """Every error as (id of the control, label, message), for the error summary of the page."""
        found = [("", "", message) for message in self.non_field_errors()]
        missing = [note for note in self.conflict_notes if note.problem]
        for name in self.errors:
            if choices := [note for note in missing if note.name == name]:
                found += [(f"{note.control}-mine", note.label, note.problem) for note in choices]
            elif name in self.row_sets and name in self.fields:
                label = self.fields[name].label
                found += [("", label, message) for message in self.row_sets[name].non_form_errors()]
                found += self.row_sets[name].summary(label)
            elif name in self.fields:
                bound = self[name]
                found += [(bound.id_for_label, bound.label, message) for message in bound.errors]
        return found

    def show_conflict(self, error: Conflict) -> None:
        """Add a note to each property that another user changed, with a choice where both changed it."""
        self.conflict = error
        notes = describe_conflicts(self.present, error, self.base, self.actor, self.conflict_choices)
        self.conflict_notes = [replace(note, in_field=self._show_theirs(note)) for note in notes]
        if error.is_combined or not error.conflicts:
            self.add_error(None, error.message)
            return
        self.fields["settle-version"] = forms.CharField(
            required=False, widget=forms.HiddenInput, initial=self.present.version
        )
        self.data = self.data.copy()  # (a QueryDict is immutable)
        self.data[self.add_prefix("settle-version")] = str(self.present.version)
        for note in self.conflict_notes:
            if note.problem:
                name = note.name if note.name in self.fields else None
                self.add_error(name, note.problem if name else f"{note.label}: {note.problem}")

    @property
    def is_asked_again(self) -> bool:
        """Whether the user saved without making each choice that the page offered."""
        return any(note.is_asked_again for note in self.conflict_notes)

    def _show_theirs(self, note: ConflictNote) -> bool:
        """Show the other user's value in a field that this user has not edited. Return whether it is shown."""
        field = self.fields.get(note.path)
        is_edited = note.path in self.changed_data and not self._equals_version(self.present, note.path)
        if field is None or note.secret or note.control or is_edited or isinstance(field, RowsField):
            return False
        show_value(self, note.path, self._present_value(note.path))
        return True

    def _present_value(self, name: str):
        return self.present.properties[name].read(self.present)

    def _equals_version(self, record: Entity, name: str) -> bool:
        """Return whether the submitted value of a field equals that of another version of the record."""
        field = self.fields[name]
        if isinstance(field, (RowsField, SecretField)):
            return False
        return not field.has_changed(record.properties[name].read(record), self[name].data)

    def commit(self, context: ChangeContext):
        """Save the validated values and return the write. Raise what `services.update` raises on conflicts."""
        if self.is_new:
            company_id = getattr(self.present, "company_id", None)
            return services.create(
                self._meta.model, self.values(), actor=self.actor, context=context, company_id=company_id
            )
        return services.update(
            self.present,
            self.values(),
            actor=self.actor,
            context=context,
            base=self.base,
            conflict_choices=self.conflict_choices,
        )

    def save(self, commit=True):
        """Refuse Django's way of saving: use `commit`."""
        raise TypeError("A record's form is saved by commit(context).")


def save_with_retry(
    make_form: Callable[[], RecordForm], context: ChangeContext
) -> tuple[RecordForm, PlannedWrite | None]:
    """Validate and save a form. Return the form and the write; None if the form has errors. If another user
    saves in between, validate again: `make_form` has to load the record again. Raise RecordDeleted, Forbidden,
    KeyInUse and KeyReused."""
    for _attempt in range(MAX_ATTEMPTS):
        form = make_form()
        if not form.is_valid():
            break
        try:
            return form, form.commit(context)
        except ValidationError as error:
            form.add_path_errors(error)
        except Conflict as error:
            form.show_conflict(error)
    if find_repeated(context.request_key):
        raise KeyInUse
    return form, None


def record_form(model: type[Entity], **attributes) -> type[RecordForm]:
    """Return a form class for a model, with the properties in its groups: `record_form(Complaint, groups=(…), …)`. The
    default are those of `default_groups`."""
    groups = attributes.setdefault("groups", default_groups(model))
    properties = tuple(name for group in groups for name in group.names())
    form = type(f"{model.__name__}Form", (RecordForm,), attributes | {"properties": properties})
    columns = ((name, model.properties[name]) for name in properties if not model.properties[name].many)
    # `attach_rows` adds the fields of lists.
    names = [name for name, prop in columns if not isinstance(prop.field, (TextListField, OpenObjectField))]
    return forms.modelform_factory(model, form=form, fields=names, formfield_callback=form_field_for)

"""Values that a bound form shows instead of the submitted ones, and comparison of hashed values with shown
ones."""

from django import forms
from django.core.exceptions import ValidationError

from backoffice.accounts.preserved_forms import LEFT_OUT_FIELD
from backoffice.forms.fields import SecretField, normalize_text
from backoffice.forms.formsets import RowsField
from backoffice.records.history import changes_since, state_at


def show_value(form: forms.BaseForm, name: str, value: object) -> None:
    """Replace a field's value in the data of a bound form, in the format of its widget."""
    field = form.fields[name]
    text = field.widget.format_value(field.prepare_value(value))
    key = form.add_prefix(name)
    form.data = form.data.copy()  # (a QueryDict is immutable)
    if isinstance(text, list) and hasattr(form.data, "setlist"):
        form.data.setlist(key, text)
    elif isinstance(field.widget, forms.CheckboxInput):
        form.data.pop(key, None)
        if value:
            form.data[key] = "on"
    else:
        form.data[key] = "" if text is None else text


def show_left_out(form: forms.BaseForm) -> None:
    """Show the initial values of the fields that a preserved form left out, so that they do not count as
    emptied."""
    for name in form.data.getlist(LEFT_OUT_FIELD) if LEFT_OUT_FIELD in form.data else ():
        if name in form.fields and not isinstance(form.fields[name], (RowsField, SecretField)):
            show_value(form, name, form.get_initial_for_field(form.fields[name], name))


def show_own_changes(form, request_id: str) -> None:
    """Show in the form what this request has changed outside it, such as by a composer. If neither the form
    nor another request has changed any of it, advance the form to the current version. One query if the
    record has changed."""
    rows = changes_since(form.present, form.base) if form.base < form.present.version else []
    own = {
        entry["property"].split(".")[0]
        for row in rows
        if row.request_id == request_id
        for entry in row.changes
    }
    edited = own.intersection(form.changed_data)
    for name in (own & form.fields.keys()) - edited:
        if not isinstance(form.fields[name], (RowsField, SecretField)):
            show_value(form, name, form.present.properties[name].read(form.present))
    if rows and not edited and all(row.request_id == request_id for row in rows):
        form.data = form.data.copy()
        form.data[form.add_prefix("version")] = str(form.present.version)


def find_untouched(form, names: list[str]) -> set[str]:
    """Return the hashed properties whose submitted value equals that of the version the page showed. Compare
    by hash, because the history has nothing else. One query if there are any."""
    guards = {name: prop.guard for name, prop in form.present.properties.items() if name in names}
    hashed = [name for name, guard in guards.items() if guard and guard.hashed]
    before = state_at(form.present, form.base, hashed) if hashed else {}
    return {name for name in hashed if before[name] in _hash_submitted(form, name)}


def _hash_submitted(form, name: str) -> list:
    """Return the hashes of the submitted value: parsed and raw, with the line ends of browsers and
    normalised."""
    prop, submitted = form.present.properties[name], form[name].data
    hashes = []
    for text in {submitted, normalize_text(submitted)}:
        for read in (form.fields[name].to_python, str):
            try:
                hashes.append(prop.history_value(prop.plain(prop.to_python(read(text))), form.present))
            except ValidationError:
                continue
    return hashes

"""The company of a new record, for superusers who belong to no company."""

from typing import TYPE_CHECKING

from django import forms
from django.utils.text import capfirst

from backoffice.db.object_ids import is_object_id
from backoffice.forms.fields import BLANK
from backoffice.forms.fieldsets import FieldGroup

if TYPE_CHECKING:
    from backoffice.forms.record_form import RecordForm

NAME = "company"


def offer_companies(form: "RecordForm") -> None:
    """Add a Company field if the record needs a company that the actor does not have. The chosen company limits the
    options of the other fields."""
    actor, present = form.actor, form.present
    if not (form.is_new and form.chooses_company and hasattr(present, "company_id")):
        return
    if actor.company_id or not actor.is_superuser:
        return
    field = present._meta.get_field(NAME)
    companies = field.related_model.objects.visible_to(actor)
    form.fields[NAME] = forms.ModelChoiceField(
        companies,
        required=not field.null,
        label=capfirst(field.verbose_name),
        empty_label="—",
        error_messages={"required": BLANK},
    )
    first, *others = form.groups
    form.groups = (
        FieldGroup(first.title, NAME, *first.lines, tone=first.tone, readers=first.readers),
        *others,
    )
    chosen = form.data.get(form.add_prefix(NAME), "") if form.is_bound else ""
    if is_object_id(chosen) and companies.filter(pk=chosen).exists():
        present.company_id = chosen

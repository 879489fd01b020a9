"""Filters of lists: one FilterSet per record model, for all channels."""

from collections.abc import Callable, Sequence
from copy import copy
from datetime import date, timedelta

import django_filters
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from backoffice.db.search import MAX_SEARCH_LENGTH, validate_search
from backoffice.forms.fields import DateInput, LocalizedField
from backoffice.forms.localization import read_day, write_day
from backoffice.forms.reference_input import ReferenceInput, identify_typed, name_getter
from backoffice.people.models import User
from backoffice.records.assignments import Priority
from backoffice.records.fields import start_of_day
from backoffice.records.identify import has_too_many_for_menu, sort_choices
from backoffice.records.models import ACTIVE, ARCHIVED

LIST_PARAMETERS = frozenset({"sort", "columns", "page", "view", "format"})
"""The query parameters of a list or an export that are not filters."""
MAX_ERRORS = 5
"""The most unknown parameters that error messages name."""


class SearchFilter(django_filters.CharFilter):
    """Free text: every word must occur in one of the searched properties."""

    def __init__(self):
        widget = forms.TextInput(attrs={"type": "search", "placeholder": _("Search this list")})
        super().__init__(
            label=_("Search"), max_length=MAX_SEARCH_LENGTH, widget=widget, validators=[validate_search]
        )

    def filter(self, queryset, value):
        return queryset.search(value) if value else queryset


class YesNoFilter(django_filters.ChoiceFilter):
    """A boolean with the labels `yes` and `no`."""

    def __init__(self, field_name, *, yes, no, **kwargs):
        super().__init__(field_name, choices=[("yes", yes), ("no", no)], **kwargs)

    def filter(self, queryset, value):
        # (Django compiles `= False` to `NOT …`, for which SQLite uses no index.)
        return queryset.filter(**{f"{self.field_name}__in": [value == "yes"]}) if value else queryset


class RecordStatusFilter(django_filters.ChoiceFilter):
    """Active or archived records."""

    def __init__(self):
        choices = [(str(ACTIVE), _("Active")), (str(ARCHIVED), _("Archived"))]
        super().__init__(
            "status",
            label=pgettext_lazy("filter", "Record status"),
            empty_label=_("Include archived"),
            choices=choices,
        )


class ReferenceSelect(forms.Select):
    """A select box of records, or a text input with autocomplete if there are too many. `filter` is its
    filter."""

    filter: "ReferenceFilter" = None
    offered: Sequence[str] = ()
    """The names of the records that match an ambiguous input."""

    def render(self, name, value, attrs=None, renderer=None):
        rows, special_labels = self.choices.queryset, dict(self.choices.field.special_choices)
        if not has_too_many_for_menu(rows):
            return super().render(name, value, attrs, renderer)
        input_attrs = {"class": "form-control", "placeholder": self.choices.field.empty_label}
        reference_input = ReferenceInput(self.filter.url, name_getter(rows), {**self.attrs, **input_attrs})
        reference_input.offered = self.offered
        return reference_input.render(name, special_labels.get(value, value), attrs, renderer)


class ReferenceChoices(django_filters.fields.ModelChoiceIterator):
    """The choices of a filter: first the special choices, which are not records, then the records,
    sorted for the actor."""

    def __iter__(self):
        field = self.field
        yield "", field.empty_label
        yield from field.special_choices
        choices = [(record.pk, str(record)) for record in self.queryset.order_by()]
        yield from (sort_choices(choices, field.actor) if field.actor else choices)


class ReferenceChoiceField(django_filters.fields.ModelChoiceField):
    """A record by its id, or by a typed number or name."""

    iterator = ReferenceChoices
    widget = ReferenceSelect
    extra_choices: tuple[tuple[str, str], ...] = ()
    actor = None
    """The user of the list, in whose language the choices are sorted."""

    @property
    def special_choices(self) -> list[tuple[str, str]]:
        """The (value, label) pairs of choices that are not records."""
        unset = [] if self.null_label is None else [(self.null_value, self.null_label)]
        return [*self.extra_choices, *unset]

    def to_python(self, value):
        text = (value or "").strip()
        for value, label in self.special_choices:
            if text in (value, str(label)):
                return value
        return identify_typed(self.widget, self.queryset, text) if text else None


class ReferenceFilter(django_filters.ModelChoiceFilter):
    """One of the records that the actor may see, further restricted by the condition that `restriction` returns."""

    field_class = ReferenceChoiceField

    def __init__(self, field_name, model, *, restriction: Callable[[], Q] | None = None, **kwargs):
        self.target, self.restriction = model, restriction
        super().__init__(field_name, **kwargs)

    def get_queryset(self, request):
        rows = self.target.objects.visible_to(self.parent.actor)
        return self.target.only_name_columns(rows.filter(self.restriction()) if self.restriction else rows)

    @property
    def url(self) -> str:
        """The URL of the autocomplete view for this filter."""
        name = next(name for name, item in self.parent.filters.items() if item is self)
        return reverse(settings.FILTER_AUTOCOMPLETE_URL, args=[self.model._meta.label_lower, name])


class UserChoiceField(ReferenceChoiceField):
    """A choice of users in which `me` is the actor, so that a link can be shared with colleagues."""

    me_value = "me"
    extra_choices = ((me_value, _("Me")),)


class UserFilter(ReferenceFilter):
    """A user, `me`, or nobody if there is a `null_label`."""

    field_class = UserChoiceField

    def filter(self, queryset, value):
        if value == UserChoiceField.me_value:
            return queryset.filter(**{f"{self.field_name}_id": self.parent.actor.user_id})
        return super().filter(queryset, value)

    def can_be_me(self) -> bool:
        """Return whether the actor can be a value of the filtered property."""
        actor = self.parent.actor
        holders = getattr(self.model._meta.get_field(self.field_name), "holders", None)
        if holders is None:
            return True
        return actor.has_perm(holders.permission) and not (holders.insiders and actor.customer_id)


class StaffFilter(UserFilter):
    """One of the company's staff, `me` or nobody."""

    def __init__(self, field_name, **kwargs):
        super().__init__(
            field_name, User, null_label=_("Nobody"), restriction=lambda: Q(customer=None), **kwargs
        )


class AssigneeFilter(StaffFilter):
    """Records by their assignee."""

    def __init__(self, field_name):
        super().__init__(field_name, label=_("Assignee"), empty_label=_("Anyone"))


class PriorityFilter(django_filters.ChoiceFilter):
    """Records by their priority, the highest first."""

    def __init__(self):
        choices = Priority.choices[::-1]
        super().__init__("priority", label=_("Priority"), empty_label=_("Any priority"), choices=choices)


class DayFormField(LocalizedField):
    """A date in the format of the user's language, or in ISO 8601 as in query strings."""

    widget = DateInput
    read = staticmethod(read_day)

    def prepare_value(self, value):
        """Return a date of the query string in the language's format; invalid input as it was typed."""
        try:
            return write_day(read_day(value)) if value else value
        except ValidationError:
            return value


class DayFilter(django_filters.Filter):
    """Instants from the start (or until the end, if `until`) of a day in the current time zone. It compares
    instants, because not every database can extract the date."""

    field_class = DayFormField

    def __init__(self, field_name, *, until=False, **kwargs):
        self.until = until
        super().__init__(field_name, **kwargs)

    def filter(self, queryset, value):
        if value is None:
            return queryset
        instant = start_of_day(value + timedelta(days=1) if self.until else value)
        return queryset.filter(**{f"{self.field_name}__{'lt' if self.until else 'gte'}": instant})

    @staticmethod
    def canonical(text: str) -> str:
        """Return a date in ISO 8601, whatever the language it was typed in; invalid input as it was typed."""
        try:
            return read_day(text).isoformat()
        except ValidationError:
            return text


class FilterForm(forms.Form):
    """The form of a filter set. It refuses unknown parameters and filters with several values."""

    problem = ""
    """An error that concerns the query string as a whole."""

    def clean(self):
        if self.problem:
            self.add_error(None, self.problem)
        values = {name: {text for text in self.data.getlist(name) if text} for name in self.data}
        known = {*self.fields, *LIST_PARAMETERS}
        unknown = [name for name, texts in values.items() if texts and name not in known]
        for name in unknown[:MAX_ERRORS]:
            message = gettext("This list has no filter “%(name)s”.")
            self.add_error(None, message % {"name": Truncator(name).chars(50)})
        for name in self.fields:
            if len(values.get(name, ())) > 1 and name not in self.errors:
                self.add_error(name, gettext("Enter this only once."))
        return self.cleaned_data


class RecordFilterSet(django_filters.FilterSet):
    """The filters of a record model for one actor, without those by records or properties that the actor may
    not see.

    If any filter is invalid (`is_valid`, `errors`), the list is empty. Otherwise it would show, count, export
    or change more than was requested."""

    q = SearchFilter()

    main_filters = ()
    """The names of the main filters; the others are under “More filters”."""
    query_params = {}
    """The filters of the API by their parameter names (`objectIds`), see `lists.query_params`."""

    def __init__(self, data, queryset, *, actor, by_script=False, problem=""):
        self.actor, self.by_script, self.problem = actor, by_script, problem
        declared = self.query_params if by_script else type(self).base_filters
        self.base_filters = {}  # (django-filter would deep-copy each filter)
        super().__init__(data, queryset)
        for name, item in declared.items():
            is_visible = queryset.model.shows_values_to(actor, item.field_name)
            if is_visible and (not isinstance(item, ReferenceFilter) or actor.may("view", item.target)):
                bound = self.filters[name] = copy(item)
                bound.parent, bound.model, bound.extra = self, queryset.model, dict(item.extra)

    @property
    def form(self) -> forms.Form:
        """The form, as django-filter builds it but without creating a class for each instance."""
        if not hasattr(self, "_form"):
            form_class = forms.Form if self.by_script else FilterForm
            self._form = form_class(self.data if self.is_bound else None)
            self._form.problem = self.problem
            self._form.fields = {name: _build_field(item) for name, item in self.filters.items()}
        return self._form

    @property
    def qs(self):
        """The matching records; none if a filter is invalid."""
        if self.is_bound and not self.is_valid():
            return self.queryset.none()
        return super().qs

    def canonical(self, name: str, text: str) -> str:
        """Return a filter's value as it is in query strings, whatever the language it was typed in."""
        return self.filters[name].canonical(text) if isinstance(self.filters.get(name), DayFilter) else text

    def problems(self) -> list[tuple[str, str, str]]:
        """Return (name, label, message) for each error. Name and label are empty for errors of the whole
        query string."""
        if not self.is_bound or self.is_valid():
            return []
        fields = self.form.fields
        return [
            (name, str(fields[name].label), message) if name in fields else ("", "", message)
            for name, messages in self.errors.items()
            for message in messages
        ]

    def problem_text(self) -> str:
        """Return all errors as one text; empty if there are none."""
        return " ".join(f"{label}: {text}" if label else text for _name, label, text in self.problems())

    def supports(self, values: dict[str, str]) -> bool:
        """Return whether the list has all these filters, and whether those with the value `me` can match the
        actor."""
        with_me = [name for name, value in values.items() if value == UserChoiceField.me_value]
        return values.keys() <= self.filters.keys() and all(
            self.filters[name].can_be_me() for name in with_me
        )

    @property
    def main_fields(self) -> list[forms.BoundField]:
        return [self.form[name] for name in self.main_filters if name in self.form.fields]

    @property
    def more_fields(self) -> list[forms.BoundField]:
        return [field for field in self.form if field.name not in (*self.main_filters, "q")]

    @property
    def has_more_active(self) -> bool:
        """Whether any of the filters under “More filters” is active."""
        return any(field.data for field in self.more_fields)

    def active_filters(self) -> list[tuple[str, str, str]]:
        """Return (name, label, value as text) for each valid filter that has a value."""
        if not self.is_bound:
            return []
        self.form.is_valid()
        active = [(name, value) for name, value in self.form.cleaned_data.items() if value not in (None, "")]
        fields = self.form.fields
        return [(name, str(fields[name].label), _format_value(fields[name], value)) for name, value in active]


def _build_field(item: django_filters.Filter) -> forms.Field:
    """Return the form field of a filter with its widget."""
    field = item.field
    if isinstance(field, ReferenceChoiceField):
        field.widget = ReferenceSelect({"class": "form-select"}, field.choices)
        field.widget.filter = item
        field.actor = item.parent.actor
    elif isinstance(field.widget, forms.Select):
        field.widget = forms.Select({"class": "form-select"}, field.choices)
    else:
        field.widget.attrs["class"] = "form-control"
        field.widget.attrs.pop("maxlength", None)  # browsers would cut pasted text; an error is better
    return field


def _format_value(field: forms.Field, value) -> str:
    if isinstance(value, date):
        return write_day(value)
    if isinstance(value, str):
        for key, label in getattr(field, "special_choices", None) or getattr(field, "choices", ()):
            if str(key) == value:
                return str(label)
    return str(value)

"""What lists are filtered by: one FilterSet a kind of record, whichever door asks for the list."""

from collections.abc import Callable
from copy import copy
from datetime import date, timedelta
from html import escape

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.forms.utils import flatatt
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.text import Truncator
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from backoffice.forms.fields import DateInput
from backoffice.forms.localization import read_day, start_of_day, write_day
from backoffice.forms.meant import MeantInput, meant_by, name_in
from backoffice.records.models import ACTIVE, PASSIVE
from backoffice.records.naming import are_many, sort_choices
from backoffice.records.searching import LONGEST_SEARCH, validate_search

LIST_PARAMETERS = frozenset({"sort", "columns", "page", "view", "format"})
"""What the address of a list, or of its export, has besides filters."""
MAX_ERRORS = 5
"""How many parameters that are no filters are named."""


class PlainSelect(forms.Select):
    """Django's renders a template for each option, which shows when there are hundreds of customers."""

    def render(self, name, value, attrs=None, renderer=None):
        chosen = "" if value is None else str(value)
        options = []
        for key, label in self.choices:
            key = str(key)
            selected = " selected" if key == chosen else ""
            options.append(f'<option value="{escape(key)}"{selected}>{escape(str(label))}</option>')
        attributes = flatatt(self.build_attrs(self.attrs, {"name": name, **(attrs or {})}))
        return mark_safe(f"<select{attributes}>{''.join(options)}</select>")  # noqa: S308 # nosec B308 B703 # all of it is escaped


class SearchFilter(django_filters.CharFilter):
    """Free text: every word must occur in one of the searched properties."""

    def __init__(self, **kwargs):
        kwargs.setdefault("label", _("Search"))
        widget = forms.TextInput(attrs={"type": "search", "placeholder": _("Search this list")})
        super().__init__(max_length=LONGEST_SEARCH, widget=widget, validators=[validate_search], **kwargs)

    def filter(self, queryset, value):
        return queryset.search(value) if value else queryset


class LineFilter(django_filters.CharFilter):
    """Exactly one text."""

    def __init__(self, field_name, **kwargs):
        super().__init__(field_name, max_length=LONGEST_SEARCH, widget=forms.TextInput, **kwargs)


class WordFilter(django_filters.ChoiceFilter):
    """One of a few words; the empty choice says what it leaves open."""

    def __init__(self, field_name=None, *, any_label, **kwargs):
        super().__init__(field_name, empty_label=any_label, **kwargs)


class YesNoFilter(WordFilter):
    """A yes or no, in words."""

    def __init__(self, field_name, *, yes, no, **kwargs):
        super().__init__(field_name, choices=[("yes", yes), ("no", no)], **kwargs)

    def filter(self, queryset, value):
        # (SQLite has no index for what Django makes of `= False`, which is `NOT …`.)
        return queryset.filter(**{f"{self.field_name}__in": [value == "yes"]}) if value else queryset


class RecordStatusFilter(WordFilter):
    """Records in use, or those put away."""

    def __init__(self):
        choices = [(str(ACTIVE), _("Active")), (str(PASSIVE), _("Archived"))]
        super().__init__(
            "status", label=pgettext_lazy("filter", "Record"), any_label=_("All records"), choices=choices
        )


class ReferenceSelect(PlainSelect):
    """Records to choose from; where they are too many to look through, a box to type in which is meant. `asks` is the
    filter it belongs to."""

    asks: "ReferenceFilter" = None
    offered: tuple[str, ...] = ()

    def render(self, name, value, attrs=None, renderer=None):
        rows, words = self.choices.queryset, dict(self.choices.field.words)
        if not are_many(rows):
            return super().render(name, value, attrs, renderer)
        shown = {"class": "form-control", "placeholder": self.choices.field.empty_label}
        box = MeantInput(self.asks.url, name_in(rows), {**self.attrs, **shown})
        box.offered = self.offered
        return box.render(name, words.get(value, value), attrs, renderer)


class ReferenceChoices(django_filters.fields.ModelChoiceIterator):
    """The choices of a filter: first the words that stand for no record, then the records, sorted for the actor."""

    def __iter__(self):
        field = self.field
        yield "", field.empty_label
        yield from field.words
        choices = [(record.pk, str(record)) for record in self.queryset.order_by()]
        yield from (sort_choices(choices, field.actor) if field.actor else choices)


class ReferenceChoiceField(django_filters.fields.ModelChoiceField):
    """A record by its id, or by what somebody types to mean it."""

    iterator = ReferenceChoices
    widget = ReferenceSelect
    first_words: tuple[tuple[str, str], ...] = ()
    actor = None
    """Whoever asks for the list: the choices are sorted for them."""

    @property
    def words(self) -> list[tuple[str, str]]:
        """The values that stand for none of the records, with what they are called."""
        nobody = [] if self.null_label is None else [(self.null_value, self.null_label)]
        return [*self.first_words, *nobody]

    def to_python(self, value):
        text = (value or "").strip()
        for word, name in self.words:
            if text in (word, str(name)):
                return word
        return meant_by(self.widget, self.queryset, text) if text else None


class ReferenceFilter(django_filters.ModelChoiceFilter):
    """One of the records that whoever asks may see. Of many, one types which is meant."""

    field_class = ReferenceChoiceField

    def __init__(self, field_name, model, *, any_label, only: Callable[[], Q] | None = None, **kwargs):
        self.target, self.only = model, only
        kwargs.setdefault("label", model._meta.verbose_name)
        super().__init__(field_name, empty_label=any_label, **kwargs)

    def get_queryset(self, request):
        rows = self.target.objects.visible_to(self.parent.actor)
        return self.target.only_named(rows.filter(self.only()) if self.only else rows)

    @property
    def url(self) -> str:
        """Where a script asks for what may be meant."""
        name = next(name for name, item in self.parent.filters.items() if item is self)
        return reverse("web:offers_of_filter", args=[self.parent._meta.model._meta.label_lower, name])


class PersonChoiceField(ReferenceChoiceField):
    """A choice of people in which `me` is whoever asks, so that a link means the same list to each."""

    me_value = "me"
    first_words = ((me_value, _("Me")),)


class PersonFilter(ReferenceFilter):
    """One of the people; also `me`, and nobody where `null_label` says what that is called."""

    field_class = PersonChoiceField

    def filter(self, queryset, value):
        if value == PersonChoiceField.me_value:
            return queryset.filter(**{f"{self.field_name}_id": self.parent.actor.user_id})
        return super().filter(queryset, value)

    def can_be_me(self) -> bool:
        """Whether the actor may be chosen for the property that is filtered by."""
        actor, holders = (
            self.parent.actor,
            getattr(self.model._meta.get_field(self.field_name), "holders", None),
        )
        if holders is None:
            return True
        return actor.has_perm(holders.permission) and not (holders.insiders and actor.customer_id)


class DayFormField(forms.Field):
    """A day, typed as the reader's language writes it, or as addresses have it (ISO 8601)."""

    widget = DateInput

    def prepare_value(self, value):
        """Show a day of an address as the language writes it; what is not understood, as it was typed."""
        try:
            return write_day(read_day(value)) if value else value
        except ValidationError:
            return value

    def to_python(self, value):
        text = (value or "").strip()
        return read_day(text) if text else None


class DayFilter(django_filters.Filter):
    """From the beginning, or to the end, of a day in the time zone in force. Ranges of instants, because not
    every database can cut a day out of one."""

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
        """A day as addresses have it, in whatever language it was typed."""
        try:
            return read_day(text).isoformat()
        except ValidationError:
            return text


class FilterForm(forms.Form):
    """The form of a filter set. Refuses parameters that are no filters, and filters given twice."""

    problem = ""
    """What is wrong with the parameters as a whole."""

    def clean(self):
        if self.problem:
            self.add_error(None, self.problem)
        given = {name: {text for text in self.data.getlist(name) if text} for name in self.data}
        unknown = [
            name for name, texts in given.items() if texts and name not in {*self.fields, *LIST_PARAMETERS}
        ]
        for name in unknown[:MAX_ERRORS]:
            message = gettext("There is no filter “%(name)s” in this list.")
            self.add_error(None, message % {"name": Truncator(name).chars(50)})
        for name in self.fields:
            if len(given.get(name, ())) > 1 and name not in self.errors:
                self.add_error(name, gettext("Give this once."))
        return self.cleaned_data


class RecordFilterSet(django_filters.FilterSet):
    """Filters of one kind of record for one actor: those by records that the actor may not see are not there.

    A list whose filters are not all understood (`is_valid`, `errors`) finds nothing, for it would show, count,
    export or change more than was asked for."""

    main = ()
    """The names of the filters people use all the time; the others are kept under “More filters”."""
    asked = {}
    """The filters by the names that scripts ask with (`objectIds`): see `lists.asked`."""

    def __init__(
        self, data=None, queryset=None, *, actor, by_script=False, problem="", request=None, prefix=None
    ):
        self.actor, self.by_script = actor, by_script
        self.problem = problem
        declared = self.asked if by_script else type(self).base_filters
        self.base_filters = {}  # of each, django-filter would copy all that it leads to
        super().__init__(data, queryset, request=request, prefix=prefix)
        self.filters = {
            name: self._mine(item)
            for name, item in declared.items()
            if not isinstance(item, ReferenceFilter) or actor.may("view", item.target)
        }

    def _mine(self, declared: django_filters.Filter) -> django_filters.Filter:
        """A filter for this list: it knows the list, and what its field is made of is its own."""
        mine = copy(declared)
        mine.parent, mine.model, mine.extra = self, self.queryset.model, dict(declared.extra)
        return mine

    @property
    def form(self) -> forms.Form:
        """As django-filter's, without a class for each: the fields are nobody else's anyway."""
        if not hasattr(self, "_form"):
            form_class = forms.Form if self.by_script else FilterForm
            self._form = form_class(self.data if self.is_bound else None, prefix=self.form_prefix)
            self._form.problem = self.problem
            self._form.fields = {name: _dressed(item) for name, item in self.filters.items()}
        return self._form

    @property
    def qs(self):
        """The records that the filters leave; none if a filter is not understood."""
        if self.is_bound and not self.is_valid():
            return self.queryset.none()
        return super().qs

    def canonical(self, name: str, text: str) -> str:
        """The value of a filter as addresses have it, in whatever language it was typed."""
        return self.filters[name].canonical(text) if isinstance(self.filters.get(name), DayFilter) else text

    def problems(self) -> list[tuple[str, str, str]]:
        """(name, label, message) of each filter that is not understood; without a name and a label what is wrong
        with the whole."""
        if not self.is_bound or self.is_valid():
            return []
        fields = self.form.fields
        return [
            (name, str(fields[name].label), message) if name in fields else ("", "", message)
            for name, messages in self.errors.items()
            for message in messages
        ]

    def problem_text(self) -> str:
        """What is not understood, in sentences; empty if all is."""
        return " ".join(f"{label}: {text}" if label else text for _name, label, text in self.problems())

    def suit(self, given: dict[str, str]) -> bool:
        """Whether the list has these filters, and the actor can be the person whom `me` among them stands for."""
        asks_for_me = [name for name, value in given.items() if value == PersonChoiceField.me_value]
        return given.keys() <= self.filters.keys() and all(
            self.filters[name].can_be_me() for name in asks_for_me
        )

    @property
    def main_fields(self) -> list[forms.BoundField]:
        return [self.form[name] for name in self.main if name in self.form.fields]

    @property
    def more_fields(self) -> list[forms.BoundField]:
        return [field for field in self.form if field.name not in (*self.main, "q")]

    @property
    def more_in_force(self) -> bool:
        """Whether one of the filters kept under “More filters” was given."""
        return any(field.data for field in self.more_fields)

    def in_force(self) -> list[tuple[str, str, str]]:
        """(name, label, value in words) of each filter that was given and understood."""
        if not self.is_bound:
            return []
        self.form.is_valid()
        given = [(name, value) for name, value in self.form.cleaned_data.items() if value not in (None, "")]
        fields = self.form.fields
        return [(name, str(fields[name].label), _in_words(fields[name], value)) for name, value in given]


def _dressed(item: django_filters.Filter) -> forms.Field:
    """The field of a filter, as lists show it."""
    field = item.field
    if isinstance(field, ReferenceChoiceField):
        field.widget = ReferenceSelect({"class": "form-select"}, field.choices)
        field.widget.asks = item
        field.actor = item.parent.actor
    elif isinstance(field.widget, forms.Select):
        field.widget = PlainSelect({"class": "form-select"}, field.choices)
    else:
        field.widget.attrs["class"] = "form-control"
        field.widget.attrs.pop("maxlength", None)  # too long is refused, not cut
    return field


def _in_words(field: forms.Field, value) -> str:
    if isinstance(value, date):
        return write_day(value)
    if isinstance(value, str):
        for key, label in getattr(field, "words", None) or getattr(field, "choices", ()):
            if str(key) == value:
                return str(label)
    return str(value)

"""List filters: records that the user may see, labelled values, periods."""

from copy import copy
from datetime import timedelta

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice.forms.reference_input import ReferenceInput
from backoffice.records.fields import start_of_day
from backoffice.records.history import local_time
from backoffice.records.identify import describe_uniquely, find_candidates, identify, sort_choices

MAX_LINKS = 20
"""Up to this number, records are offered as links; for more, users type."""


class ManyRecordsMixin:
    """A filter by a record. If there are too many for links, it has a text input with autocomplete instead; an
    ambiguous input is answered with links to the records that it may refer to."""

    parameter = ""
    is_long = is_unknown = False
    chosen_name = ""

    def find_typed(self, rows: QuerySet) -> list[tuple[str, str]]:
        """Replace a typed number or name by the id of its record. Return the choices: that record, or all that
        the text may refer to."""
        self.is_long, self.rows = True, rows
        text = self.used_parameters.get(self.parameter)
        text = (text[-1] if isinstance(text, list) else text or "").replace("\x00", "").strip()
        if not text:
            return []
        try:
            record = identify(rows, text)
        except ValidationError:
            self.is_unknown, self.chosen_name = True, text
            return [(record.pk, describe_uniquely(record)) for record in find_candidates(rows, text)]
        self.chosen_name = describe_uniquely(record)
        self.filter_by(record.pk)
        return [(record.pk, self.chosen_name)]

    def filter_by(self, pk: str) -> None:
        """Replace the parameter by an id."""
        self.used_parameters[self.parameter] = pk

    def queryset(self, request, queryset):
        return queryset.none() if self.is_unknown else super().queryset(request, queryset)

    def choices(self, changelist):
        self.other_parameters = [
            (name, value)
            for name, value in changelist.params.items()
            if name not in (*self.expected_parameters(), "p")
        ]
        return super().choices(changelist)

    def has_output(self):
        return self.is_long or super().has_output()

    def render_input(self) -> str:
        """Return the HTML of the text input and its suggestions."""
        label = self.rows.model._meta.label_lower
        box = ReferenceInput(reverse(settings.AUTOCOMPLETE_URL, args=[label]), lambda pk: pk)
        attrs = {"id": f"filter-{self.parameter}", "aria-label": self.title}
        return box.render(self.parameter, self.chosen_name, attrs)


class VisibleReferenceFilter(ManyRecordsMixin, admin.RelatedFieldListFilter):
    """The referenced records that are visible to the user."""

    def field_choices(self, field, request, model_admin):
        self.parameter = self.lookup_kwarg
        target = field.related_model.objects.visible_to(request.user)
        used = model_admin.rows(request).order_by().values_list(f"{self.field_path}_id", flat=True).distinct()
        ids = {pk for pk in used[: MAX_LINKS + 2] if pk is not None}
        if len(ids) > MAX_LINKS:
            return self.find_typed(target)
        return sort_choices([(record.pk, str(record)) for record in target.filter(pk__in=ids)], request.user)

    def filter_by(self, pk):
        self.used_parameters[self.parameter] = self.lookup_val = [pk]


class LabelledChoicesFilter(admin.ChoicesFieldListFilter):
    """The values of a property with their labels, for properties whose model rule is a range
    (`Entity.value_labels`)."""

    def __init__(self, field, request, params, model, model_admin, field_path):
        labelled = copy(field)
        labelled.choices = model.value_labels[field_path]
        super().__init__(labelled, request, params, model, model_admin, field_path)


class PeriodFilter(admin.FieldListFilter):
    """Times of the last days. (The URL has the length of the period, so that a bookmark moves with the calendar.)"""

    PERIODS = {"0": _("Today"), "7": _("Past 7 days"), "30": _("Past 30 days"), "365": _("Past year")}
    NONE = "none"

    def __init__(self, field, request, params, model, model_admin, field_path):
        self.parameter = f"{field_path}__within"
        super().__init__(field, request, params, model, model_admin, field_path)
        self.values = dict(self.PERIODS) | ({self.NONE: _("Never")} if field.null else {})

    def expected_parameters(self):
        return [self.parameter]

    def value(self) -> str | None:
        return self.used_parameters.get(self.parameter, [None])[-1]

    def queryset(self, request, queryset):
        value = self.value()
        if value == self.NONE and self.field.null:
            return queryset.filter(**{f"{self.field_path}__isnull": True})
        if value not in self.PERIODS:
            return queryset  # the list reports the unknown value
        first = start_of_day(local_time(timezone.now()).date() - timedelta(days=int(value)))
        return queryset.filter(**{f"{self.field_path}__gte": first})

    def choices(self, changelist):
        yield {
            "selected": self.value() is None,
            "query_string": changelist.get_query_string(remove=[self.parameter]),
            "display": _("All"),
        }
        for value, label in self.values.items():
            yield {
                "selected": self.value() == value,
                "query_string": changelist.get_query_string({self.parameter: value}),
                "display": label,
            }

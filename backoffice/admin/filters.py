"""List filters that offer only choices visible to the user."""

from django.contrib import admin
from django.utils.translation import gettext as _

from backoffice.records.identify import sort_choices


class VisibleReferenceFilter(admin.RelatedFieldListFilter):
    """The referenced records that are visible to the user."""

    def field_choices(self, field, request, model_admin):
        used = model_admin.rows(request).order_by().values_list(f"{self.field_path}_id", flat=True).distinct()
        target = field.related_model.objects.visible_to(request.user)
        choices = [(record.pk, str(record)) for record in target.filter(pk__in=list(used))]
        return sort_choices(choices, request.user)


class LabelledChoicesFilter(admin.ChoicesFieldListFilter):
    """The values of a property with their labels, for properties whose model rule is a range
    (`Entity.value_labels`)."""

    def choices(self, changelist):
        yield {
            "selected": self.lookup_val is None,
            "query_string": changelist.get_query_string(remove=[self.lookup_kwarg, self.lookup_kwarg_isnull]),
            "display": _("All"),
        }
        for value, label in changelist.model.value_labels[self.field_path]:
            yield {
                "selected": self.lookup_val is not None and str(value) in self.lookup_val,
                "query_string": changelist.get_query_string(
                    {self.lookup_kwarg: value}, [self.lookup_kwarg_isnull]
                ),
                "display": label,
            }

"""What lists of objects, complaints and articles are filtered by."""

import django_filters
from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backoffice.people.models import Customer, User
from backoffice.lists.filters import (
    DayFilter,
    PersonFilter,
    RecordFilterSet,
    RecordStatusFilter,
    ReferenceFilter,
    SearchFilter,
    WordFilter,
)
from facility.models import Article, Complaint, CustomerObject, ObjectTag

STAFF = Q(customer=None)


class StateFilter(WordFilter):
    """A state of complaints, or all that is not finished."""

    OPEN = "open"

    def __init__(self):
        choices = [(self.OPEN, _("Open")), *Complaint.State.choices]
        super().__init__("complaint_status", label=_("State"), any_label=_("Any state"), choices=choices)

    def filter(self, queryset, value):
        if value == self.OPEN:
            return queryset.exclude(complaint_status=Complaint.State.FINISHED)
        return super().filter(queryset, value)


class ComplaintFilters(RecordFilterSet):
    q = SearchFilter()
    state = StateFilter()
    priority = WordFilter(
        "priority", label=_("Priority"), any_label=_("Any priority"), choices=Complaint.Priority.choices[::-1]
    )
    assignee = PersonFilter(
        "user", User, label=_("Assignee"), any_label=_("Anyone"), null_label=_("Nobody"), only=STAFF
    )
    object = ReferenceFilter("object", CustomerObject, label=_("Object"), any_label=_("Any object"))
    customer = ReferenceFilter("object__customer", Customer, label=_("Customer"), any_label=_("Any customer"))
    created_from = DayFilter("created_at", label=_("Created from"))
    created_to = DayFilter("created_at", until=True, label=_("Created to"))
    record = RecordStatusFilter()

    main = ("state", "priority", "assignee", "object")

    class Meta:
        model = Complaint
        fields = ()


class TagFilter(django_filters.CharFilter):
    """Objects that have a tag, of those that are in use on objects one may see."""

    field_class = forms.ChoiceField

    @property
    def field(self):
        visible = CustomerObject.objects.visible_to(self.parent.actor).values("pk")
        used = ObjectTag.objects.filter(record_id__in=visible).order_by("text")
        words = used.values_list("text", flat=True).distinct()
        self.extra["choices"] = [("", _("Any tag")), *((word, word) for word in words)]
        return super().field

    def filter(self, queryset, value):
        if not value:
            return queryset
        return queryset.filter(pk__in=ObjectTag.objects.filter(text=value).values("record_id"))


class CustomerObjectFilters(RecordFilterSet):
    q = SearchFilter()
    customer = ReferenceFilter("customer", Customer, label=_("Customer"), any_label=_("Any customer"))
    manager = PersonFilter(
        "object_manager",
        User,
        label=_("Manager"),
        any_label=_("Any manager"),
        null_label=_("Nobody"),
        only=STAFF,
    )
    tag = TagFilter(label=_("Tag"))
    record = RecordStatusFilter()

    main = ("customer", "manager", "tag")

    class Meta:
        model = CustomerObject
        fields = ()


class ArticleFilters(RecordFilterSet):
    q = SearchFilter()
    record = RecordStatusFilter()

    main = ("record",)

    class Meta:
        model = Article
        fields = ()

"""Filters of objects, complaints and articles."""

from functools import partial

import django_filters
from django import forms
from django.utils.translation import gettext_lazy as _

from backoffice.db.compat import subquery_ids
from backoffice.lists import query_params
from backoffice.lists.filters import (
    AssigneeFilter,
    DayFilter,
    PriorityFilter,
    RecordFilterSet,
    RecordStatusFilter,
    ReferenceFilter,
    StaffFilter,
)
from backoffice.people.models import Customer
from backoffice.records.identify import sort_choices
from backoffice.records.models import ACTIVE
from facility.models import Complaint, CustomerObject, ObjectTag


class StateFilter(django_filters.ChoiceFilter):
    """Complaints in a state, or all unfinished ones."""

    OPEN = "open"

    def __init__(self):
        choices = [(self.OPEN, _("Open")), *Complaint.State.choices]
        super().__init__("complaint_status", label=_("State"), empty_label=_("Any state"), choices=choices)

    def filter(self, queryset, value):
        if value == self.OPEN:
            return queryset.exclude(complaint_status=Complaint.State.FINISHED)
        return super().filter(queryset, value)


of_object = partial(query_params.RelatedParameter, "object", CustomerObject)


def condition_for_customer(customer: Customer) -> dict:
    """Return the filter arguments for complaints about a customer's objects. A subquery, not a join: MongoDB
    would look up the object of every complaint."""
    return {"object__in": subquery_ids(CustomerObject.objects.filter(customer=customer).values("pk"))}


class CustomerFilter(ReferenceFilter):
    """Complaints about the objects of a customer."""

    def filter(self, queryset, value):
        return queryset.filter(**condition_for_customer(value)) if value else queryset


class ComplaintFilters(RecordFilterSet):
    state = StateFilter()
    priority = PriorityFilter()
    assignee = AssigneeFilter("user")
    object = ReferenceFilter("object", CustomerObject, label=_("Object"), empty_label=_("Any object"))
    customer = CustomerFilter("object", Customer, label=_("Customer"), empty_label=_("Any customer"))
    created_from = DayFilter("created_at", label=_("Created from"))
    created_to = DayFilter("created_at", until=True, label=_("Created to"))
    record = RecordStatusFilter()

    main_filters = ("state", "priority", "assignee", "object")
    query_params = {
        **query_params.ids_and_status("Complaints"),
        "objectIds": query_params.ids("object", "Complaints about one of these objects."),
        "object": query_params.single_id("object", "Complaints about this object."),
        "objectsByName": of_object(
            query_params.NameOrNumberParameter(
                "name",
                number="number",
                description="Complaints about objects that have these words in their name or this number. Also as a JSON object "
                '`{"value": "…"}`, or as `objectsByName[value]`.',
            )
        ),
        "customerIds": of_object(
            query_params.ids("customer", "Complaints about objects of these customers.")
        ),
        "objectManager": of_object(
            query_params.single_id("object_manager", "Complaints about objects that this user manages.")
        ),
        "objectManagers": of_object(
            query_params.ids("object_manager", "Complaints about objects that these users manage.")
        ),
        "user": query_params.single_id("user", "Complaints assigned to this user."),
        "userIds": query_params.ids("user", "Complaints assigned to one of these users."),
        "complaintStatus": query_params.choices(
            "complaint_status", Complaint.State.values, "Complaints in one of these states."
        ),
        "from": query_params.since("created_at", "Complaints created at this time or later."),
        "to": query_params.until("created_at", "Complaints created at this time or earlier."),
        "searchComplaint": query_params.SearchParameter("Complaints"),
    }


class TagFilter(django_filters.CharFilter):
    """Objects with a tag. The choices are the tags of the objects that the actor may see."""

    field_class = forms.ChoiceField

    @property
    def field(self):
        visible = CustomerObject.objects.visible_to(self.parent.actor)
        used = ObjectTag.objects.filter(record_id__in=subquery_ids(visible.values("pk"))).order_by()
        words = [(word, word) for word in used.values_list("text", flat=True).distinct()]
        self.extra["choices"] = [("", _("Any tag")), *sort_choices(words, self.parent.actor)]
        return super().field

    def filter(self, queryset, value):
        if not value:
            return queryset
        tagged = CustomerObject.tags.searchable_by(self.parent.actor).filter(text=value)
        return queryset.filter(pk__in=subquery_ids(tagged.values("record_id")))


class ActiveParameter(query_params.ParameterFilter):
    """Records with, or without, the status “active”."""

    def __init__(self, *, description):
        super().__init__("status", query_params.flag, query_params.FLAG, description=description)

    def filter(self, queryset, value):
        if value is None:
            return queryset
        return queryset.filter(status=ACTIVE) if value else queryset.exclude(status=ACTIVE)


class CustomerObjectFilters(RecordFilterSet):
    customer = ReferenceFilter("customer", Customer, label=_("Customer"), empty_label=_("Any customer"))
    manager = StaffFilter("object_manager", label=_("Object manager"), empty_label=_("Any object manager"))
    tag = TagFilter(label=_("Tag"))
    record = RecordStatusFilter()

    main_filters = ("customer", "manager", "tag")
    query_params = {
        **query_params.ids_and_status("Objects"),
        "active": ActiveParameter(description="Active objects (true), or archived ones (false)."),
        "customerId": query_params.ids("customer", "Objects of one of these customers."),
        "customerIds": query_params.ids("customer", "The same by another name."),
        "objectManagers": query_params.ids("object_manager", "Objects that one of these users manages."),
        "contactIds": query_params.RowsParameter(
            CustomerObject.contacts, query_params.object_id, query_params.OBJECT_ID, description="Objects that have one of these contacts."
        ),
        "tags": query_params.RowsParameter(
            CustomerObject.tags, query_params.line, query_params.ONE_OF_MANY, description="Objects with one of these tags."
        ),
        "name": query_params.WordsParameter("name", description="Objects that have these words in their name."),
        "nameAndAddress": query_params.WordsParameter(
            "name", "address_street", "address_zip", "address_city", "address_country",
            description="Objects that have these words in their name or address.",
        ),
    }  # fmt: skip


class ArticleFilters(RecordFilterSet):
    record = RecordStatusFilter()

    main_filters = ("record",)
    query_params = {
        **query_params.ids_and_status("Articles"),
        "name": query_params.WordsParameter(
            "name", description="Articles that have these words in their name."
        ),
        "search": query_params.SearchParameter("Articles"),
    }

"""Filters of support cases."""

import django_filters
from django.utils.translation import gettext_lazy as _

from backoffice.db.search import MAX_SEARCH_LENGTH
from backoffice.lists import query_params
from backoffice.lists.filters import (
    AssigneeFilter,
    DayFilter,
    PriorityFilter,
    RecordFilterSet,
    RecordStatusFilter,
    ReferenceFilter,
    UserFilter,
    YesNoFilter,
)
from backoffice.people.models import Customer, User
from supportdesk.models import SupportCase

DEVICES = [*SupportCase.Device.values, "CHROMEMAC"]


def read_device(text: str) -> str:
    """Parse a device, in its documented spelling (`CROMEMAC`) or the correct one."""
    return query_params.one_of(DEVICES)(text).replace("CHROMEMAC", "CROMEMAC")


class AnsweredFilter(YesNoFilter):
    """Cases with or without a response to the customer."""

    def filter(self, queryset, value):
        return queryset.filter(response_date__isnull=value == "no") if value else queryset


class SupportCaseFilters(RecordFilterSet):
    solved = YesNoFilter(
        "solved", label=_("State"), empty_label=_("Any state"), yes=_("Solved"), no=_("Open")
    )
    priority = PriorityFilter()
    assignee = AssigneeFilter("assignee")
    customer = ReferenceFilter("customer", Customer, label=_("Customer"), empty_label=_("Any customer"))
    device = django_filters.ChoiceFilter(
        "device", label=_("Device"), empty_label=_("Any device"), choices=SupportCase.Device.choices
    )
    answered = AnsweredFilter(
        "response_date",
        label=_("Reply"),
        empty_label=_("With and without reply"),
        yes=_("Replied"),
        no=_("Awaiting first reply"),
    )
    version = django_filters.CharFilter(
        "play_maker_version", max_length=MAX_SEARCH_LENGTH, label=_("PlayMaker version")
    )
    raised_by = UserFilter("employee", User, label=_("Reported by"), empty_label=_("Anyone"))
    raised_from = DayFilter("date", label=_("Reported from"))
    raised_to = DayFilter("date", until=True, label=_("Reported to"))
    record = RecordStatusFilter()

    main_filters = ("solved", "priority", "assignee", "customer")
    query_params = {
        "customer": query_params.single_id("customer", "Cases of this customer."),
        "solved": query_params.ParameterFilter("solved", query_params.flag, query_params.FLAG, description="Cases that are solved (true), or not (false)."),
         "device": query_params.ParameterFilter(
            "device", read_device, {"type": "string", "enum": DEVICES}, description="Cases with one of these devices.", many=True
        ),
        "assignee": query_params.single_id("assignee", "Cases assigned to this user. For ADMIN only."),
        "priority": query_params.numbers("priority", "Cases with one of these priorities."),
        "changedSince": query_params.since("last_modified_at", "Cases changed at this time or later."),
        "search": query_params.SearchParameter("Cases"),
    }  # fmt: skip

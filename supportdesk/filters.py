"""What lists of support cases are filtered by."""

from django.utils.translation import gettext_lazy as _

from backoffice.lists import asked
from backoffice.lists.filters import (
    DayFilter,
    LineFilter,
    PersonFilter,
    RecordFilterSet,
    RecordStatusFilter,
    ReferenceFilter,
    SearchFilter,
    WordFilter,
    YesNoFilter,
)
from backoffice.people.models import Customer, User
from supportdesk.models import SupportCase


class SupportCaseFilters(RecordFilterSet):
    q = SearchFilter()
    solved = YesNoFilter(
        "solved", label=_("State"), any_label=_("Any state"), yes=_("Solved"), no=_("Unsolved")
    )
    customer = ReferenceFilter("customer", Customer, label=_("Customer"), any_label=_("Any customer"))
    device = WordFilter(
        "device", label=_("Device"), any_label=_("Any device"), choices=SupportCase.Device.choices
    )
    version = LineFilter("play_maker_version", label=_("PlayMaker version"))
    raised_by = PersonFilter("employee", User, label=_("Raised by"), any_label=_("Anyone"))
    raised_from = DayFilter("date", label=_("Raised from"))
    raised_to = DayFilter("date", until=True, label=_("Raised to"))
    record = RecordStatusFilter()

    main = ("solved", "customer", "device")
    asked = {"customer": asked.an_id("customer", "Cases of this customer.")}

    class Meta:
        model = SupportCase
        fields = ()

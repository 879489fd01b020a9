"""How objects, complaints and articles are shown in the browser."""

from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from backoffice.web.kinds import Column, Kind, Shortcut, register
from facility import filters
from facility.models import Article, Complaint, CustomerObject


def priority(record: Complaint) -> Complaint.Priority:
    return Complaint.Priority(record.priority)


@register
class Complaints(Kind):
    model = Complaint
    slug = "complaints"
    icon = "megaphone"
    order = 10
    filterset_class = filters.ComplaintFilters
    prefetch = ("object", "user")
    shortcuts = (
        Shortcut(_("All"), {}),
        Shortcut(_("Open"), {"state": "open"}),
        Shortcut(_("Mine"), {"state": "open", "assignee": "me"}),
        Shortcut(_("Nobody’s yet"), {"state": "new"}),
    )
    columns = (
        Column("number", _("No."), sort=("number",), template="web/cells/number.html", css="number"),
        Column("desc", _("Complaint"), template="facility/cells/complaint.html", css="subject"),
        Column(
            "priority",
            _("Priority"),
            value=priority,
            sort=("priority",),
            template="facility/cells/priority.html",
        ),
        Column(
            "complaint_status", _("State"), sort=("complaint_status",), template="facility/cells/state.html"
        ),
        Column(
            "object", _("Object"), sort=("object__name",), template="web/cells/reference.html", css="wide"
        ),
        Column(
            "user",
            _("Assignee"),
            sort=("user__first_name", "user__last_name"),
            template="web/cells/person.html",
        ),
        Column("created_at", _("Created"), sort=("created_at",), template="web/cells/when.html"),
    )

    def subtitle(self, record):
        return str(record.object)


@register
class CustomerObjects(Kind):
    model = CustomerObject
    slug = "objects"
    icon = "building"
    short_label = _("Objects")
    order = 20
    filterset_class = filters.CustomerObjectFilters
    prefetch = ("customer", "object_manager")
    columns = (
        Column("number", _("No."), sort=("number",), template="web/cells/number.html", css="number"),
        Column("name", _("Object"), sort=("name",), template="web/cells/subject.html", css="subject"),
        Column(
            "address", _("Address"), value=CustomerObject.address_line, sort=("address_city", "address_street"),
            css="wide minor",
        ),
        Column(
            "customer", _("Customer"), sort=("customer__name",), template="web/cells/reference.html", css="wide"
        ),
        Column("object_manager", _("Manager"), template="web/cells/person.html"),
        Column(
            "rating", _("Rating"), sort=("rating",), template="facility/cells/rating.html", css="number minor"
        ),
        Column(
            "open_complaints", _("Open complaints"), template="facility/cells/open_complaints.html", css="number"
        ),
    )  # fmt: skip

    def subtitle(self, record):
        return record.address_line()

    def prepare(self, records, actor):
        """How many complaints are open at each; none are told to people who may see no complaints."""
        counts = {}
        if actor.may("view", Complaint):
            open_ones = Complaint.objects.visible_to(actor).exclude(complaint_status=Complaint.State.FINISHED)
            by_object = open_ones.filter(object_id__in=[record.pk for record in records]).order_by()
            counts = dict(by_object.values_list("object_id").annotate(Count("pk")))
        for record in records:
            record.open_complaints = counts.get(record.pk, 0)


@register
class Articles(Kind):
    model = Article
    slug = "articles"
    icon = "box-seam"
    order = 60
    on_rail = False
    filterset_class = filters.ArticleFilters
    default_sort = "name"
    columns = (
        Column("number", _("No."), sort=("number",), template="web/cells/number.html", css="number"),
        Column("name", _("Article"), sort=("name",), template="web/cells/subject.html", css="subject"),
        Column("unit", _("Unit"), sort=("unit",)),
        Column("last_modified_at", _("Changed"), sort=("last_modified_at",), template="web/cells/when.html"),
    )

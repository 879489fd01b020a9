"""Viewsets and related panels of complaints, objects and articles."""

from django.db.models import Count
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from backoffice.people.models import Customer, User
from backoffice.web import cells
from backoffice.web.assignments import (
    ASSIGNED,
    PRIORITY,
    assign_to_me,
    assignee_column,
    own_and_unassigned,
    priority_of,
)
from backoffice.web.components import link_to, related_panel
from backoffice.web.page_parts import (
    Action,
    UploadArea,
    answer_composer,
    note_composer,
    register_panel,
)
from backoffice.web.viewsets import (
    CHANGED,
    CREATED,
    NUMBER,
    ListColumn,
    ListShortcut,
    RecordViewSet,
    register,
)
from facility import cells as facility_cells
from facility import filters
from facility.forms import ArticleForm, ComplaintForm, CustomerObjectForm
from facility.mail import MAILS
from facility.models import Article, Complaint, CustomerObject

OPEN = (Complaint.State.NEW, Complaint.State.ASSIGNED)
OWN = {"state": "open", "assignee": "me"}
UNASSIGNED = {"state": "new"}


@register
class ComplaintViewSet(RecordViewSet):
    model = Complaint
    slug = "complaints"
    icon = "megaphone"
    new_label = _("New complaint")
    order = 10
    filterset_class = filters.ComplaintFilters
    form_class = ComplaintForm
    prefetch = ("object", "user")
    badges = ("priority", "complaint_status")
    composers = (
        note_composer(Complaint.kind("note"), name="comment"),
        answer_composer(Complaint.kind("answer"), MAILS),
    )
    upload_areas = (
        UploadArea(property="images", label=_("Images")),
        UploadArea(property="finish_images", label=_("Images after completion")),
    )
    shortcuts = (
        ListShortcut(label=_("All"), filters={}),
        ListShortcut(label=pgettext_lazy("shortcut", "Open"), filters={"state": "open"}),
        ListShortcut(label=_("Mine"), filters=OWN),
        ListShortcut(label=_("Unassigned"), filters=UNASSIGNED),
    )
    columns = (
        NUMBER,
        ListColumn(name="desc", label=_("Complaint"), show=facility_cells.complaint, css="subject"),
        PRIORITY,
        ListColumn(
            name="complaint_status", label=_("State"), sort=("complaint_status",), show=facility_cells.state
        ),
        ListColumn(name="object", label=_("Object"), sort=("object__name",), css="wide"),
        assignee_column("user"),
        CREATED,
    )
    more_columns = (
        ListColumn(name="room_description", label=_("Room"), sort=("room_description",), css="wide"),
        ListColumn(name="contact_name", label=_("Reported by"), sort=("contact_name",), css="wide"),
        ListColumn(
            name="contact_email", label=_("E-mail"), sort=("contact_email",), show=cells.email, css="wide"
        ),
        ListColumn(name="contact_telephone", label=_("Phone"), show=cells.phone),
        ListColumn(name="tags", label=_("Tags"), show=cells.tag_list),
        ASSIGNED,
        ListColumn(name="finished_at", label=_("Finished"), sort=("finished_at",)),
        ListColumn(name="finished_by", label=_("Finished by"), show=cells.user, css="person"),
        CHANGED,
    )
    quick_properties = ("priority", "user")
    quick_action_column = "complaint_status"
    queue_badges = ("priority",)
    queue = (
        *own_and_unassigned(own=OWN, unassigned=UNASSIGNED, waiting_since=Complaint.waiting_since),
        ListShortcut(
            label=_("Oldest open"),
            filters={"state": "open"},
            sort="created_at",
            empty=_("No open complaints."),
        ),
    )

    def subtitle(self, record):
        return str(record.object or "")

    def meta(self, record):
        return f"{record.get_complaint_status_display()}, {priority_of(record).label}"

    def links(self, record, actor):
        return link_to(record, "object", actor) + link_to(record.object, "customer", actor)

    def placeholders(self, record, actor):
        place = CustomerObject.objects.visible_to(actor).filter(pk=record.object_id).first()
        customer = Customer.objects.visible_to(actor).filter(pk=place.customer_id).first() if place else None
        return super().placeholders(record, actor) | {
            "customer": str(customer or ""),
            "contact": record.contact_name,
            "object": str(place or ""),
            "address": place.address_line() if place else "",
        }

    def actions(self, record, actor):
        """Return the actions: assign to me, finish, reopen."""
        if not actor.may("change", record):
            return []
        if record.complaint_status == Complaint.State.FINISHED:
            return [
                Action(
                    name="reopen",
                    label=_("Reopen"),
                    icon="arrow-counterclockwise",
                    action="reopen",
                    success_message=_("Reopened."),
                )
            ]
        finish = Action(
            name="finish",
            label=_("Finish"),
            icon="check2-circle",
            action="finish",
            success_message=_("Finished."),
            style="primary",
        )
        return [*assign_to_me(record, actor), finish]


@register
class CustomerObjectViewSet(RecordViewSet):
    model = CustomerObject
    slug = "objects"
    icon = "building"
    new_label = _("New object")
    short_label = _("Objects")
    order = 20
    filterset_class = filters.CustomerObjectFilters
    form_class = CustomerObjectForm
    prefetch = ("customer", "object_manager")
    columns = (
        NUMBER,
        ListColumn(name="name", label=_("Object"), sort=("name",), show=cells.subject, css="subject"),
        ListColumn(
            name="address", label=_("Address"), value=CustomerObject.address_line, sort=("address_city", "address_street"),
            css="wide",
        ),
        ListColumn(name="customer", label=_("Customer"), sort=("customer__name",), css="wide"),
        ListColumn(name="object_manager", label=_("Object manager"), show=cells.assignee, css="person"),
        ListColumn(
            name="rating", label=_("Rating"), sort=("rating",), show=facility_cells.rating, css="number minor"
        ),
        ListColumn(
            name="open_complaints", label=_("Open complaints"), show=facility_cells.open_complaints, css="number"
        ),
    )  # fmt: skip
    more_columns = (
        ListColumn(name="contact_name", label=_("Contact"), sort=("contact_name",), css="wide"),
        ListColumn(name="contact_phone", label=_("Phone"), show=cells.phone),
        ListColumn(name="contact_email", label=_("E-mail"), sort=("contact_email",), show=cells.email, css="wide"),
        ListColumn(name="service_recipient", label=_("Service recipient"), sort=("service_recipient",), css="wide"),
        ListColumn(name="tags", label=_("Tags"), show=cells.tag_list),
        ListColumn(name="contract_start_date", label=_("Contract start"), sort=("contract_start_date",)),
        ListColumn(name="contract_end_date", label=_("Contract end"), sort=("contract_end_date",)),
        CREATED,
        CHANGED,
    )  # fmt: skip
    quick_properties = ("object_manager",)

    def subtitle(self, record):
        return record.address_line()

    def meta(self, record):
        return record.address_line()

    def links(self, record, actor):
        return link_to(record, "customer", actor) + link_to(record, "object_manager", actor)

    def prefetch_extra(self, records, actor):
        """Count the open complaints of each object. Actors who may not see complaints get 0."""
        counts = {}
        if actor.may("view", Complaint):
            unfinished = Complaint.objects.visible_to(actor).exclude(
                complaint_status=Complaint.State.FINISHED
            )
            by_object = unfinished.filter(object_id__in=[record.pk for record in records]).order_by()
            counts = dict(by_object.values_list("object_id").annotate(Count("pk")))
        for record in records:
            record.open_complaints = counts.get(record.pk, 0)


@register
class ArticleViewSet(RecordViewSet):
    model = Article
    slug = "articles"
    icon = "box-seam"
    new_label = _("New article")
    order = 60
    on_rail = False
    filterset_class = filters.ArticleFilters
    form_class = ArticleForm
    default_sort = "name"
    columns = (
        NUMBER,
        ListColumn(name="name", label=_("Article"), sort=("name",), show=cells.subject, css="subject"),
        ListColumn(name="unit", label=_("Unit"), sort=("unit",)),
        CHANGED,
    )
    more_columns = (CREATED,)


@register_panel(CustomerObject)
def complaints_of_object(record, actor):
    """The newest complaints about an object."""
    of_object = {"object": record.pk}
    return related_panel(_("Complaints"), Complaint, actor, of_object, initial=of_object)


@register_panel(Complaint)
def other_complaints_of_object(record, actor):
    """The newest other complaints about the same object."""
    of_object = {"object": record.object_id}
    title = _("Other complaints here")
    return related_panel(title, Complaint, actor, of_object, initial=of_object, exclude=record)


@register_panel(Customer)
def objects_of_customer(record, actor):
    """The objects of a customer."""
    of_customer = {"customer": record.pk}
    return related_panel(_("Objects"), CustomerObject, actor, of_customer, initial=of_customer)


@register_panel(Customer)
def open_complaints_of_customer(record, actor):
    """The newest unfinished complaints about a customer's objects."""
    lookups = filters.condition_for_customer(record) | {"complaint_status__in": OPEN}
    list_filters = {"customer": record.pk, "state": filters.StateFilter.OPEN}
    return related_panel(_("Open complaints"), Complaint, actor, lookups, list_filters=list_filters)


@register_panel(Customer)
def past_complaints_of_customer(record, actor):
    """The newest finished complaints about a customer's objects."""
    finished = Complaint.State.FINISHED
    lookups = filters.condition_for_customer(record) | {"complaint_status": finished}
    list_filters = {"customer": record.pk, "state": finished.value}
    return related_panel(_("Finished complaints"), Complaint, actor, lookups, list_filters=list_filters)


@register_panel(User)
def open_complaints_of_person(record, actor):
    """The newest open complaints assigned to a user, if there are any."""
    lookups = {"user": record.pk, "complaint_status__in": OPEN}
    of_list = {"assignee": record.pk, "state": filters.StateFilter.OPEN}
    title = _("Open complaints")
    return related_panel(title, Complaint, actor, lookups, list_filters=of_list, hide_if_empty=True)


@register_panel(User)
def objects_of_person(record, actor):
    """The newest objects that a user manages, if there are any."""
    lookups, of_list = {"object_manager": record.pk}, {"manager": record.pk}
    title = _("Managed objects")
    return related_panel(title, CustomerObject, actor, lookups, list_filters=of_list, hide_if_empty=True)

"""Customer objects, complaints about them, and the articles used there."""

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.conversations.conversation import ConversationMixin
from backoffice.conversations.kinds import answer_kind, note_kind
from backoffice.conversations.models import Message, MessagesProperty
from backoffice.people.models import PostalAddress
from backoffice.records.assignments import (
    AssignableMixin,
    assigned_date_field,
    assignee_field,
    priority_field,
)
from backoffice.records.fields import (
    DayField,
    EmailLineField,
    EncryptedAnyField,
    InstantField,
    LineField,
    NumberField,
    OpenObjectField,
    ParagraphField,
    TextListField,
    URIField,
    is_visible,
    now,
)
from backoffice.records.models import ChildRow, Mention, Record, list_indexes
from backoffice.records.properties import CollectionProperty, CompanyRow, guard_field, offers_users_with
from backoffice.records.truncation import truncate
from backoffice.uploads.references import UploadReferencesMixin

SECRETS = "facility.view_object_secrets"


class Article(Record):
    """A consumable used at objects: soap, bags, bulbs."""

    name = LineField(_("name"), sortable=True)
    unit = LineField(_("unit"), blank=True, max_length=30, sortable=True)

    name_columns = ("number", "name")
    searched_properties = ("number", "name")

    class Meta(Record.Meta):
        verbose_name = _("article")
        verbose_name_plural = _("articles")
        ordering = ["name_sort", "id"]
        indexes = [*Record.Meta.indexes, models.Index(fields=["company", "name_sort"], name="article_name")]

    def __str__(self):
        return self.name


class CustomerObject(PostalAddress, Record):
    """A building or place where services are performed."""

    customer = models.ForeignKey(
        "people.Customer",
        models.PROTECT,
        related_name="objects_served",
        db_index=False,
        verbose_name=_("customer"),
    )
    name = LineField(_("name"), blank=True, sortable=True)
    contact_phone = LineField(_("phone"), blank=True, sortable=True)
    contact_email = EmailLineField(_("e-mail"), blank=True, sortable=True)
    contact_fax = LineField(_("fax"), blank=True, sortable=True)
    contract_start_date = DayField(_("contract start"), null=True, blank=True)
    contract_end_date = DayField(_("contract end"), ends=True, null=True, blank=True)
    object_manager = offers_users_with(
        models.ForeignKey(
            "people.User",
            models.PROTECT,
            null=True,
            blank=True,
            related_name="objects_managed",
            db_index=False,
            verbose_name=_("object manager"),
        ),
        "facility.change_customerobject",
    )
    location_latitude = NumberField(
        _("latitude"), null=True, blank=True, validators=[MinValueValidator(-90), MaxValueValidator(90)]
    )
    location_longitude = NumberField(
        _("longitude"), null=True, blank=True, validators=[MinValueValidator(-180), MaxValueValidator(180)]
    )
    rating = NumberField(
        _("quality rating"), null=True, blank=True, validators=[MinValueValidator(0), MaxValueValidator(5)]
    )
    description = ParagraphField(_("description"), blank=True, sortable=True)
    security_code = guard_field(EncryptedAnyField(_("door code")), SECRETS, hashed=True, secret=True)
    key = guard_field(EncryptedAnyField(_("key")), SECRETS, hashed=True, secret=True)
    order_description = ParagraphField(_("order description"), blank=True, sortable=True)
    contact_name = LineField(_("contact name"), blank=True, sortable=True)
    invoice_recipient = models.ForeignKey(
        "people.Contact",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="objects_invoiced",
        verbose_name=_("invoice recipient"),
    )
    service_recipient = LineField(_("service recipient"), null=True, blank=True, sortable=True)

    material = CollectionProperty(
        "facility.Material",
        "article",
        "budget",
        key="article",
        label=_("material"),
        add_label=_("Add item"),
        max_added=1000,
    )
    invoice_cc_recipients = CollectionProperty(
        "facility.InvoiceCCRecipient",
        "contact",
        label=_("recipients of invoice copies"),
        add_label=_("Add recipient"),
    )
    contacts = CollectionProperty(
        "facility.ObjectContact", "contact", label=_("contacts"), add_label=_("Add contact")
    )
    tags = CollectionProperty("facility.ObjectTag", "text", label=_("tags"), add_label=_("Add tag"))

    name_columns = ("number", "name", "address_street", "address_zip", "address_city", "address_country")
    searched_properties = (
        "number", "name", "address_street", "address_zip", "address_city", "address_country", "contact_name",
        "contact_email", "contact_phone", "contact_fax", "description", "order_description", "service_recipient", "tags",
    )  # fmt: skip

    telephone_properties = ("contact_phone", "contact_fax")
    personal_properties = (
        "contact_name",
        "contact_phone",
        "contact_email",
        "contact_fax",
        "service_recipient",
    )
    mentions = (Mention(personal_properties[:-1]), Mention(("service_recipient",)))

    class Meta(Record.Meta):
        verbose_name = _("customer object")
        verbose_name_plural = _("customer objects")
        ordering = ["-number", "id"]
        indexes = [
            *Record.Meta.indexes,
            *list_indexes("object_customer", "customer", "company"),
            *list_indexes("object_manager", "object_manager", "company"),
        ]
        permissions = [("view_object_secrets", "Can see security codes and keys of objects")]

    def __str__(self):
        return self.name or self.address_line() or f"#{self.number}"

    def clean(self):
        super().clean()
        errors = {}
        if (self.location_latitude is None) != (self.location_longitude is None):
            missing = "location_latitude" if self.location_latitude is None else "location_longitude"
            message = _("Enter both latitude and longitude, or neither.")
            errors[missing] = ValidationError(message, code="required")
        start, end = self.contract_start_date, self.contract_end_date
        if start and end and end < start:
            message = _("Enter a contract end that is not before the contract start.")
            errors["contract_end_date"] = ValidationError(message, code="order")
        if not self.address_line():
            errors["address_street"] = ValidationError(_("Enter an address."), code="required")
        if errors:
            raise ValidationError(errors)

    def validate_change(self, planned):
        """Require visible characters in a changed address. Older addresses stay valid."""
        names = ("address_street", "address_zip", "address_city", "address_country")
        has_text = any(is_visible(getattr(self, name)) for name in names)
        if any(map(planned.changed, names)) and not has_text:
            return {"address_street": [ValidationError(_("Enter an address."), code="required")]}
        return {}


class ObjectRow(ChildRow):
    """A child row of a customer object."""

    record = models.ForeignKey(CustomerObject, models.CASCADE, related_name="+", editable=False)

    class Meta(ChildRow.Meta):
        abstract = True


class Material(ObjectRow):
    """An article used at an object, with its budget."""

    article = models.ForeignKey(Article, models.PROTECT, related_name="+", verbose_name=_("article"))
    budget = NumberField(_("agreed quantity"), null=True, blank=True)

    class Meta(ObjectRow.Meta):
        verbose_name = _("material")
        verbose_name_plural = _("material")

    def __str__(self):
        return f"{self.article}: {self.budget}"


class InvoiceCCRecipient(ObjectRow):
    """A contact who gets a copy of the object's invoices."""

    contact = models.ForeignKey("people.Contact", models.PROTECT, related_name="+", verbose_name=_("contact"))

    class Meta(ObjectRow.Meta):
        verbose_name = _("invoice copy")
        verbose_name_plural = _("invoice copies")

    def __str__(self):
        return str(self.contact)


class ObjectContact(ObjectRow):
    """A contact of an object. Users choose the order."""

    contact = models.ForeignKey("people.Contact", models.PROTECT, related_name="+", verbose_name=_("contact"))

    class Meta(ObjectRow.Meta):
        verbose_name = _("contact of an object")
        verbose_name_plural = _("contacts of objects")

    def __str__(self):
        return str(self.contact)


class ObjectTag(CompanyRow, ObjectRow):
    """A tag of an object."""

    text = LineField(_("tag"), max_length=100)

    class Meta(ObjectRow.Meta):
        verbose_name = _("tag of an object")
        verbose_name_plural = _("tags of objects")
        indexes = [models.Index(fields=["company_id", "text"])]

    def __str__(self):
        return self.text


class Complaint(ConversationMixin, UploadReferencesMixin, AssignableMixin, Record):
    """A report of a defect at an object, and the work on it."""

    class State(models.TextChoices):
        NEW = "new", _("New")
        ASSIGNED = "assigned", _("Assigned")
        FINISHED = "finished", _("Finished")

    object = models.ForeignKey(
        CustomerObject,
        models.PROTECT,
        related_name="complaints",
        db_index=False,
        verbose_name=_("object"),
    )
    desc = ParagraphField(_("description"), sortable=True)
    room_description = LineField(_("room"), blank=True, sortable=True)
    contact_name = LineField(_("name"), blank=True, sortable=True)
    contact_email = EmailLineField(_("e-mail"), blank=True, sortable=True)
    contact_telephone = LineField(_("phone"), blank=True, sortable=True)
    priority = priority_field()
    images = TextListField(
        _("images"), item=URIField(), add_label=_("Add image link"), edit_label=_("Edit image links")
    )
    user = assignee_field("complaints_assigned", "facility.change_complaint")
    comment = ParagraphField(_("internal note"), blank=True, sortable=True)
    response = ParagraphField(_("reply to customer"), blank=True, sortable=True)
    custom_fields = OpenObjectField(_("extra fields"), add_label=_("Add field"))
    complaint_status = LineField(
        _("state"), choices=State.choices, default=State.NEW, max_length=10, editable=False
    )
    assigned_date = assigned_date_field()
    finished_at = InstantField(_("finished on"), null=True, blank=True, editable=False)
    finished_by = models.ForeignKey(
        "people.User",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="complaints_finished",
        verbose_name=_("finished by"),
    )
    finish_images = TextListField(
        _("images after completion"),
        item=URIField(),
        add_label=_("Add image link"),
        edit_label=_("Edit links of images after completion"),
    )

    tags = CollectionProperty("facility.ComplaintTag", "text", label=_("tags"), add_label=_("Add tag"))
    notes = MessagesProperty("facility.ComplaintMessage", kind="note", label=_("internal note"))
    answers = MessagesProperty("facility.ComplaintMessage", kind="answer", label=_("reply to customer"))

    conversation = (note_kind("comment"), answer_kind("response"))
    assignee_property = "user"
    waiting_values = {"complaint_status": [State.NEW]}
    change_actions = Record.change_actions | {"finish", "reopen", "edit_message"}
    shows_uploads_in = ("images", "finish_images", "notes", "answers")
    answer_properties = ("response",)
    derived = frozenset({"complaint_status", "assigned_date", "finished_at", "finished_by"})
    searched_properties = ("number", "desc", "room_description", "contact_name", "contact_email", "contact_telephone", "comment",
                "response", "tags")  # fmt: skip

    telephone_properties = ("contact_telephone",)
    personal_properties = ("contact_name", "contact_email", "contact_telephone", "images")
    mentions = (
        Mention(personal_properties[:-1]),
        Mention(("notes.author_name",), "notes.author"),
        Mention(("answers.author_name",), "answers.author"),
    )

    class Meta(Record.Meta):
        verbose_name = _("complaint")
        verbose_name_plural = _("complaints")
        ordering = ["-number", "id"]
        indexes = [
            *Record.Meta.indexes,
            *list_indexes("complaint_object", "object", "company"),
            *list_indexes("complaint_user", "user", "company"),
            *list_indexes("complaint_state", "company", "complaint_status"),
            # For counts of a user's complaints by state.
            models.Index(fields=["user", "company", "complaint_status", "id"], name="complaint_user_state"),
        ]

    def __str__(self):
        first = self.desc.strip().partition("\n")[0]
        return first if len(first) <= 80 else truncate(first, 80)

    def compute_derived(self, planned):
        """Compute the newest note and reply, the messages, the state and its dates: setting or clearing the
        assignee sets the state to assigned or new; the actions `finish` and `reopen` finish and reopen. A finished
        complaint stays finished when its assignee changes."""
        self.take_newest_texts(planned)
        self.keep_messages(planned)
        if planned.action == "finish" and self.complaint_status != self.State.FINISHED:
            self.complaint_status = self.State.FINISHED
            self.finished_at = planned.at
            self.finished_by_id = planned.actor.user_id
        elif planned.action == "reopen":
            self.finished_at = self.finished_by_id = None
            self.complaint_status = self.State.ASSIGNED if self.user_id else self.State.NEW
        if planned.changed("user"):
            self.set_assigned_date(planned)
            if self.complaint_status != self.State.FINISHED:
                self.complaint_status = self.State.ASSIGNED if self.user_id else self.State.NEW

    def validate_change(self, planned):
        """Require a consistent state of imported complaints, and that a message is edited only as it may be."""
        errors = self._find_inconsistencies() if planned.provenance else {}
        return errors | self.find_edit_errors(planned)

    def _find_inconsistencies(self) -> dict[str, list]:
        """Return errors, by path, of states that no sequence of actions leads to."""
        wrong = {}
        finished = self.complaint_status == self.State.FINISHED
        if self.complaint_status not in self.State.values:
            wrong["complaint_status"] = _("This state does not exist.")
        elif not finished and (self.complaint_status == self.State.ASSIGNED) != (self.user_id is not None):
            wrong["complaint_status"] = _("A complaint with an assignee is assigned; without one, it is not.")
        if finished != (self.finished_at is not None):
            wrong["finished_at"] = _("A finished complaint must have this date; any other must not.")
        if self.finished_by_id is not None and not finished:
            wrong["finished_by"] = _("The complaint is not finished, so leave this empty.")
        if self.finished_at is not None and self.finished_at > now():
            wrong["finished_at"] = _("Enter a time that is not in the future.")
        errors = {name: [ValidationError(message, code="impossible")] for name, message in wrong.items()}
        return errors | self.find_assignment_errors()


class ComplaintMessage(Message):
    """An internal note or a reply to the customer."""

    record = models.ForeignKey(Complaint, models.CASCADE, related_name="+", editable=False)

    class Meta(Message.Meta):
        verbose_name = _("message of a complaint")
        verbose_name_plural = _("messages of complaints")


class ComplaintTag(CompanyRow, ChildRow):
    """A tag of a complaint."""

    record = models.ForeignKey(Complaint, models.CASCADE, related_name="+", editable=False)
    text = LineField(_("tag"), max_length=100)

    class Meta(ChildRow.Meta):
        verbose_name = _("tag of a complaint")
        verbose_name_plural = _("tags of complaints")
        indexes = [models.Index(fields=["company_id", "text"])]

    def __str__(self):
        return self.text

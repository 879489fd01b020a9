"""Support cases of IPTV customers, with their comments and files."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.conversations.conversation import EDIT_MESSAGE, ConversationMixin
from backoffice.conversations.kinds import answer_kind, comment_kind, note_kind
from backoffice.conversations.models import Message, MessagesProperty
from backoffice.people.models import Customer
from backoffice.records.actors import can_see_name, display_author
from backoffice.records.assignments import (
    AssignableMixin,
    Priority,
    assigned_date_field,
    assignee_field,
    priority_field,
)
from backoffice.records.fields import InstantField, LineField, ParagraphField, URIField, now
from backoffice.records.models import ChildRow, Mention, Record, list_indexes
from backoffice.records.properties import (
    ElementsProperty,
    Guard,
    guard_field,
    offers_users_with,
    require_change_permission,
)
from backoffice.records.truncation import truncate
from backoffice.records.visibility import EntityQuerySet
from backoffice.uploads.references import UploadReferencesMixin
from supportdesk.comment_authors import ADMINISTER, COMMENT, COMMENT_ACTIONS, CommentAuthorsMixin
from supportdesk.staff_names import SUPPORT, hide_support_staff

# A customer's reseller decides who sees its cases.
_reseller = Customer._meta.get_field("parent_reseller")
require_change_permission(_reseller, ADMINISTER, *_reseller.change_permissions)


class SupportCaseQuerySet(EntityQuerySet):
    def restrict_for(self, actor):
        """Restrict a reseller's users to the cases of the customers that the reseller brought."""
        if not actor.customer_id:
            return self
        brought = self.model.customer.field.related_model.objects.filter(parent_reseller_id=actor.customer_id)
        return self.filter(customer_id__in=list(brought.values_list("pk", flat=True)))


class FileType(models.TextChoices):
    IMAGE = "IMAGE", _("Image")
    DOC = "DOC", _("Document")


NOTE_READERS = _("Only support and the reporter see this")
NOTE_GUARD = Guard(ADMINISTER, or_user="employee_id", hashed=True)


class SupportCase(CommentAuthorsMixin, ConversationMixin, UploadReferencesMixin, AssignableMixin, Record):
    """A question or problem of an IPTV customer, and the response."""

    class Device(models.TextChoices):
        """Devices in the spelling of the documented system, including `CROMEMAC`."""

        ANDROID = "ANDROID", _("Android")
        ANDROIDTV = "ANDROIDTV", _("Android TV")
        APPLETV = "APPLETV", _("Apple TV")
        CROMEMAC = "CROMEMAC", _("Chrome on Mac")
        CHROMEWINDOWS = "CHROMEWINDOWS", _("Chrome on Windows")
        DVB = "DVB", _("DVB receiver")
        FIREFOXMAC = "FIREFOXMAC", _("Firefox on Mac")
        FIREFOXWINDOWS = "FIREFOXWINDOWS", _("Firefox on Windows")
        IOS = "IOS", _("iPhone or iPad")
        SAFARIMAC = "SAFARIMAC", _("Safari on Mac")
        SAFARIWINDOWS = "SAFARIWINDOWS", _("Safari on Windows")
        OTHER = "OTHER", _("Other")

    name = LineField(_("subject"), sortable=True)
    description = ParagraphField(_("description"), blank=True, sortable=True)
    customer = models.ForeignKey(
        "people.Customer",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="support_cases",
        db_index=False,
        verbose_name=_("customer"),
    )
    customer_name = LineField(
        _("customer's name"),
        blank=True,
        help_text=_("Leave empty to use the customer's own name."),
        sortable=True,
    )
    employee = offers_users_with(
        models.ForeignKey(
            "people.User",
            models.PROTECT,
            null=True,
            blank=True,
            related_name="support_cases",
            db_index=False,
            verbose_name=_("reported by"),
        ),
        "supportdesk.add_supportcase",
        insiders=False,
    )
    employee_name = LineField(
        _("reporter's name"),
        blank=True,
        help_text=_("Leave empty to use that person's own name."),
        sortable=True,
    )
    solved = models.BooleanField(_("solved"), default=False)
    date = InstantField(_("reported on"), default=now, editable=False)
    device = LineField(_("device"), choices=Device.choices, blank=True, max_length=20)
    system_version = LineField(_("system version"), blank=True, sortable=True)
    play_maker_version = LineField(_("PlayMaker version"), blank=True, sortable=True)
    response_author = LineField(
        _("sender name"), blank=True, help_text=_("Leave empty to use PlayMaker Teamet."), sortable=True
    )
    response_answer = ParagraphField(_("reply to customer"), blank=True, sortable=True)
    response_date = InstantField(_("replied on"), null=True, blank=True)
    response_employee = guard_field(
        offers_users_with(
            models.ForeignKey(
                "people.User",
                models.PROTECT,
                null=True,
                blank=True,
                related_name="support_cases_answered",
                verbose_name=_("replied by"),
            ),
            ADMINISTER,
        ),
        ADMINISTER,
    )
    response_employee_name = guard_field(LineField(_("replied by (name)"), blank=True), ADMINISTER)
    private_information = guard_field(
        ParagraphField(_("internal note"), blank=True),
        ADMINISTER,
        or_user=NOTE_GUARD.or_user,
        hashed=NOTE_GUARD.hashed,
    )
    assignee = guard_field(assignee_field("support_cases_assigned", ADMINISTER), ADMINISTER)
    priority = priority_field(db_default=Priority.LOW)
    assigned_date = assigned_date_field()

    files = ElementsProperty(
        "supportdesk.CaseFile", "url", "type", label=_("files"), add_label=_("Add file"), max_added=200
    )
    comments = ElementsProperty(
        "supportdesk.Comment",
        "comment", "date", "customer", "customer_name", "employee", "employee_name", "is_support", "edited_at",
        label=_("comments"),
        add_label=_("Add comment"),
        files=ElementsProperty("supportdesk.CommentFile", "url", "type", label=_("files"), add_label=_("Add file"), max_added=200),
        max_added=1000,
    )  # fmt: skip

    notes = MessagesProperty(
        "supportdesk.CaseMessage", kind="note", label=_("internal note"), guard=NOTE_GUARD
    )
    answers = MessagesProperty(
        "supportdesk.CaseMessage", "sender", kind="answer", label=_("reply to customer")
    )

    objects = SupportCaseQuerySet.as_manager()
    derived = frozenset({"assigned_date"})
    waiting_values = {"solved": [False]}
    waiting_since = "date"
    conversation = (
        note_kind("private_information", NOTE_READERS),
        comment_kind("comments", text="comment", author="employee"),
        answer_kind(
            "response_answer",
            sender="response_author",
            date="response_date",
            author="response_employee",
            author_name="response_employee_name",
        ),
    )
    shows_uploads_in = ("files", "comments", "notes", "answers")
    answer_properties = ("response_answer",)
    searched_properties = ("number", "name", "description", "customer_name", "employee_name", "system_version",
                "play_maker_version", "response_answer")  # fmt: skip

    personal_properties = ("customer_name", "private_information")
    mentions = (
        Mention(("customer_name",), "customer"),
        Mention(("employee_name",), "employee"),
        Mention(("response_employee_name",), "response_employee"),
        Mention(("response_author",)),
        Mention(("comments.customer_name",), "comments.customer"),
        Mention(("comments.employee_name",), "comments.employee"),
        Mention(("notes.author_name",), "notes.author"),
        Mention(("answers.author_name",), "answers.author"),
        Mention(("answers.sender",)),
    )

    DEFAULT_AUTHOR = "PlayMaker Teamet"

    class Meta(Record.Meta):
        verbose_name = _("support case")
        verbose_name_plural = _("support cases")
        ordering = ["-number", "id"]
        indexes = [
            *Record.Meta.indexes,
            *list_indexes("case_customer", "customer", "company"),
            *list_indexes("case_employee", "employee", "company"),
            *list_indexes("case_assignee", "assignee", "company"),
            models.Index(fields=["company", "solved", "number"], name="case_solved"),
            models.Index(fields=["company", "date", "id"], name="case_date"),
        ]
        permissions = [
            ("administer_supportcase", "Can answer and change support cases (ADMIN)"),
            ("comment_supportcase", "Can comment on support cases and reopen them"),
        ]

    def __str__(self):
        return self.name

    @classmethod
    def permission(cls, action):
        if action in COMMENT_ACTIONS:
            return COMMENT
        changes = action == "change" or action in cls.change_actions
        return ADMINISTER if changes else super().permission(action)

    def allows(self, action, actor):
        if action not in COMMENT_ACTIONS:
            return super().allows(action, actor)
        is_reporter = self.employee_id is not None and self.employee_id == actor.user_id
        return is_reporter or actor.may("change", self)

    def visible_message(self, message, actor):
        return message if self._may_see_staff(actor) else hide_support_staff(message)

    @classmethod
    def _may_see_staff(cls, actor) -> bool:
        return actor.may("view", cls, "response_employee")

    @classmethod
    def visible_author(cls, row, actor):
        """Return the author of a change. Actors who may not see who answers get “Support” for support
        staff."""
        is_visible = cls._may_see_staff(actor) or can_see_name(row.user_id, actor)
        return display_author(row.who) if is_visible else str(SUPPORT)

    @classmethod
    def visible_changes(cls, row, actor):
        """Return the changes of a history entry, without names of support staff in comments and replies if the
        actor may not see them."""
        if cls._may_see_staff(actor):
            return row.changes
        changes = []
        for entry in row.changes:
            name, *path = entry["property"].split(".")
            if name not in ("comments", "answers"):
                changes.append(entry)
            elif path[1:2] not in (["employee"], ["employee_name"], ["author"], ["author_name"]):
                changes.append(entry | {side: hide_support_staff(entry[side]) for side in ("old", "new")})
        return changes

    def visible_copy_for(self, actor):
        """Return the case, without names of support staff in comments if the actor may not see them."""
        if self._may_see_staff(actor):
            return self
        copy = self.copy()
        copy.comments = hide_support_staff(self.comments)
        return copy

    def compute_derived(self, planned):
        """Compute what the update does not set: names from changed references, the author, date and employee
        of a new response, and the authors of new comments."""
        if planned.changed("assignee"):
            self.set_assigned_date(planned)
        adding = planned.before is None
        if adding and self.employee_id is None and "employee" not in planned.sent_properties:
            self.employee_id = self._author(planned)
        self._copy_name(planned, "customer", "customer_name")
        self._copy_name(planned, "employee", "employee_name")
        is_new = "answer" in self.take_newest_texts(planned) or planned.changed("response_answer")
        if is_new and planned.action != EDIT_MESSAGE:
            self._complete_response(planned)
        self._copy_name(planned, "response_employee", "response_employee_name")
        self.keep_messages(planned)
        if "comments" in planned.edited_properties:
            self.comments = self._complete_comments(planned)

    def _complete_response(self, planned):
        """Fill in the properties of the response that were not sent. Clearing the answer clears the whole
        response."""
        if not self.response_answer:
            self.response_author = self.response_employee_name = ""
            self.response_date = self.response_employee_id = None
            return
        if not self.response_author and "response_author" not in planned.sent_properties:
            self.response_author = self.DEFAULT_AUTHOR
        if "response_date" not in planned.sent_properties:
            self.response_date = planned.at
        if "response_employee" not in planned.sent_properties:
            self.response_employee_id = self._author(planned)

    def _copy_name(self, planned, link, name):
        if planned.changed(link) and name not in planned.sent_properties:
            referable = self.allowed_references(link, self.properties[link].target, planned.actor)
            linked = referable.filter(pk=getattr(self, f"{link}_id")).first()
            setattr(self, name, str(linked) if linked else "")

    def validate_change(self, planned):
        """Check that only support staff write in another's name, and that the date is set only at
        creation."""
        errors = self.find_assignment_errors() if planned.provenance else {}
        if planned.before and planned.changed("date"):
            errors["date"] = [ValidationError(_("The date of a case cannot be changed."), code="fixed")]
        if planned.actor.user_id and planned.before is None and not planned.actor.has_perm(ADMINISTER):
            if self.employee_id != planned.actor.user_id:
                errors["employee"] = [
                    ValidationError(_("You can report cases only in your own name."), code="other")
                ]
            me = self.properties["employee"].target._base_manager.get(pk=planned.actor.user_id)
            if self.customer_id is None:
                errors["customer"] = [ValidationError(_("Choose a customer."), code="required")]
            elif self.customer_id == me.customer_id:
                message = _("You can report cases only for your own customers.")
                errors["customer"] = [ValidationError(message, code="other")]
            errors |= self._find_impersonations(planned, me)
        if planned.before and planned.action in COMMENT_ACTIONS:
            errors |= self._find_excesses(planned)
        return errors | self.find_edit_errors(planned)


class CaseMessage(Message):
    """An internal note or a reply to the customer."""

    record = models.ForeignKey(SupportCase, models.CASCADE, related_name="+", editable=False)
    sender = LineField(_("sender name"), blank=True)

    class Meta(Message.Meta):
        verbose_name = _("message of a case")
        verbose_name_plural = _("messages of cases")


class CaseFile(ChildRow):
    """A picture or document of a support case."""

    record = models.ForeignKey(SupportCase, models.CASCADE, related_name="+", editable=False)
    url = URIField(_("address"))
    type = LineField(_("type"), choices=FileType.choices, default=FileType.IMAGE, max_length=10)

    class Meta(ChildRow.Meta):
        verbose_name = _("file of a case")
        verbose_name_plural = _("files of cases")

    def __str__(self):
        return self.url


class Comment(ChildRow):
    """A comment on a support case. The customer sees it."""

    record = models.ForeignKey(SupportCase, models.CASCADE, related_name="+", editable=False)
    comment = ParagraphField(_("comment"))
    date = InstantField(_("date"), null=True, blank=True, default=None)
    customer = models.ForeignKey(
        "people.Customer", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("customer")
    )
    customer_name = LineField(_("customer's name"), blank=True)
    employee = offers_users_with(
        models.ForeignKey(
            "people.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("author")
        ),
        "supportdesk.add_supportcase",
        insiders=False,
    )
    employee_name = LineField(_("author's name"), blank=True)
    is_support = models.BooleanField(_("by support"), null=True, blank=True, default=None)
    edited_at = InstantField(_("edited on"), null=True, blank=True, default=None, editable=False)

    class Meta(ChildRow.Meta):
        verbose_name = _("comment")
        verbose_name_plural = _("comments")

    def __str__(self):
        return truncate(self.comment, 80)


class CommentFile(ChildRow):
    """A picture or document of a comment."""

    record = models.ForeignKey(Comment, models.CASCADE, related_name="+", editable=False)
    url = URIField(_("address"))
    type = LineField(_("type"), choices=FileType.choices, default=FileType.IMAGE, max_length=10)

    class Meta(ChildRow.Meta):
        verbose_name = _("file of a comment")
        verbose_name_plural = _("files of comments")

    def __str__(self):
        return self.url

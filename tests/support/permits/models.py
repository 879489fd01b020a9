"""Parking permits: what `docs/development/add-an-app.md` does not have in its example, such as guarded properties."""

from django.db import models

from backoffice.records.fields import DayField, EncryptedAnyField, LineField, NumberField, ParagraphField
from backoffice.records.models import ChildRow, Record, list_indexes
from backoffice.records.properties import CollectionProperty, guard_field, offers_users_with

PINS = "permits.view_pins"


class Permit(Record):
    """A permit to park."""

    remark = guard_field(LineField("remark", blank=True), PINS)
    plate = LineField("plate", sortable=True)
    holder = LineField("holder", sortable=True)
    inspector = offers_users_with(
        models.ForeignKey(
            "people.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="inspector"
        ),
        "permits.change_permit",
    )
    kind = LineField("kind", choices=[("resident", "Resident"), ("visitor", "Visitor")], max_length=20)
    valid_until = DayField("valid until", ends=True)
    pin = guard_field(EncryptedAnyField("gate PIN"), PINS, hashed=True, secret=True)
    reason = guard_field(ParagraphField("reason", blank=True), PINS, or_user="created_by_id", hashed=True)
    issuer = guard_field(
        models.ForeignKey(
            "people.Contact", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="issuer"
        ),
        PINS,
    )
    is_paid = models.BooleanField("paid", default=False)
    zones = CollectionProperty("permits.Zone", "text", label="zones")
    payments = CollectionProperty("permits.Payment", "paid_on", "amount", label="payments")

    name_columns = ("number", "plate")
    searched_properties = ("number", "plate")

    class Meta(Record.Meta):
        verbose_name = "parking permit"
        verbose_name_plural = "parking permits"
        ordering = ["-number", "id"]
        permissions = [("view_pins", "Can see PINs")]
        constraints = [
            *Record.Meta.constraints,
            models.UniqueConstraint(fields=["company", "plate"], name="permit_plate"),
        ]
        indexes = [
            *Record.Meta.indexes,
            *list_indexes("permit_kind", "company", "kind"),
            models.Index(fields=["company", "valid_until"], name="permit_until"),
        ]

    def __str__(self):
        return self.plate


class Zone(ChildRow):
    """A zone in which a permit is valid."""

    record = models.ForeignKey(Permit, models.CASCADE, related_name="+", editable=False)
    text = LineField("zone", max_length=100)

    class Meta(ChildRow.Meta):
        verbose_name = "zone"
        verbose_name_plural = "zones"

    def __str__(self):
        return self.text


class Payment(ChildRow):
    """A payment for a permit."""

    record = models.ForeignKey(Permit, models.CASCADE, related_name="+", editable=False)
    paid_on = DayField("paid on")
    amount = NumberField("amount")

    class Meta(ChildRow.Meta):
        verbose_name = "payment"
        verbose_name_plural = "payments"

    def __str__(self):
        return str(self.amount)

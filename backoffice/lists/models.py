"""Saved views, column settings and visits to the home page."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backoffice.records.fields import AnyField, InstantField, LineField, ObjectIdField, now
from backoffice.records.models import Entity


class SavedViewQuerySet(models.QuerySet):
    def usable_by(self, model: type[Entity], person):
        """Return the views of a list that a user may use: their own, and those that colleagues share. Users
        of a customer share with users of the same customer only."""
        return self.usable_in_any_list(person).filter(record_type=model._meta.label_lower)

    def usable_in_any_list(self, person):
        """Return the views of all lists that a user may use, as in `usable_by`."""
        shared = Q(shared=True, company_id=person.company_id, customer_id=person.customer_id)
        return self.filter(Q(owner_id=person.pk) | shared)


class SavedView(models.Model):
    """A named query string of a list: its filters, order and columns. It grants no access: a user who
    opens it sees only records that they may see."""

    id = ObjectIdField(primary_key=True, db_column="_id")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("owner")
    )
    company_id = ObjectIdField(_("company"), null=True, blank=True)
    customer_id = ObjectIdField(_("customer"), null=True, blank=True)
    record_type = models.CharField(_("type"), max_length=100)
    name = LineField(_("name"), max_length=60)
    query = models.TextField(_("list address"), default="", blank=True, max_length=4000)
    shared = models.BooleanField(_("shared with the company"), default=False)
    created_at = InstantField(_("created"), default=now)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        default_permissions = ()
        ordering = ["name", "id"]
        indexes = [models.Index(fields=["company_id", "record_type"], name="lists_view_of_company")]
        constraints = [
            models.UniqueConstraint(fields=["owner", "record_type", "name"], name="lists_view_name_once")
        ]

    def __str__(self):
        return self.name


class ListChoice(models.Model):
    """A user's settings of the list of one record model."""

    id = ObjectIdField(primary_key=True, db_column="_id")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("user")
    )
    record_type = models.CharField(_("type"), max_length=100)
    columns = AnyField(_("columns"), null=False, default=list)
    """The names of the shown columns; empty for the default ones."""
    default_view = models.ForeignKey(
        SavedView, models.SET_NULL, null=True, related_name="+", verbose_name=_("default view")
    )

    class Meta:
        verbose_name = _("list setting")
        verbose_name_plural = _("list settings")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["user", "record_type"], name="lists_choice_once")]

    def __str__(self):
        return f"{self.user_id}: {self.record_type}"


class Visit(models.Model):
    """A user's last visit to the home page, which shows the changes after `since`."""

    id = ObjectIdField(primary_key=True, db_column="_id")
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("user")
    )
    since = InstantField(_("since"))
    last_at = InstantField(_("last visit"))

    class Meta:
        verbose_name = _("visit")
        verbose_name_plural = _("visits")
        default_permissions = ()

    def __str__(self):
        return f"{self.user_id}: {self.last_at}"

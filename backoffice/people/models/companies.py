from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.records.fields import LineField
from backoffice.records.models import Entity


class Company(Entity):
    """Whom everything belongs to: no company ever sees another's records."""

    name = LineField(_("name"), unique=True)

    searched = ("name",)

    class Meta:
        verbose_name = _("company")
        verbose_name_plural = _("companies")
        ordering = ["name"]

    def __str__(self):
        return self.name

    def home_company_id(self):
        return self.pk


class Address(models.Model):
    """Where something is, for models that have one."""

    address_street = LineField(_("street"), blank=True)
    address_zip = LineField(_("zip"), blank=True, max_length=20)
    address_city = LineField(_("city"), blank=True)
    address_country = LineField(_("country"), blank=True)

    class Meta:
        abstract = True

    def address_line(self) -> str:
        """The address in one line: street, zip and city, country; the parts that are missing left out."""
        town = " ".join(part for part in (self.address_zip, self.address_city) if part)
        return ", ".join(part for part in (self.address_street, town, self.address_country) if part)

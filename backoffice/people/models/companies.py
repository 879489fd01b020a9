from functools import partial

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.db.transactions import after_commit
from backoffice.records.fields import LineField
from backoffice.records.languages import default_language
from backoffice.records.models import Entity


class Company(Entity):
    """The owner of all other records: no company ever sees another's records."""

    name = LineField(_("name"), unique=True, sortable=True)

    language = LineField(
        _("language"),
        choices=settings.LANGUAGES,
        default=default_language,
        max_length=8,
        help_text=_("Lists are sorted by the rules of this language."),
    )

    mail_customers = models.BooleanField(
        _("mail customers about every change"),
        default=False,
        db_default=False,
        help_text=_(
            "Otherwise customers get mails about changes in the browser only, not about those by scripts, "
            "imports, bulk edits and in the administration."
        ),
    )

    searched_properties = ("name",)

    class Meta:
        verbose_name = _("company")
        verbose_name_plural = _("companies")
        ordering = ["name_sort", "id"]

    def __str__(self):
        return self.name

    def home_company_id(self):
        return self.pk

    def home_language(self):
        return self.language

    def after_write(self, planned):
        """Sort the company's lists again after the commit if its language has changed."""
        if planned.action != "remove" and planned.before is not None and planned.changed("language"):
            from backoffice.records.services import update_company_sort_keys

            after_commit(partial(update_company_sort_keys, self.pk, self.language))


class PostalAddress(models.Model):
    """A postal address, for models that have one."""

    address_street = LineField(_("street"), blank=True, sortable=True)
    address_zip = LineField(_("postcode"), blank=True, max_length=20, sortable=True)
    address_city = LineField(_("city"), blank=True, sortable=True)
    address_country = LineField(_("country"), blank=True, sortable=True)

    class Meta:
        abstract = True

    def address_line(self) -> str:
        """Return the address in one line: street, zip and city, country, without missing parts."""
        town = " ".join(part for part in (self.address_zip, self.address_city) if part)
        return ", ".join(part for part in (self.address_street, town, self.address_country) if part)

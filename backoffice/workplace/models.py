"""Canned answers of a company, and preferences of users."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.db.queries import CompiledQuery
from backoffice.records.fields import LineField, ObjectIdField, ParagraphField
from backoffice.records.models import Entity
from backoffice.workplace.placeholders import check_placeholders


class CannedAnswer(Entity):
    """A reusable text for answers, with placeholders."""

    title = LineField(
        _("title"),
        help_text=_("The name by which staff choose the reply. Customers never see it."),
        sortable=True,
    )
    text = ParagraphField(
        _("text"),
        help_text=_(
            "These placeholders are replaced: {customer}, {contact}, {number}, {subject}, "
            "{object}, {address}, {device}, {me}, {company}, {today}."
        ),
    )
    company = models.ForeignKey(
        "people.Company", models.PROTECT, editable=False, related_name="+", verbose_name=_("company")
    )

    server_properties = Entity.server_properties | {"company"}
    searched_properties = ("title", "text")

    class Meta:
        verbose_name = _("saved reply")
        verbose_name_plural = _("saved replies")
        ordering = ["title_sort", "id"]

    def __str__(self):
        return self.title

    def clean(self):
        try:
            check_placeholders(self.text)
        except ValidationError as error:
            raise ValidationError({"text": error}) from None


class Preferences(models.Model):
    """A user's preferences for pages. Personal settings are not part of the history."""

    class Theme(models.TextChoices):
        SYSTEM = "system", _("Match system")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    class Density(models.TextChoices):
        COMFORTABLE = "comfortable", _("Standard")
        COMPACT = "compact", _("Compact: more on a screen")

    id = ObjectIdField(primary_key=True, db_column="_id")
    user = models.OneToOneField(
        "people.User", models.CASCADE, related_name="preferences", verbose_name=_("user")
    )
    theme = models.CharField(_("theme"), max_length=10, choices=Theme.choices, default=Theme.SYSTEM)
    density = models.CharField(
        _("density"), max_length=12, choices=Density.choices, default=Density.COMFORTABLE
    )
    keys = models.BooleanField(
        _("keyboard shortcuts"),
        default=True,
        help_text=_("One-key shortcuts that work when you are not in a field. Press ? to list them."),
    )

    language = models.CharField(
        _("language"), max_length=16, blank=True, default="", choices=settings.LANGUAGES
    )

    class Meta:
        verbose_name = _("preferences")
        verbose_name_plural = _("preferences")
        default_permissions = ()

    def __str__(self):
        return f"{self.user_id}: {self.theme}, {self.density}"

    @classmethod
    def for_user(cls, user) -> "Preferences":
        """Return a user's preferences, or the defaults if there are none."""
        return next(iter(_PREFERENCES_OF_USER(user.pk)), None) or cls(user_id=user.pk)


_PREFERENCES_OF_USER = CompiledQuery(lambda user: Preferences.objects.filter(user_id=user).order_by())

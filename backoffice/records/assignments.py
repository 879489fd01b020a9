"""Records that one user at a time works on: their priority, their assignee, and which of them wait for one."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.db.annotations import Errors
from backoffice.records.fields import InstantField, WholeNumberField, now
from backoffice.records.models import ACTIVE, Record
from backoffice.records.properties import offers_users_with

if TYPE_CHECKING:
    from backoffice.db.annotations import Rows
    from backoffice.records.actors import Actor
    from backoffice.records.writes.plan import PlannedWrite

    _Base = Record
else:
    _Base = object


class Priority(models.IntegerChoices):
    LOW = 1, _("Low")
    MEDIUM = 2, _("Medium")
    HIGH = 3, _("High")
    CRITICAL = 4, _("Critical")


def priority_field(**options: Any) -> WholeNumberField[Any, Any]:
    """Return the field `priority`."""
    least, most = min(Priority.values), max(Priority.values)
    validators = [MinValueValidator(least), MaxValueValidator(most)]
    return WholeNumberField(_("priority"), default=Priority.LOW, validators=validators, **options)


def assignee_field(related_name: str, permission: str) -> "models.ForeignKey[Any, Any]":
    """Return the reference to the assignee; `permission` is that of the users to offer. The model adds
    `list_indexes`."""
    field: models.ForeignKey[Any, Any] = models.ForeignKey(
        "people.User",
        models.PROTECT,
        null=True,
        blank=True,
        related_name=related_name,
        db_index=False,
        verbose_name=_("assignee"),
    )
    return offers_users_with(field, permission)


def assigned_date_field() -> InstantField[Any, Any]:
    """Return the field `assigned_date`, which must be in `derived`."""
    return InstantField(_("assigned on"), null=True, blank=True, editable=False)


class AssignableMixin(_Base):
    """For models with an assignee, a priority and the date of the assignment. They declare the three fields."""

    assignee_property: ClassVar[str] = "assignee"
    waiting_values: ClassVar[Mapping[str, list[Any]]] = {}
    """The values, by column, of open records, assigned or not."""
    waiting_since: ClassVar[str] = "created_at"
    """The column with the time since when a record waits."""
    value_labels = Record.value_labels | {"priority": Priority.choices}

    @classmethod
    def may_be_taken_by(cls, actor: "Actor") -> bool:
        """Return whether an actor may assign records of their company to themselves."""
        return (
            actor.user_id is not None
            and actor.company_id is not None
            and actor.may("change", cls)
            and actor.may("change", cls, cls.assignee_property)
        )

    @classmethod
    def waiting_for(cls, actor: "Actor") -> "Rows":
        """Return the open records without an assignee that the actor may see in their own company, the most
        urgent and then the oldest first."""
        conditions = {f"{name}__in": values for name, values in cls.waiting_values.items()}
        visible = cls._default_manager.visible_to(actor).filter(company_id=actor.company_id, status=ACTIVE)
        unassigned: Rows = visible.filter(**{cls.assignee_property: None}, **conditions)
        return unassigned.order_by("-priority", cls.waiting_since, "pk")

    def set_assigned_date(self, planned: "PlannedWrite") -> None:
        """Set the date of a changed assignee; clear it if there is none any more."""
        self.assigned_date = planned.at if self._is_assigned else None

    @property
    def _is_assigned(self) -> bool:
        return self.properties[self.assignee_property].read(self) is not None

    def find_assignment_errors(self) -> Errors:
        """Return the errors, by path, of an imported date that no assignment leads to."""
        if (self.assigned_date is not None) != self._is_assigned:
            message = _("With an assignee, enter the date of the assignment. Without one, leave it empty.")
        elif self.assigned_date is not None and self.assigned_date > now():
            message = _("Enter a time that is not in the future.")
        else:
            return {}
        return {"assigned_date": [ValidationError(message, code="impossible")]}

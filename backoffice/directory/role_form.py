"""The form of a role: its permissions as checkboxes, by record type."""

from collections.abc import Iterator

from django import forms
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from backoffice.forms.fields import BLANK
from backoffice.people.permission_labels import action_of, offered_permissions, permission_label


class PermissionsWidget(forms.CheckboxSelectMultiple):
    """Checkboxes in one fieldset for each record type."""

    template_name = "admin/role_permissions.html"


class PermissionsField(forms.ModelMultipleChoiceField):
    """Permissions as checkboxes, by record type."""

    widget = PermissionsWidget

    def offer(self, role: Group | None) -> None:
        """Set the permissions to choose from."""
        self.offered = offered_permissions(role)
        self.queryset = Permission.objects.filter(
            pk__in=[row.pk for rows in self.offered.values() for row in rows]
        ).select_related("content_type")
        self.choices = list(self._groups())

    def _groups(self) -> Iterator[tuple[str, list[tuple[int, str]]]]:
        for model, rows in self.offered.items():
            yield (
                capfirst(model._meta.verbose_name_plural),
                [(row.pk, permission_label(row)) for row in rows],
            )

    def clean(self, value):
        """Refuse permissions to create, change or delete what the role may not view."""
        chosen = super().clean(value)
        ids = {row.pk for row in chosen}
        errors = []
        for model, rows in self.offered.items():
            view = next((row for row in rows if action_of(row) == "view"), None)
            blind = [permission_label(row) for row in rows if row.pk in ids and action_of(row)]
            if view and blind and view.pk not in ids:
                message = _("%(kind)s: select “%(view)s”, too. Without it, members cannot use: %(others)s.")
                params = {
                    "kind": capfirst(model._meta.verbose_name_plural),
                    "view": permission_label(view),
                    "others": ", ".join(map(str, blind)),
                }
                errors.append(ValidationError(message, code="view", params=params))
        if errors:
            raise ValidationError(errors)
        return chosen


class RoleForm(forms.ModelForm):
    permissions = PermissionsField(
        Permission.objects.none(),
        required=False,
        label=_("Permissions"),
        help_text=_(
            "What members may do in their own company, by kind of record. The history, the secret access log, uploads "
            "and imports have no other permissions than those shown."
        ),
    )

    class Meta:
        model = Group
        fields = ("name", "permissions")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        if "name" in self.fields:
            self.fields["name"].error_messages["required"] = BLANK
        if "permissions" in self.fields:  # not on the page of a user who may only view it
            self.fields["permissions"].offer(self.instance)

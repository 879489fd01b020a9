"""The form of a role: its permissions as checkboxes, by record type."""

from collections.abc import Iterator

from django import forms
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from backoffice.forms.fields import BLANK
from backoffice.people.roles import ALL_ACTIONS, granted_codenames
from backoffice.records.models import Entity

ACTION_LABELS = {"view": _("View"), "add": _("Create"), "change": _("Change"), "delete": _("Delete")}


def offered_permissions(role: Group | None) -> dict[type, list[Permission]]:
    """Return, by model, the permissions that mean something here: those of records, those that an app grants to a
    role, and those that the role has."""
    known = {
        (app.label, codename)
        for app in apps.get_app_configs()
        for codename in (
            *(codename for _role, _model, codename in granted_codenames(getattr(app, "grants", {}))),
            *getattr(app, "permission_labels", {}),
        )
    }
    held = set(role.permissions.values_list("pk", flat=True)) if role and role.pk else set()
    found: dict[type, list[Permission]] = {model: [] for model in apps.get_models()}
    for permission in Permission.objects.select_related("content_type").order_by("pk"):
        model = permission.content_type.model_class()
        is_known = (permission.content_type.app_label, permission.codename) in known
        if model and (
            is_known or permission.pk in held or (issubclass(model, Entity) and _action(permission))
        ):
            found[model].append(permission)
    return {model: sorted(rows, key=_place) for model, rows in found.items() if rows}


def permission_label(permission: Permission) -> str:
    """Return the label of a permission; that of an app's own is in `permission_labels` of its AppConfig."""
    app = apps.get_app_config(permission.content_type.app_label)
    own = getattr(app, "permission_labels", {})
    return ACTION_LABELS.get(_action(permission)) or own.get(permission.codename, permission.name)


def _action(permission: Permission) -> str:
    """Return Django's word for the action of a permission; empty for a permission that an app defines."""
    action, _underscore, model = permission.codename.partition("_")
    return action if action in ACTION_LABELS and model == permission.content_type.model else ""


def _place(permission: Permission) -> int:
    actions = ALL_ACTIONS.split()
    action = _action(permission)
    return actions.index(action) if action else len(actions)


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
            view = next((row for row in rows if _action(row) == "view"), None)
            blind = [permission_label(row) for row in rows if row.pk in ids and _action(row)]
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

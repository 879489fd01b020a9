"""Permissions in words."""

from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

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
            is_known or permission.pk in held or (issubclass(model, Entity) and action_of(permission))
        ):
            found[model].append(permission)
    return {model: sorted(rows, key=_place) for model, rows in found.items() if rows}


def permission_label(permission: Permission) -> str:
    """Return the label of a permission; that of an app's own is in `permission_labels` of its AppConfig."""
    app = apps.get_app_config(permission.content_type.app_label)
    own = getattr(app, "permission_labels", {})
    return ACTION_LABELS.get(action_of(permission)) or own.get(permission.codename, permission.name)


def action_of(permission: Permission) -> str:
    """Return Django's word for the action of a permission; empty for a permission that an app defines."""
    action, _underscore, model = permission.codename.partition("_")
    return action if action in ACTION_LABELS and model == permission.content_type.model else ""


def _place(permission: Permission) -> int:
    actions = ALL_ACTIONS.split()
    action = action_of(permission)
    return actions.index(action) if action else len(actions)


def describe_permissions(held: set[str]) -> list[tuple[str, list[str]]]:
    """Return what permissions allow, by record type: `[("Complaints", ["View", "Change"]), …]`. `held` has the
    permissions' names, such as `facility.view_complaint`."""
    described = []
    for model, rows in offered_permissions(None).items():
        labels = [
            str(permission_label(row)) for row in rows if f"{model._meta.app_label}.{row.codename}" in held
        ]
        if labels:
            described.append((capfirst(model._meta.verbose_name_plural), labels))
    return described

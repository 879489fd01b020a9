"""The standard roles: Django groups with their permissions. Code asks for permissions, never for a role's
name; administrators may change the groups at will.

An app declares what the roles may do in `grants` of its `AppConfig`: `{"Viewer": {"complaint": "view"}}`. A word
that is not one of Django's actions is a permission's codename."""

from django.apps import apps as installed_apps
from django.contrib.auth.management import create_permissions
from django.utils.translation import gettext, gettext_noop

VIEWER = gettext_noop("Viewer")
FACILITY_STAFF = gettext_noop("Facility staff")
SUPPORT_STAFF = gettext_noop("Support staff")
RESELLER = gettext_noop("Reseller")
ADMINISTRATOR = gettext_noop("Administrator")

ROLES = (VIEWER, FACILITY_STAFF, SUPPORT_STAFF, RESELLER, ADMINISTRATOR)
ALL_ACTIONS = "view add change delete"
Grants = dict[str, dict[str, str]]


def role_label(name: str) -> str:
    """Return the label of a role: standard roles are stored by their English names and translated, others are
    shown as stored."""
    return gettext(name) if name in ROLES else name


def granted_codenames(grants: Grants) -> list[tuple[str, str, str]]:
    """Return role, model and codename of each granted permission."""
    return [
        (role, model, f"{word}_{model}" if word in ALL_ACTIONS.split() else word)
        for role, models in grants.items()
        for model, words in models.items()
        for word in words.split()
    ]


def grant(apps, app_label: str, grants: Grants, alias: str = "default") -> None:
    """Grant permissions of one app to roles, creating missing roles and permissions. Safe to repeat."""
    content_type = apps.get_model("contenttypes", "ContentType")
    permission = apps.get_model("auth", "Permission")
    group = apps.get_model("auth", "Group")
    for role, model, codename in granted_codenames(grants):
        holder, _created = group.objects.using(alias).get_or_create(name=role)
        kind, _created = content_type.objects.using(alias).get_or_create(app_label=app_label, model=model)
        words = codename.removesuffix(f"_{model}").replace("_", " ")
        found, _created = permission.objects.using(alias).get_or_create(
            content_type=kind, codename=codename, defaults={"name": f"Can {words} {model}"}
        )
        holder.permissions.add(found)


def grant_new_permissions(app_config, using="default", apps=installed_apps, **_options) -> None:
    """Create the permissions of an app that do not exist yet, and grant them as its `grants` declare, creating
    missing roles. (Connected to `post_migrate`.) Administrators may have taken back an existing one, so it is
    not granted again."""
    grants = getattr(app_config, "grants", None)
    if not grants:
        return
    try:
        apps.get_app_config(app_config.label)
        permission, group, content_type = (
            apps.get_model(name) for name in ("auth.Permission", "auth.Group", "contenttypes.ContentType")
        )
    except LookupError:  # their tables do not exist yet
        return

    def existing() -> dict[tuple[str, str], object]:
        """Return the ids of the app's permissions by model and codename, one table at a time."""
        of_app = content_type.objects.using(using).filter(app_label=app_config.label)
        models = dict(of_app.values_list("pk", "model"))
        rows = permission.objects.using(using).filter(content_type__in=list(models))
        found = rows.values_list("content_type_id", "codename", "pk")
        return {(models[kind], codename): pk for kind, codename, pk in found}

    known = existing()
    create_permissions(app_config, verbosity=0, using=using, apps=apps)
    new = {key: pk for key, pk in existing().items() if key not in known}
    granted: dict[str, list] = {}
    for role, *key in granted_codenames(grants):
        if tuple(key) in new:
            granted.setdefault(role, []).append(new[tuple(key)])
    for role, ids in granted.items():
        holder, _created = group.objects.using(using).get_or_create(name=role)
        holder.permissions.add(*ids)

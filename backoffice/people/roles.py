"""The standard roles: Django groups with their permissions. Code asks for permissions, never for a role's
name; administrators may change the groups at will."""

from django.utils.translation import gettext, gettext_noop

VIEWER = gettext_noop("Viewer")
FACILITY_STAFF = gettext_noop("Facility staff")
SUPPORT_STAFF = gettext_noop("Support staff")
RESELLER = gettext_noop("Reseller")
ADMINISTRATOR = gettext_noop("Administrator")

ROLES = (VIEWER, FACILITY_STAFF, SUPPORT_STAFF, RESELLER, ADMINISTRATOR)


def role_label(name: str) -> str:
    """Return the label of a role: standard roles are stored by their English names and translated, others are
    shown as stored."""
    return gettext(name) if name in ROLES else name


ALL_ACTIONS = "view add change delete"


def grant(apps, app_label: str, grants: dict[str, dict[str, str]], alias: str = "default") -> None:
    """Grant permissions of one app to roles, creating missing roles and permissions. For migrations, which
    run before Django creates the permissions; safe to repeat. `{"Viewer": {"complaint": "view"}}`: a word
    that is not one of Django's actions is a permission's codename."""
    content_type = apps.get_model("contenttypes", "ContentType")
    permission = apps.get_model("auth", "Permission")
    group = apps.get_model("auth", "Group")
    for role, models in grants.items():
        holder, _created = group.objects.using(alias).get_or_create(name=role)
        for model, words in models.items():
            kind, _created = content_type.objects.using(alias).get_or_create(app_label=app_label, model=model)
            for word in words.split():
                codename = f"{word}_{model}" if word in ALL_ACTIONS.split() else word
                found, _created = permission.objects.using(alias).get_or_create(
                    content_type=kind,
                    codename=codename,
                    defaults={"name": f"Can {word.replace('_', ' ')} {model}"},
                )
                holder.permissions.add(found)

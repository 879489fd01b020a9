"""The roles that come with the product: Django groups, each with its permissions. Code never asks for a role by
its name, only for permissions; an administrator may regroup them at will."""

from django.utils.translation import gettext, gettext_noop

VIEWER = gettext_noop("Viewer")
FACILITY_STAFF = gettext_noop("Facility staff")
SUPPORT_STAFF = gettext_noop("Support staff")
RESELLER = gettext_noop("Reseller")
ADMINISTRATOR = gettext_noop("Administrator")

ROLES = (VIEWER, FACILITY_STAFF, SUPPORT_STAFF, RESELLER, ADMINISTRATOR)


def role_in_words(name: str) -> str:
    """What a role is called on pages: those that come with the product are stored by their English names, others by
    whatever an administrator called them."""
    return gettext(name) if name in ROLES else name


EVERYTHING = "view add change delete"


def grant(apps, app_label: str, grants: dict[str, dict[str, str]], alias: str = "default") -> None:
    """Give roles permissions of one app, making roles and permissions that are not there yet. For migrations,
    which run before Django makes the permissions; safe to repeat. `{"Viewer": {"complaint": "view"}}`: a word
    that is no action of Django's is a permission's own name."""
    content_type = apps.get_model("contenttypes", "ContentType")
    permission = apps.get_model("auth", "Permission")
    group = apps.get_model("auth", "Group")
    for role, models in grants.items():
        holder, _made = group.objects.using(alias).get_or_create(name=role)
        for model, words in models.items():
            kind, _made = content_type.objects.using(alias).get_or_create(app_label=app_label, model=model)
            for word in words.split():
                codename = f"{word}_{model}" if word in EVERYTHING.split() else word
                found, _made = permission.objects.using(alias).get_or_create(
                    content_type=kind,
                    codename=codename,
                    defaults={"name": f"Can {word.replace('_', ' ')} {model}"},
                )
                holder.permissions.add(found)

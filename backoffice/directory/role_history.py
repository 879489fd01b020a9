"""The history of roles: who changed which permission.

Roles are Django's groups, not records. Their changes form one chain of history rows for all roles, distinguished by name,
because the ids of groups differ between databases.
"""

from collections.abc import Iterable, Iterator

from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.db.annotations import Change
from backoffice.db.transactions import lock
from backoffice.people.permission_labels import permission_label
from backoffice.people.roles import role_label
from backoffice.records.actors import Channel
from backoffice.records.fields import now
from backoffice.records.history import ChangeDescription
from backoffice.records.models import History

RECORD_TYPE = "auth.group"
CHAIN = "0" * 24
MOST_ROWS = 1000
"""How many of the newest rows pages show."""
SENTENCES = {
    "create": gettext_lazy("%(who)s created the role “%(role)s”"),
    "change": gettext_lazy("%(who)s changed the role “%(role)s”"),
    "remove": gettext_lazy("%(who)s deleted the role “%(role)s”"),
}


def permission_names(permissions: Iterable[Permission]) -> list[str]:
    """Return the names of permissions, `app.codename`, sorted."""
    return sorted(f"{each.content_type.app_label}.{each.codename}" for each in permissions)


def find_changes(before: dict[str, object], after: dict[str, object]) -> list[Change]:
    """Return the differences of a role's name and permissions."""
    return [
        {"property": name, "old": before.get(name), "new": after.get(name)}
        for name in ("name", "permissions")
        if before.get(name) != after.get(name)
    ]


def log_change(request, role_name: str, action: str, changes: list[Change]) -> None:
    """Append an entry, in the transaction of the change. The lock gives concurrent changes different versions."""
    lock(ContentType, ContentType.objects.get_for_model(Group).pk)
    last = _rows().first()
    row = History(
        record_type=RECORD_TYPE,
        record_id=CHAIN,
        record_name=role_name,
        version=last.version + 1 if last else 1,
        at=now(),
        user_id=request.user.pk,
        who=request.user.history_name,
        via=Channel.ADMIN,
        request_id=request.request_id[:64],
        action=action,
        changes=changes,
    )
    History.objects.bulk_create([row])


def _rows():
    return History.objects.filter(record_type=RECORD_TYPE, record_id=CHAIN).order_by("-version")


def rows_of(role: Group | None) -> list[History]:
    """Return the rows of a role, under its earlier names too, newest first; without a role, those of all roles."""
    rows = list(_rows()[:MOST_ROWS])
    return rows if role is None else list(_select_by_name(rows, role.name))


def _select_by_name(rows: list[History], name: str) -> Iterator[History]:
    for row in rows:
        if row.record_name == name:
            yield row
            name = next((each["old"] for each in row.changes if each["property"] == "name"), None) or name


def list_entries(rows: list[History]) -> list[dict]:
    """Return rows for the template `admin/history_entries.html`."""
    labels = {
        f"{each.content_type.app_label}.{each.codename}": f"{_kind_of(each)}: {permission_label(each)}"
        for each in Permission.objects.select_related("content_type")
    }
    return [
        {
            "at": row.at,
            "who": row.who,
            "head": _head(row),
            "via_label": Channel(row.via).label,
            "sentences": list(_sentences(row.changes, labels)),
        }
        for row in rows
    ]


def _kind_of(permission: Permission) -> str:
    model = permission.content_type.model_class()
    return capfirst(model._meta.verbose_name_plural) if model else permission.content_type.model


def _head(row: History) -> str:
    template = str(SENTENCES[row.action]) % {"who": "<strong>{0}</strong>", "role": "{1}"}
    return format_html(template, row.who, role_label(row.record_name))


def _sentences(changes: list[Change], labels: dict[str, str]) -> Iterator[ChangeDescription]:
    for change in changes:
        old, new = change["old"], change["new"]
        if change["property"] == "name":
            kind = "changed" if old and new else "set" if new else "cleared"
            yield ChangeDescription(kind, _("name"), old or "", new or "")
            continue
        for kind, names in (
            ("added", set(new or ()) - set(old or ())),
            ("removed", set(old or ()) - set(new or ())),
        ):
            for text in sorted(labels.get(name, name) for name in names):
                yield ChangeDescription(kind, _("permissions"), old=text, new=text)

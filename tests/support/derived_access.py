"""Rows of the access tables for record types that the tables do not list: those of articles (or, for what articles do
not have, of complaints), adapted to what the app of the record type grants to the roles."""

from backoffice.web.viewsets import viewset_for
from facility.models import Article, CustomerObject
from tests.support.derived_records import DERIVED, document_of, has_secrets, rights_of

ROLES = {
    "vera": "Viewer",
    "alice": "Facility staff",
    "sven": "Support staff",
    "rikke": "Reseller",
    "ada": "Administrator",
}
ROLES_OF_VISITORS = ROLES | {"read-only": "Administrator"}
EVERYTHING, READING, NOTHING = "alice", "vera", "sven"
"""Visitors who may do everything with articles, only read them, and nothing."""


def derived_routes(title: str, model) -> dict[str, str]:
    """Return the names of the routes of a record type, and the listed routes that they are like."""
    if title == "administration":
        base = f"admin/{model._meta.app_label}/{model._meta.model_name}/"
        pages = ("", "add/", "<object_id>/", "<object_id>/history/", "<object_id>/change/")
        like = {f"{base}{page}": f"admin/facility/article/{page}" for page in pages}
        return like | {f"{base}<object_id>/delete/": "admin/facility/complaint/<object_id>/delete/"}
    if title == "json":
        path = f"v2/{document_of(model).slug}"
        lists = {f"{path}{below}": f"v2/articles{below}" for below in ("", "/count")}
        return lists | {f"{path}/<id>": "v2/complaints/<id>"}
    viewset = viewset_for(model)
    pages = ("", "/new", "/<pk>", "/<pk>/act/<name>", "/<pk>/versions/<version>", "/bulk", "/columns",
             "/<pk>/versions/<version>/undo", "/views", "/views/<pk>", "/<pk>/print", "/<pk>/files",
             "/<pk>/files/<name>/remove")  # fmt: skip
    like = {f"{viewset.slug}{page}": f"articles{page}" for page in pages}
    quick = "complaints" if viewset.quick_properties else "articles"
    say = "complaints" if viewset.composers else "articles"
    return like | {
        f"{viewset.slug}/<pk>/remove": "complaints/<pk>/remove",
        f"{viewset.slug}/<pk>/quick/<name>": f"{quick}/<pk>/quick/<name>",
        f"{viewset.slug}/<pk>/say/<name>": f"{say}/<pk>/say/<name>",
        f"{viewset.slug}/export?format=csv": "complaints/export?format=csv",
        f"{viewset.slug}/<pk>/secrets": f"{'objects' if has_secrets(model) else 'articles'}/<pk>/secrets",
    }


def needed_action(title: str, route: str, method: str, model) -> str:
    """Return the action whose permission a request needs."""
    if title == "json":
        return {"POST": "add", "PATCH": "change", "DELETE": "delete"}.get(method, "view")
    page = route.rpartition("/")[2]
    if page == "secrets" and has_secrets(model):
        return "secrets"
    if page in ("new", "remove") and "/files/" not in route:
        return {"new": "add", "remove": "delete"}[page]
    is_personal = page in ("columns", "views") or "/views/" in route
    return "change" if method == "POST" and not is_personal else "view"


def column_for(title: str, visitor: str, action: str, model) -> str:
    """Return the column with the status for a visitor: their own if they have the same rights for articles (for
    secrets, which articles do not have, for objects)."""
    role, needed = ROLES_OF_VISITORS.get(visitor), {action, "view"}
    if role is None or title == "administration":
        return visitor
    granted, listed = rights_of(model, role), CustomerObject if action == "secrets" else Article
    if needed & granted == needed & rights_of(listed, role):
        return visitor
    return EVERYTHING if action in granted else READING if "view" in granted else NOTHING


def add_derived_rows(title: str, table) -> None:
    """Add the rows of all record types that the table does not list."""
    for model in DERIVED:
        for route, like in derived_routes(title, model).items():
            rows, table.routes[route] = table.routes[like], {}
            for cell in rows:
                action = needed_action(title, route, cell.method, model)
                column = column_for(title, cell.visitor, action, model)
                table.routes[route][cell] = rows[cell._replace(visitor=column)]
            if title == "json" or route.endswith(("/new", "/<pk>", "/change/")):
                table.everyday.add(route)

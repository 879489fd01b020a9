"""The pages to take screenshots of. Every page of the URL resolver is listed here, shown in a scene of
`screenshots.py`, or excluded; `missing()` returns the rest."""

import re
from collections.abc import Iterator

COMPLAINT = "507f1f77bcf86cd799439011"
OBJECT = "507f1f77bcf86cd799439012"
CASE = "1234567890abcdef12345678"
COMMENT = "1c7c2588951068fe9de84fcf"
KINDS = {
    "complaints": "alice",
    "objects": "alice",
    "articles": "alice",
    "cases": "sven",
    "customers": "alice",
    "contacts": "alice",
    "users": "admin",
    "api-keys": "admin",
    "canned-answers": "alice",
    "mail-templates": "admin",
}
"""The record types, each with the user who opens it. `{complaints}` in an address is the first one that the
user sees."""

# (name of the screenshot, user, address)
OTHERS = [
    ("sign-in", None, "/sign-in"),
    ("password-reset", None, "/password-reset"),
    ("password-reset-sent", None, "/password-reset/sent"),
    ("password-reset-done", None, "/password-reset/done"),
    ("password-reset-stale", None, "/password-reset/MQ/x-y"),
    ("invitation-stale", None, "/invitation/MQ/x-y"),
    ("home", "alice", "/"),
    ("home-support", "sven", "/"),
    ("home-reseller", "rikke", "/"),
    ("home-empty", "newcomer", "/"),
    ("complaints-filtered", "alice", "/complaints?state=open&priority=3&created_from=2020-01-01"),
    ("complaints-no-match", "alice", "/complaints?q=giraffe"),
    ("complaints-bad-filter", "alice", "/complaints?created_from=0001-01-01&priority=9"),
    ("complaints-to-read", "vera", "/complaints"),
    ("cases-reseller", "rikke", "/cases"),
    ("search", "admin", "/search?q=hansen"),
    ("search-nothing", "admin", "/search?q=giraffe"),
    ("search-unasked", "alice", "/search"),
    ("secrets-read", "admin", "/secrets-read"),
    ("notifications", "alice", "/notifications"),
    ("notifications-empty", "newcomer", "/notifications"),
    ("mail-preview", "admin", "/mail-templates/preview/facility.reply"),
    ("account", "alice", "/account"),
    ("password", "alice", "/account/password"),
    ("password-again", "admin", "/account/confirm"),
    ("second-factor", "alice", "/account/second-factor"),
    ("preferences", "alice", "/account/preferences"),
    ("preferences-no-views", "newcomer", "/account/preferences"),
    ("keys", "alice", "/keys"),
    ("not-found", "alice", "/nowhere"),
    ("not-allowed", "rikke", "/complaints"),
    ("complaint", "alice", f"/complaints/{COMPLAINT}?list=state%3Dopen"),
    ("complaint-to-read", "vera", f"/complaints/{COMPLAINT}"),
    ("complaint-comments", "alice", f"/complaints/{COMPLAINT}"),
    ("complaint-quick", "alice", f"/complaints/{COMPLAINT}/quick/priority"),
    ("object", "alice", f"/objects/{OBJECT}"),
    ("case", "sven", f"/cases/{CASE}"),
    ("case-to-read", "rikke", f"/cases/{CASE}"),
    ("case-edit-message", "sven", f"/cases/{CASE}/messages/{COMMENT}/edit"),
    ("bulk", "admin", "/bulk"),
    ("bulk-none", "newcomer", "/bulk"),
    ("admin", "admin", "/admin/"),
    ("admin-app", "admin", "/admin/facility/"),
    ("admin-empty", "newcomer", "/admin/facility/complaint/"),
    ("admin-users", "admin", "/admin/people/user/"),
    ("admin-user", "admin", "/admin/people/user/{users}/change/"),
    ("admin-user-new", "admin", "/admin/people/user/add/"),
    ("admin-user-password", "admin", "/admin/people/user/{users}/password/"),
    ("admin-complaints", "admin", "/admin/facility/complaint/"),
    ("admin-complaints-no-match", "admin", "/admin/facility/complaint/?q=giraffe"),
    ("admin-complaint", "admin", f"/admin/facility/complaint/{COMPLAINT}/change/"),
    ("admin-complaint-history", "admin", f"/admin/facility/complaint/{COMPLAINT}/history/"),
    ("admin-complaint-remove", "admin", f"/admin/facility/complaint/{COMPLAINT}/delete/"),
    ("admin-object", "admin", f"/admin/facility/customerobject/{OBJECT}/change/"),
    ("admin-roles", "root", "/admin/auth/group/"),
    ("admin-roles-history", "root", "/admin/auth/group/history/"),
    ("admin-role", "root", "/admin/auth/group/1/change/"),
    ("admin-customer-new-in-company", "root", "/admin/people/customer/add/"),
    ("admin-history", "admin", "/admin/records/history/"),
    ("admin-jobs", "admin", "/admin/jobs/queuedjob/"),
    ("admin-secrets-read", "admin", "/admin/records/secretreading/"),
    ("reference", "alice", "/docs/api"),
    ("reference-facility", "alice", "/docs/api/facility"),
    ("reference-support", "alice", "/docs/api/support-desk"),
]
IN_SCENES = (
    "bulk/<objectid:pk>",
    "bulk/<objectid:pk>/preview",
    "sign-in/code",
    "<kind>/<objectid:pk>/files/<slug:name>/remove",
    "<kind>/<objectid:pk>/secrets",
    "admin/people/user/<path:object_id>/second-factor/",
)
NO_PAGES = (
    r"seen|notifications/state|language|restore|sign-out|account/sign-out|account/sessions|bulk/<objectid:pk>/<slug:name>|<slug:slug>/export|uploads/.*|choices/.*|manifest\.webmanifest|favicon\.ico"
    r"|<kind>/(bulk|columns|take-next|views/<objectid:pk>)|<kind>/<objectid:pk>/(files|follow|mentions|messages/<objectid:message>/send|say/.*|act/.*|versions/.*/undo)"
    r"|admin/(login|logout|password_change|password_change/done|jsi18n|autocomplete|r/.*|\(\?P<url>.*)/?\$?|<admin>/<path:object_id>/"
)
"""Routes that only accept forms, redirect, are downloaded, or are included in other pages."""
ALIKE = re.compile(r"<kind>/(views|<objectid:pk>/.+)|<admin>/.*")
"""Pages that look the same for every record type: one of each is enough."""


def pages() -> list[tuple[str, str | None, str]]:
    """Return (name of the screenshot, user, address) of all pages that can be opened directly."""
    return [*OTHERS, *_of_kinds()]


def _of_kinds() -> Iterator[tuple[str, str, str]]:
    for slug, person in KINDS.items():
        yield slug, person, f"/{slug}"
        yield f"{slug}-empty", "newcomer", f"/{slug}"
        yield f"{slug}-new", person, f"/{slug}/new"
        yield f"{slug}-record", person, f"/{slug}/{{{slug}}}"
        if slug in ("complaints", "objects", "cases"):
            yield f"{slug}-views", person, f"/{slug}/views"
            yield f"{slug}-then", person, f"/{slug}/{{{slug}}}/versions/1"
            yield f"{slug}-print", person, f"/{slug}/{{{slug}}}/print"
            yield f"{slug}-remove", "admin", f"/{slug}/{{{slug}}}/remove"


def without_demo_data() -> set[str]:
    """Return the slugs of the record types of apps that have no demo data to show."""
    from django.apps import apps
    from django.utils.module_loading import module_has_submodule

    from backoffice.web.viewsets import all_viewsets

    apps_of = {viewset.slug: apps.get_app_config(viewset.model._meta.app_label) for viewset in all_viewsets()}
    return {
        slug
        for slug, app in apps_of.items()
        if slug not in KINDS and not module_has_submodule(app.module, "demo")
    }


def missing(routes: list[str]) -> set[str]:
    """Return the resolver's patterns without a screenshot."""
    from django.urls import resolve

    taken, not_shown = set(IN_SCENES), without_demo_data()
    routes = [route for route in routes if route.partition("/")[0] not in not_shown]
    for _name, _person, address in pages():
        path = re.sub(r"{[\w-]+}", "f" * 24, address.partition("?")[0])
        if path != "/nowhere":
            taken.add(resolve(path).route)
    taken |= {_of_any_kind(route) for route in taken if ALIKE.fullmatch(_of_any_kind(route))}
    return {
        route
        for route in routes
        if not {route, _of_any_kind(route)} & taken and not re.fullmatch(NO_PAGES, _of_any_kind(route))
    }


def _of_any_kind(route: str) -> str:
    if "(?P<app_label>" in route:
        return "<admin>/<app>"
    if of_model := re.fullmatch(r"admin/[a-z]+/[a-z]+/((?:add/|<path:object_id>/.*)?)", route):
        return f"<admin>/{of_model[1]}"
    slug, slash, rest = route.partition("/")
    return f"<kind>{slash}{rest}" if slug in KINDS else route

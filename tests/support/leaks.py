"""Markers in restricted texts: where they are planted, who may see each, and the crawlers that search all
responses for them."""

import io
import json
import re
import zipfile
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from html import unescape
from types import SimpleNamespace
from urllib.parse import urlencode, urljoin, urlsplit

from django.conf import settings
from django.contrib.auth.models import Permission
from django.db import models

from backoffice.exchange.exportables import exportables
from backoffice.people.models import ApiKey, User
from backoffice.people.tests.factories import (
    PASSWORD,
    ApiKeyFactory,
    CustomerFactory,
    UserFactory,
)
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel, Installation
from backoffice.records.fields import EmailLineField, LineField, ParagraphField
from backoffice.records.models import Entity, History
from facility.tests.factories import ComplaintFactory, CustomerObjectFactory
from supportdesk.tests.factories import SupportCaseFactory
from tests.support.derived_access import ROLES
from tests.support.derived_records import DERIVED, actions_of, document_of, operations_of
from tests.support.visitors import PEOPLE, READ_ONLY, Visitor

COMMAND = ChangeContext(Channel.COMMAND)
EVERYBODY = {*PEOPLE, "clerk", "charlie"}
STAFF = EVERYBODY - {"charlie"}
FACILITY = {"vera", "alice", "clerk", "ada", "root"}
SUPPORT = {"vera", "sven", "clerk", "ada", "root"}


@dataclass(frozen=True)
class Marker:
    """A text and the visitors who may see it: on pages they open (`seen`), or only on request (`asked`):
    over JSON, and in the browser by a POST."""

    text: str
    seen: frozenset[str] = frozenset()
    asked: frozenset[str] = frozenset()

    def allows(self, name: str, asked: bool) -> bool:
        return name in (self.asked if asked else self.seen)


def marker(text: str, seen: Iterable[str] = (), asked: Iterable[str] | None = None) -> Marker:
    return Marker(text.casefold(), frozenset(seen), frozenset(seen if asked is None else asked))


def readers_of(model: type[Entity]) -> set[str]:
    """Return the visitors who may view the records of a derived model, of their own company."""
    roles = {"clerk": "Viewer", "charlie": "Facility staff", **ROLES}
    return {"root"} | {name for name, role in roles.items() if "view" in actions_of(model).get(role, ())}


CODES = {"alice", "ada", "root"}
NOTES = {"sven", "ada", "root"}
MARKERS = [
    marker("mk-code", (), CODES),  # `securityCode`
    marker("mk-oldcode", (), ()),  # no history contains it
    marker("mk-box", (), CODES),  # `key`
    marker("mk-note", NOTES),  # `privateInformation`
    marker("mk-oldnote", NOTES),  # an earlier message
    marker("mk-answerer", NOTES),  # `response.employeeName`
    marker("mk-oldanswerer", NOTES),
    marker("mk-assignee", STAFF - {"rikke"}),  # the name of a user
    *(
        marker(f"mk-theirs-{model}", {"root", "charlie"})
        for model in ("article", "complaint", "customerobject")
    ),
    *(
        marker(f"mk-theirs-{model}", {"root", "charlie"})
        for model in ("contact", "customer", "user", "company")
    ),
    *(marker(f"mk-theirs-{model}", {"root"}) for model in ("supportcase", "apikey")),
    *(marker(f"mk-ours-{model}", FACILITY) for model in ("article", "complaint", "customerobject")),
    marker("mk-ours-supportcase", SUPPORT | {"rikke"}),
    marker("mk-ours-contact", STAFF - {"rikke"}),
    marker("mk-ours-customer", STAFF),
    marker("mk-ours-user", STAFF - {"rikke"}),
    marker("mk-ours-apikey", {"ada", "root"}),
    marker("mk-beside-customer", STAFF - {"rikke"}),
    marker("mk-beside-supportcase", SUPPORT),
]
MARKERS += [
    marker(f"mk-{whose}-{model._meta.model_name}", names)
    for model in DERIVED
    for whose, names in (
        ("ours", readers_of(model) - {"charlie"}),
        ("theirs", readers_of(model) & {"charlie", "root"}),
    )
]
"(Of your company's records, a reseller's users see those of their customer; `beside` belongs to another\ncustomer.)"


def fill_texts(record: Entity, text: str) -> Entity:
    """Update the record with the text in every text property; return it."""
    values = {}
    for name, prop in record.properties.items():
        model_field = getattr(prop, "field", None)
        if getattr(prop, "guard", None) or name in record.derived or getattr(model_field, "choices", None):
            continue
        if isinstance(model_field, EmailLineField):
            values[name] = f"{text}@example.com"
        elif isinstance(model_field, (LineField, ParagraphField)) and (model_field.max_length or 99) > 24:
            values[name] = f"{text}-{name}"
    return services.update(
        record, values, actor=Installation(record.home_company_id()), context=COMMAND
    ).record


def plant_markers(cast, records) -> SimpleNamespace:
    """Plant all markers. Returns the records to examine and all visitors."""
    company, elsewhere = cast.company, cast.elsewhere
    ours, theirs = Installation(company.pk), Installation(elsewhere.pk)
    beside = fill_texts(CustomerFactory(company=company), "mk-beside-customer")
    places = [records.object, CustomerObjectFactory(company=company, customer=beside.pk)]
    for place in places:
        services.update(place, {"security_code": "mk-oldcode"}, actor=ours, context=COMMAND)
        services.update(
            place, {"security_code": "mk-code", "key": {"box": "mk-box"}}, actor=ours, context=COMMAND
        )
    complaints = [records.complaint, ComplaintFactory(company=company, object=places[1].pk)]
    cases = [records.case, SupportCaseFactory(company=company, customer=beside.pk, employee=cast.sven.pk)]
    gone = SupportCaseFactory(company=company, name="Gone", employee=cast.sven.pk, private_information="mk-note",
                              response_employee_name="mk-answerer")  # fmt: skip
    assignee = UserFactory(company=company, first_name="mk-assignee").pk
    for case in cases:
        old = {"private_information": "mk-oldnote", "response_employee_name": "mk-oldanswerer"}
        new = {
            "private_information": "mk-note",
            "response_employee_name": "mk-answerer",
            "response_answer": "Yes",
            "assignee": assignee,
        }
        services.update(case, old, actor=cast.sven, context=COMMAND)
        services.update(case, new, actor=cast.sven, context=COMMAND)
    services.delete(gone, actor=cast.ada, context=COMMAND)
    for record in (*places, *complaints, records.case, records.article, records.contact, cast.resold):
        fill_texts(record, f"mk-ours-{record._meta.model_name}")
    fill_texts(cases[1], "mk-beside-supportcase")
    fill_texts(UserFactory(company=company), "mk-ours-user")
    fill_texts(ApiKeyFactory(owner=UserFactory(company=company).pk, company=company), "mk-ours-apikey")
    for record in (records.their_customer, records.their_object, records.their_complaint, records.their_case,
                   records.their_contact, records.their_article, UserFactory(company=elsewhere),
                   ApiKeyFactory(owner=UserFactory(company=elsewhere).pk, company=elsewhere), elsewhere):  # fmt: skip
        fill_texts(record, f"mk-theirs-{record._meta.model_name}")
    services.update(
        records.their_object, {"security_code": "mk-theirs-customerobject"}, actor=theirs, context=COMMAND
    )
    for model in DERIVED:
        name = model._meta.model_name
        fill_texts(getattr(records, name), f"mk-ours-{name}")
        fill_texts(getattr(records, f"their_{name}"), f"mk-theirs-{name}")
    factor = {"totp_secret": "MKTOTPMKTOTPMKTOTPMKTOTPMKTOTPMK", "recovery_codes": ["mk-recovery"]}
    services.update(UserFactory(company=company), factor, actor=ours, context=COMMAND)
    return SimpleNamespace(cast=cast, records=records, beside=beside, places=places, cases=cases,
                           complaints=complaints, **visitors(cast))  # fmt: skip


def visitors(cast) -> dict[str, list[Visitor]]:
    """Return every user in a browser, and a script of each. A clerk is a viewer who may enter the
    administration and read the whole history; Charlie belongs to the other company."""
    clerk = UserFactory(company=cast.company, username="clerk", roles=["Viewer"])
    for name in ("enter_admin", "view_history"):
        clerk.user_permissions.add(Permission.objects.get(codename=name))
    users = {name: getattr(cast, name) for name in (*PEOPLE, "charlie")} | {"clerk": clerk}
    scripts = [Visitor.script(name, user) for name, user in users.items()]
    scripts.append(Visitor.script("ada", cast.ada, scopes=READ_ONLY))
    people = [Visitor.signed_in(name, user) for name, user in users.items()]
    return {"people": [Visitor("nobody"), *people], "scripts": [Visitor("nobody"), *scripts]}


def installation_secrets(visiting: Iterable[Visitor]) -> list[Marker]:
    """Return markers for texts that no one may see: keys, hashes, codes of second factors, settings."""
    texts = {visitor.key.secret.split("_", 2)[2] for visitor in visiting if visitor.key}
    texts |= set(ApiKey.objects.values_list("digest", flat=True))
    texts |= set(User.objects.values_list("password", flat=True)) | {PASSWORD, "mktotp", "mk-recovery"}
    texts |= {settings.SECRET_KEY, settings.SECRETS_HASH_KEY, *settings.FIELD_KEYS}
    texts |= {code for codes in User.objects.values_list("recovery_codes", flat=True) for code in codes}
    return [marker(text) for text in texts if text]


@dataclass
class Crawler:
    """A visitor who follows every link and records the markers that they should not see."""

    visitor: Visitor
    markers: list[Marker]
    found_markers: list[str] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    statuses: set[int] = field(default_factory=set)

    def ask(self, address: str, method: str = "GET", body: object = None, asked: bool = False) -> str:
        response = self.visitor.ask(method, address, **({} if body is None else {"body": body}))
        text = text_of(response)
        self.statuses.add(response.status_code)
        folded = text.casefold()
        for each in self.markers:
            is_shown = each.text in folded and each.text not in address  # a page repeats the query
            if is_shown and not each.allows(self.visitor.name, asked):
                self.found_markers.append(f"{each.text} at {method} {address} as {self.visitor.name}")
        self.answers[f"{method} {address}"] = text
        return text

    def crawl(self, seeds: Iterable[str], limit: int) -> None:
        """Request these addresses and all that their pages link to, up to `limit`."""
        waiting, known = deque(seeds), set()
        while waiting and len(known) < limit:
            address = waiting.popleft()
            if address not in known:
                known.add(address)
                waiting.extend(links(self.ask(address), address))


LINK = re.compile(r"""(?:href|src|hx-get|action|data-mentions)=["']([^"'#]+)""")
STATE = "/notifications/state"
LEADS_OUT = re.compile(r"/(sign-out|static|jsi18n)|/(remove|delete/?)$")
CHANGING = re.compile(
    r'name="(?:csrfmiddlewaretoken|request-key)" value="[^"]*"|X-Request-ID[^\n]*|Set-Cookie: (csrftoken|sessionid)[^\n]*'
    r'|Expires: [^\n]*|Content-Length: \d+|"lastUsedAt": ?"[^"]*"'
)
"""Parts that differ between two responses to the same request."""


def links(page: str, address: str) -> list[str]:
    """Return the links of a page to this site."""
    found = []
    for written in LINK.findall(page):
        url = urlsplit(urljoin(address, unescape(written)))
        if not url.netloc and not url.scheme and not LEADS_OUT.search(url.path):
            found.append(url.path + (f"?{url.query}" if url.query else ""))
    return found


def text_of(response) -> str:
    """Return the whole text of a response: headers, content, and the XML files of a spreadsheet."""
    content = response.whole_content
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            content = b"\n".join(book.read(name) for name in book.namelist() if "docProps" not in name)
    head = "\n".join(f"{name}: {value}" for name, value in response.headers.items())
    return f"{response.status_code}\n{head}\n{response.cookies.output()}\n{content.decode(errors='replace')}"


def normalize_answer(answer: str) -> str:
    """Return a response without the parts that differ anyway."""
    return CHANGING.sub("", answer)


PATHS = {"complaints": "/v2/complaints", "objects": "/v2/objects", "articles": "/v2/articles", "users": "/v2/users",
         "customers": "/v2/customers", "contacts": "/v2/contacts", "cases": "/iptv/supportcase",
         "api-keys": "/v2/apiKeys"}  # fmt: skip
PATHS |= {document_of(model).slug: operations_of(model)["list"][0] for model in DERIVED}
CONDITIONS = [("equals", "mk-note"), ("equals", "mk-code"), ("exists", None), ("contains", "mk"), ("less_than", "n"),
              ("greater_than", "mk-b"), ("in", ["mk-answerer"])]  # fmt: skip
WORDS = ("mk-code", "mk-box", "mk-note", "mk-answerer", "mk-assignee", "mk-theirs", "mk-beside", "mk-nothing")


def page_queries() -> list[str]:
    """Return list addresses in browser and administration with every query, allowed or not: sort by each
    property, search for each word, filter by each property and filter."""
    found = [
        f"{page}?q={word}"
        for word in WORDS
        for page in ("/search", "/secrets-read", "/admin/records/history/")
    ]
    for subject in exportables().values():
        if subject.viewset is None:
            continue
        names = [each.name for each in subject.model._meta.concrete_fields]
        hidden = [name for name, prop in subject.model.properties.items() if prop.guard] + ["search_text"]
        for base in (f"{subject.viewset.url('list')}?", f"/{subject.slug}/export?format=csv&"):
            found += [f"{base}sort={sign}{name}" for name in names for sign in ("", "-")]
            found += [f"{base}q={word}" for word in WORDS]
            # Unknown parameters filter nothing, so all can be sent at once.
            asked = [*subject.viewset.filterset_class.base_filters, *names]
            found += [base + urlencode(dict.fromkeys(asked, word)) for word in WORDS]
        admin = f"{admin_list(subject.model)}?"
        found += [f"{admin}q={word}" for word in WORDS]
        found += [f"{admin}o={sign}{number}" for number in range(1, 8) for sign in ("", "-")]
        found += [
            f"{admin}{name}__{asked}" for name in hidden for asked in ("startswith=mk", "gt=m", "isnull=1")
        ]
    return found


def admin_list(model: type[Entity]) -> str:
    return f"/admin/{model._meta.app_label}/{model._meta.model_name}/"


def script_queries() -> list[str]:
    """Return the same over JSON: each property, by its documented path and by its name, sorted in both
    directions, listed by its values, and as a condition; guarded properties as a condition with each
    operator, and counted; each parameter."""
    found = []
    for slug, path in PATHS.items():
        subject = exportables()[slug]
        hidden = {name for name, prop in subject.model.properties.items() if prop.guard}
        names = {each.name for each in subject.model._meta.concrete_fields}
        if subject.document:
            leaves = subject.document.properties
            names |= {leaf.path for leaf in leaves}
            hidden |= {leaf.path for leaf in leaves if (leaf.attribute or "").split(".")[0] in hidden}
        filters = subject.viewset.filterset_class.query_params
        for name in sorted(names):
            found += [f"{path}?sort={name}:{way}" for way in (1, -1)]
            found.append(f"{path}/distinctValues?field={name}")
            for operator, value in CONDITIONS if name in hidden else CONDITIONS[:1]:
                asked = {"key": name, "operator": operator} | ({} if value is None else {"value": value})
                for base in (path, f"{path}/count") if name in hidden else (path,):
                    found.append(f"{base}?{urlencode({'generalField': json.dumps(asked)})}")
        for name in (*filters, "search", "q", "name"):
            found += [f"{base}?{name}={word}" for word in WORDS for base in (path, f"{path}/count")]
    return found


def records_of(model: type[models.Model]) -> list[str]:
    return list(model._base_manager.order_by("pk").values_list("pk", flat=True))


def page_seeds() -> list[str]:
    """Return the pages of every record, its versions, its admin pages, and all lists."""
    found = [
        "/",
        "/account",
        "/secrets-read",
        "/search?q=e",
        "/docs/api",
        "/admin/",
        "/nowhere",
        "/uploads/none/x.png",
    ]
    for slug, subject in exportables().items():
        model = subject.model
        found.append(admin_list(model))
        for pk in records_of(model):
            found += [f"{admin_list(model)}{pk}/{page}/" for page in ("change", "history", "delete")]
        if subject.viewset:
            found += [subject.viewset.url("list"), subject.viewset.url("new")]
            found += [f"/{slug}/export?format={form}" for form in ("csv", "xlsx", "json", "documents")]
            for pk in records_of(model):
                found += [subject.viewset.url("record", pk), subject.viewset.url("remove", pk)]
                found += [subject.viewset.url("version", pk, version) for version in (1, 2, 3)]
                found.append(f"{STATE}?model={model._meta.label_lower}&record={pk}&version=1")
            found.append(f"{STATE}?model={model._meta.label_lower}&since=1&list=view%3Dall")
    found += [f"/admin/records/history/{pk}/change/" for pk in records_of(History)]
    return found


def script_seeds() -> list[str]:
    """Return every record over JSON, and everything besides the lists."""
    found = ["/v2/openapi.json", "/iptv/openapi.json", "/v2/nowhere", "/v2/objects/tags", "/v2/objects/lastNumber",
             "/v2/objects/assignedObjectManagers", "/v2/complaints/countNewEntities", "/v2/customers/lastNumber",
             "/v2/objects/location/55/12"]  # fmt: skip
    for slug, path in PATHS.items():
        found += [path, f"{path}/count"]
        for pk in records_of(exportables()[slug].model):
            found.append(f"{path}/{pk}")
            below = {"customers": ["objects"], "objects": ["contacts", "material"],
                     "users": ["complaints", "countComplaints"]}  # fmt: skip
            found += [f"{path}/{pk}/{word}" for word in below.get(slug, [])]
    return found

"""Visitors with every role, on every channel; and for each record type a record of their own,
one of a colleague, and one of another company."""

import time
from dataclasses import dataclass, field
from datetime import timedelta
from http.cookies import SimpleCookie

from django.contrib.auth.models import Group
from django.db import models
from django.test import Client
from django.urls import resolve

from backoffice.accounts.reauthentication import CONFIRMED_AT
from backoffice.jobs.models import QueuedJob
from backoffice.mail.tests.factories import MailSenderFactory, MailTemplateFactory
from backoffice.people.models import SCOPES, ApiKey, User
from backoffice.people.tests.factories import ApiKeyFactory, ContactFactory, CustomerFactory, UserFactory
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel, Installation
from backoffice.records.fields import now
from backoffice.records.history import log_secret_access
from backoffice.records.models import ChildRow, Entity, History, NumberSeries, SecretReading
from backoffice.uploads.models import Upload
from backoffice.uploads.tests.upload_requests import IMAGES, Sender
from backoffice.workplace.tests.factories import CannedAnswerFactory
from facility.tests.factories import ArticleFactory, ComplaintFactory, CustomerObjectFactory
from supportdesk.tests.factories import SupportCaseFactory
from tests.support.derived_records import DERIVED, make_record
from tests.support.rollback import rolled_back
from tests.support.routes import Route, without_converters
from tests.support.sample_requests import RECIPES

PEOPLE = ("vera", "alice", "sven", "rikke", "ada", "root")
READ_ONLY = [scope for scope in SCOPES if scope.endswith(":read")]
MINE, COLLEAGUE, STRANGER, NOBODY = "own", "other", "theirs", "unknown"
"""Whose record an address is of: the visitor's own (or its customer's), another user's in the company, another
company's, or none at all."""


@dataclass
class Visitor:
    """A visitor: a browser with a signed-in user, or a script with a key."""

    name: str
    user: User | None = None
    client: Client = field(default_factory=Client)
    key: ApiKey | None = None

    @classmethod
    def signed_in(cls, name: str, user: User) -> "Visitor":
        """Return a visitor in a browser who has just entered the password."""
        visitor = cls(name, user)
        visitor.client.force_login(user)
        session = visitor.client.session
        session[CONFIRMED_AT] = int(time.time())
        session.save()
        return visitor

    @classmethod
    def script(cls, name: str, user: User, **values) -> "Visitor":
        return cls(name, user, key=ApiKeyFactory(owner=user.pk, company=user.company, **values))

    def ask(self, method: str, address: str, body: object = None, parts: dict | None = None):
        """Send one request and read the whole response (`whole_content`); restore the browser's cookies afterwards."""
        how = {"headers": {"X-API-Key": self.key.secret} if self.key else {}}
        if parts:
            for file in parts.values():
                file.seek(0)
            how["data"] = parts
        elif body is not None:
            how |= {"data": body, "content_type": "application/json"}
        cookies = SimpleCookie(self.client.cookies.output(header="", sep=";"))
        response = getattr(self.client, method.lower())(address, **how)
        self.client.cookies = cookies
        # Reading to the end closes the response, but not the connection.
        response.whole_content = (
            b"".join(response.streaming_content) if response.streaming else response.content
        )
        return response


def make_one_of_each(company, customer, employee) -> dict[type[models.Model], str]:
    """Create a connected record of each type, changed once; return their ids by model."""
    files = Sender(ApiKeyFactory(owner=employee.pk, company=company).secret)
    url = files.sent(IMAGES)
    contact = ContactFactory(company=company, customer=customer.pk)
    article = ArticleFactory(company=company)
    place = CustomerObjectFactory(
        company=company,
        customer=customer.pk,
        object_manager=employee.pk,
        invoice_recipient=contact.pk,
        contacts=[contact.pk],
        invoice_cc_recipients=[contact.pk],
        material=[{"article": article.pk, "budget": 2}],
        tags=["north"],
        security_code="0042",
        key={"box": 3},
        number=int(company.pk[-4:], 16) + 1000 + len(customer.name),
    )
    busy = CustomerObjectFactory(company=company, customer=customer.pk)
    complaint = ComplaintFactory(company=company, object=busy.pk, comment="Call first", tags=["north"])
    case = SupportCaseFactory(
        company=company,
        customer=customer.pk,
        employee=employee.pk,
        response_answer="Try again",
        files=[{"url": url, "type": "IMAGE"}],
        comments=[{"comment": "Hm", "employee": employee.pk, "files": [{"url": url, "type": "IMAGE"}]}],
    )
    colleague = UserFactory(company=company)
    canned = CannedAnswerFactory(company=company)
    mail = [MailTemplateFactory(company=company), MailSenderFactory(company=company)]
    derived = [make_record(model, company) for model in DERIVED]
    records = [customer, contact, article, place, complaint, case, canned, *mail, *derived, colleague]
    records = [
        services.update(
            record, {"status": 2}, actor=Installation(company.pk), context=ChangeContext(Channel.COMMAND)
        ).record
        for record in records
    ]
    services.update(
        records[-1],
        {"totp_secret": "A" * 32},
        actor=Installation(company.pk),
        context=ChangeContext(Channel.COMMAND),
    )
    log_secret_access([place], employee, ChangeContext(Channel.BROWSER))
    found = {type(record): record.pk for record in [company, *records]}
    found[History] = History.objects.filter(record_id=place.pk).first().pk
    found[SecretReading] = SecretReading.objects.filter(record_id=place.pk).first().pk
    found[QueuedJob] = _make_job(company).pk
    found[NumberSeries] = NumberSeries.objects.filter(company=company).first().pk
    found[Upload] = Upload.objects.get(company=company, uploaded_by=employee.pk).pk
    found |= _rows_of({record.pk for record in (place, complaint, case, *derived)})
    found[ApiKey] = ApiKey.objects.filter(owner=employee).first().pk
    found["number"] = str(place.number)
    return found


def _make_job(company) -> QueuedJob:
    """Create a job of a company that was given up."""
    job = QueuedJob(kind="bulk.edit", company_id=company.pk, state="given up", reason="TimeoutError")
    job.key = job.pk
    job.save(force_insert=True)
    return job


def _rows_of(ids: set[str]) -> dict[type[ChildRow], str]:
    found = {}
    for model in _concrete_subclasses(ChildRow):
        record = model._meta.get_field("record").related_model
        of = {"record_id__in": ids} if issubclass(record, Entity) else {"record__record_id__in": ids}
        row = model._base_manager.filter(**of).first()
        if row:
            found[model] = row.pk
    return found


def _concrete_subclasses(model: type) -> list[type]:
    found = []
    for each in model.__subclasses__():
        found += _concrete_subclasses(each) if each._meta.abstract else [each]
    return found


class World:
    """The visitors and the records."""

    def __init__(self, cast, records):
        self.cast, self.records = cast, records
        for model in DERIVED:
            getattr(records, model._meta.model_name)  # make it outside the rollbacks of the requests
        other_customer = CustomerFactory(company=cast.company, name="Sidevejen 4")
        foreign_user = UserFactory(
            company=cast.elsewhere, username="konrad", roles=["Facility staff", "Support staff"]
        )
        self.ids = {
            MINE: make_one_of_each(cast.company, cast.resold, cast.alice),
            COLLEAGUE: make_one_of_each(
                cast.company,
                other_customer,
                UserFactory(company=cast.company, username="bent", roles=["Facility staff", "Support staff"]),
            ),
            STRANGER: make_one_of_each(cast.elsewhere, records.their_customer, foreign_user),
        }
        users = {name: getattr(cast, name) for name in PEOPLE}
        deactivated_user = UserFactory(company=cast.company, username="gone", roles=["Administrator"])
        self.nobody = Visitor("nobody")
        self.people = [Visitor.signed_in(name, user) for name, user in users.items()]
        self.scripts = [Visitor.script(name, user) for name, user in users.items()]
        self.reading = Visitor.script("read-only", cast.ada, scopes=READ_ONLY)
        self.expired = Visitor.script("expired", cast.ada, expires_at=now() - timedelta(days=1))
        self.switched_off = Visitor.script("switched off", deactivated_user)
        services.update(
            deactivated_user,
            {"is_active": False},
            actor=Installation(cast.company.pk),
            context=ChangeContext(Channel.COMMAND),
        )
        self.group = str(Group.objects.get(name="Viewer").pk)
        self.bodies = self._bodies()

    def _bodies(self) -> dict[tuple[str, str], tuple[dict, str]]:
        """Return what to send to each JSON operation, by method and route: the arguments of `Visitor.ask`,
        and the query."""
        found = {}
        for recipe in RECIPES.values():
            with rolled_back():
                request = recipe(self.cast, self.records)
            path, _, query = request.url.partition("?")
            sent = {"parts": request.parts} if request.parts else {"body": request.body}
            found[request.method, without_converters(resolve(path).route).strip("/")] = sent, query
        return found

    def pk(self, model: type[models.Model], whose: str, visitor: Visitor) -> str:
        if whose == NOBODY:
            return "f" * 24
        if model is ApiKey and whose == MINE:
            own = ApiKey.objects.filter(owner=visitor.user or self.cast.alice).order_by("pk").first()
            return (visitor.key or own or ApiKey.objects.first()).pk
        return self.ids[whose].get(model, "f" * 24)

    def address(self, route: Route, whose: str, visitor: Visitor) -> str:
        """Return an address of the route for such a record."""

        def value_for(name, model):
            if name == "id" and route.pattern.startswith("uploads"):
                return self.pk(Upload, whose, visitor)
            if name == "number":
                return self.ids[whose]["number"] if whose != NOBODY else "987654321"
            if name == "articleId":
                return self.pk(type(self.records.article), whose, visitor)
            if model is Group:
                return self.group
            if name == "name" and "/act/" in route.pattern:
                return ACTIONS.get(route.pattern.split("/")[0], "nothing")
            if name == "name" and "/quick/" in route.pattern:
                return QUICK.get(route.pattern.split("/")[0], "nothing")
            if name == "name" and "/say/" in route.pattern:
                return SAID.get(route.pattern.split("/")[0], "nothing")
            if name == "event":
                return "facility.reply"
            if name == "version" and route.pattern.endswith("undo"):
                return "2"
            return self.pk(model, whose, visitor) if name in ("pk", "id", "object_id") and model else None

        return route.address(self.records, value_for)


ACTIONS = {"complaints": "finish", "cases": "solve", "users": "reset-second-factor"}
SAID = {"complaints": "comment", "cases": "answer"}
QUICK = {"complaints": "priority", "objects": "object_manager", "cases": "solved"}

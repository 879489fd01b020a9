"""Many records with unusual values, created as the product creates them, and at least one row of every other
table: `python -m tests.support.unusual_records 20000` adds them to the demo data of DATABASE_URL. The same
records each time."""

import io
import json
import os
import random
import sys
import tempfile
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path

import django

TEXTS = ("ÆØÅ æøå", "  two  spaces ", "a\tb\r\nc", "𝒳 👩‍👩‍👧", "'; DROP TABLE users; --", "$set", "a.b", "\\u0000", "%_*?", "ﬁ ß ẞ İ ı", "0", "null")  # fmt: skip
NUMBERS = (0, -1, 1, 2**53, -(2**53), 2**63 - 1, -(2**63), 0.1, 1e-300, 1e300, 123456.789)
AGES = [
    datetime(1, 1, 3, tzinfo=timezone.utc),
    datetime(9999, 12, 30, 23, 59, 59, 999000, tzinfo=timezone.utc),
]


def any_value(dice, depth=0):
    kinds = [
        lambda: dice.choice(TEXTS),
        lambda: dice.choice(NUMBERS),
        lambda: dice.choice([None, True, False]),
    ]
    if depth < 3:
        kinds += [
            lambda: [any_value(dice, depth + 1) for _turn in range(dice.randrange(3))],
            lambda: any_object(dice, depth + 1),
        ]
    return dice.choice(kinds)()


def any_object(dice, depth=0):
    names = [*TEXTS, "", "_id", "$ref", "b", "a", "10", "9"]
    return {name: any_value(dice, depth) for name in dice.sample(names, dice.randrange(4))}


def any_instant(dice):
    if dice.random() < 0.05:
        return dice.choice(AGES)
    return datetime(1999, 12, 31, tzinfo=timezone.utc) + timedelta(milliseconds=dice.randrange(10**12))


def any_text(dice):
    return " ".join(dice.choices(TEXTS, k=dice.randrange(1, 4)))


class RecordMaker:
    """Creates records of the first company with random values; the same ones each time."""

    def __init__(self):
        from backoffice.people.models import Company, Customer, User
        from facility.models import CustomerObject
        from tests.support.derived_records import DERIVED, make_record

        self.dice = random.Random(4711)
        companies = Company._base_manager
        self.company = companies.filter(name__startswith="Hansen").first() or companies.first()
        users = User._base_manager.filter(customer_id=None)
        self.users, self.customers, self.objects = (
            list(found.filter(company_id=self.company.pk).values_list("pk", flat=True))
            for found in (users, Customer._base_manager, CustomerObject._base_manager)
        )
        self.contacts, self.articles = [], []
        self.makers = [
            self.customer, self.contact, self.article, self.customer_object, self.complaint, self.complaint,
            self.complaint, self.case, *(partial(make_record, model, self.company) for model in DERIVED),
        ]  # fmt: skip

    def make(self, turn: int) -> None:
        """Create one record: first one of each type, then random ones."""
        (self.makers[turn] if turn < len(self.makers) else self.dice.choice(self.makers))()

    def customer(self):
        from backoffice.people.tests.factories import CustomerFactory

        parent = self.dice.choice([None, *self.customers[:20]])
        name = any_text(self.dice) + "x"
        self.customers.append(CustomerFactory(company=self.company, name=name, parent_reseller=parent).pk)

    def contact(self):
        from backoffice.people.tests.factories import ContactFactory

        name, customer = any_text(self.dice), self.dice.choice(self.customers)
        self.contacts.append(ContactFactory(company=self.company, last_name=name, customer=customer).pk)

    def article(self):
        from facility.tests.factories import ArticleFactory

        self.articles.append(ArticleFactory(company=self.company, name=any_text(self.dice) + "x").pk)

    def customer_object(self):
        from facility.tests.factories import CustomerObjectFactory

        dice = self.dice
        copies = dice.sample(self.contacts, min(2, len(self.contacts)))
        material = [
            {"article": pk, "budget": dice.choice([None, 0.1, 1e300])}
            for pk in dice.sample(self.articles, min(2, len(self.articles)))
        ]
        place = CustomerObjectFactory(
            company=self.company, customer=dice.choice(self.customers), description=any_text(dice),
            tags=["a", "ø", "A"], security_code=any_value(dice), key=any_value(dice), material=material,
            contacts=copies, invoice_cc_recipients=copies[:1], rating=dice.choice([None, 0.1, 5]),
            contract_start_date=any_instant(dice), location_latitude=dice.uniform(-90, 90),
            location_longitude=dice.uniform(-180, 180),
        )  # fmt: skip
        self.objects.append(place.pk)

    def complaint(self):
        from facility.tests.factories import ComplaintFactory

        dice = self.dice
        ComplaintFactory(
            company=self.company, object=dice.choice(self.objects), desc=any_text(dice),
            custom_fields=any_object(dice), user=dice.choice([None, *self.users]),
            images=["https://example.com/%2F?a=1#o"], tags=dice.sample(TEXTS, 2),
        )  # fmt: skip

    def case(self):
        from supportdesk.models import SupportCase
        from supportdesk.tests.factories import SupportCaseFactory

        dice = self.dice
        SupportCaseFactory(
            company=self.company, name=any_text(dice), customer=dice.choice(self.customers),
            response_date=any_instant(dice), device=dice.choice(SupportCase.Device.values),
            private_information=any_text(dice),
            comments=[{"comment": any_text(dice), "employee": dice.choice(self.users)}],
        )  # fmt: skip


def make_records(number: int) -> None:
    from backoffice.db.transactions import atomic

    maker = RecordMaker()
    for start in range(0, number, 500):
        with atomic():
            for turn in range(start, min(start + 500, number)):
                maker.make(turn)


def make_other_rows() -> None:
    """Create rows that are not records: a key, a file that a record shows, a secret that was read, one whose
    key is lost, a finished import and an interrupted one, a permission of one user, a second factor, a wrong
    password, and a user's workplace settings."""
    from django.contrib.auth.models import Permission
    from django.core.files.uploadedfile import SimpleUploadedFile
    from django.core.management import call_command
    from django.test import Client

    from backoffice.exchange.models import ImportRun
    from backoffice.mail.models import MailSender, MailTemplate
    from backoffice.people.models import User
    from backoffice.records import services
    from backoffice.records.actors import ChangeContext, Channel, Installation
    from backoffice.records.fields import SealedValue
    from backoffice.uploads.tests.files import picture
    from facility.models import Complaint, CustomerObject

    alice = User._base_manager.get(username="alice")
    output = io.StringIO()
    call_command("create_api_key", alice.username, stdout=output)
    script = Client(headers={"x-api-key": output.getvalue().strip()})
    sent = SimpleUploadedFile("stairs.png", picture(), "image/png")
    address = script.post("/v2/upload/images/complaints", {"file": sent}).json()["url"]
    for path, model, values in (
        ("complaints", Complaint, {"images": [address]}),
        ("objects", CustomerObject, {"name": "Read"}),
    ):
        first = model._base_manager.filter(company_id=alice.company_id).order_by("pk").first()
        changed = script.patch(f"/v2/{path}/{first.pk}", values, content_type="application/json")
        assert changed.status_code == 200, changed.content
    with tempfile.TemporaryDirectory() as folder:
        document = {"_id": "5" * 24, "companyId": alice.company_id, "name": "Imported"}
        (file := Path(folder) / "articles.json").write_text(json.dumps([document]))
        call_command("import_documents", "articles", str(file), stdout=io.StringIO())
    ImportRun.objects.bulk_create(
        [ImportRun(digest="0" * 64, command="import_documents customers", done=2**40)]
    )
    factor = {"totp_secret": "A" * 32, "recovery_codes": ["hmac:1", "hmac:2"]}
    services.update(
        alice, factor, actor=Installation(alice.company_id), context=ChangeContext(Channel.COMMAND)
    )
    by_command = {"actor": Installation(), "context": ChangeContext(Channel.COMMAND)}
    services.create(MailSender, {"reply_to": "desk@example.dk"}, company_id=alice.company_id, **by_command)
    text = {"event": "facility.reply", "language": "de", "subject": "Ihre Meldung ß", "text": "{{ reply }}"}
    services.create(MailTemplate, text, company_id=alice.company_id, **by_command)
    last = CustomerObject._base_manager.order_by("-pk").first()
    CustomerObject._base_manager.filter(pk=last.pk).update(key=SealedValue("gAAAA of a lost key"))
    Client().post("/sign-in", {"username": "nobody", "password": "wrong"})
    alice.user_permissions.add(Permission.objects.get(codename="delete_article"))
    make_personal_settings(User._base_manager.get(pk=alice.pk))


def make_personal_settings(person) -> None:
    """Create a visit, preferences, columns, a saved view, a finished bulk edit and a followed record of a user, who mentions another one."""
    from django.core.management import call_command
    from django.test import Client

    from facility.models import Complaint

    client = Client()
    client.force_login(person)
    some = Complaint.objects.visible_to(person).order_by("pk").values_list("pk", flat=True)[:3]

    def send(address, **sent) -> str:
        answer = client.post(address, sent)
        assert answer.status_code == 302, answer.content.decode()
        return answer["Location"]

    send("/account/preferences", theme="dark", density="compact", keys="on", **{"event-noted": "off"})
    send("/complaints/columns", column=["number", "priority"])
    send("/complaints/views", query="q=stairs", name="Stairs ø", shared="on", default="on")
    job = send("/complaints/bulk", chosen=list(some))
    send(job, set=["comment"], comment="Seen by many")
    send(f"{job}/start")
    call_command("run_jobs", stdout=io.StringIO())
    send("/seen")
    complaint = f"/complaints/{some[0]}"
    send(f"{complaint}/say/comment", **{"say-comment": "@admin look at this"})
    send(f"{complaint}/follow", follow="1", next="/")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    make_records(int(sys.argv[1]))
    make_other_rows()

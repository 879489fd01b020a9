"""Mails to customers, as their mail server receives them: one for each event, in the company's language, as one thread,
and without anything that customers must not see."""

import email
import re
from email import policy

import pytest
from aiosmtpd.controller import Controller
from bs4 import BeautifulSoup
from django.core.exceptions import ImproperlyConfigured
from django.test import TestCase

from backoffice.forms.tests.pages import form_data, record_form
from backoffice.mail.customer_events import CustomerMails, Recipient, declared
from backoffice.mail.customer_mails import register_customer_mails
from backoffice.mail.models import Delivery
from backoffice.people.models import Company
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel, Installation
from facility.models import Complaint, CustomerObject
from facility.tests.factories import ComplaintFactory
from scripts.throwaway_servers import free_port
from supportdesk.models import SupportCase
from supportdesk.tests.factories import SupportCaseFactory

pytestmark = pytest.mark.django_db
COMMAND = ChangeContext(Channel.COMMAND)
HIDDEN = ("mk-code", "mk-box", "mk-note", "mk-internal", "mk-answerer")


class Mailbox:
    """An SMTP server that keeps what it receives."""

    def __init__(self):
        self.mails = []
        self.addresses = []

    async def handle_DATA(self, server, session, envelope):
        self.addresses.append(envelope.rcpt_tos)
        self.mails.append(email.message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


@pytest.fixture
def mailbox(settings):
    box, port = Mailbox(), free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    settings.EMAIL_BACKEND = "backoffice.mail.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    yield box
    controller.stop()


def update(record, **values):
    return services.update(record, values, actor=Installation(record.company_id), context=COMMAND).record


@pytest.fixture
def complaint(cast, records):
    update(records.object, security_code="mk-code", key={"box": "mk-box"})
    return ComplaintFactory(
        company=cast.company,
        object=records.object.pk,
        desc="Lampen er gået <b>",
        contact_email="karen@example.dk",
        comment="mk-internal",
    )


@pytest.fixture
def case(cast):
    """A case that a reseller's employee reported."""
    update(cast.rikke, email="rikke@example.dk")
    return SupportCaseFactory(
        company=cast.company,
        name="Intet billede",
        description="Skærmen er sort <b>",
        customer=cast.resold.pk,
        employee=cast.rikke.pk,
        private_information="mk-note",
        response_employee_name="mk-answerer",
    )


def post(client, url, data=()):
    with TestCase.captureOnCommitCallbacks(execute=True):
        response = client.post(url, dict(data), follow=True)
    assert response.status_code == 200
    return BeautifulSoup(response.content, "lxml")


def reply(client, url, text):
    sent = form_data(record_form(client.get(url).content))
    return post(client, f"{url}/say/answer", sent | {"say-answer": text, "say-answer-send": "1"})


def read_text(mail) -> str:
    return mail.get_body(("plain",)).get_content().replace("\r\n", "\n")


def assert_harmless(mail) -> None:
    """Assert that a mail has no guarded value, and nothing that a mail program would fetch."""
    parts = [str(mail["Subject"]), read_text(mail), mail.get_body(("html",)).get_content()]
    assert [marker for marker in HIDDEN for part in parts if marker in part] == []
    assert not re.search(r"https?:|src=|href=|<style|<img|<script", parts[2])
    assert '<meta name="color-scheme" content="light dark">' in parts[2]


@pytest.mark.parametrize(
    ("who", "path", "address", "language", "greeting"),
    [
        (
            "alice",
            "complaints",
            "karen@example.dk",
            "da",
            "Hej,\n\nSvar 3 <i>\n\nDet drejer sig om din fejlmelding",
        ),
        ("sven", "cases", "rikke@example.dk", "de", "Guten Tag,\n\nSvar 3 <i>\n\nEs geht um Ihren Fall"),
    ],
)
def test_ten_replies_are_ten_mails_of_one_thread(
    cast, complaint, case, mailbox, as_user, who, path, address, language, greeting
):
    Company._base_manager.filter(pk=cast.company.pk).update(language=language)
    record = complaint if path == "complaints" else case
    client, url = as_user(getattr(cast, who)), f"/{path}/{record.pk}"
    composer = BeautifulSoup(client.get(url).content, "lxml").select_one(
        "#composer-answer .composer-delivery"
    )
    assert address in composer.get_text()
    for number in range(10):
        reply(client, url, f"Svar {number} <i>")
    page = BeautifulSoup(client.get(url).content, "lxml")
    assert address in page.select_one("#thread li .timeline-time").get_text()
    assert mailbox.addresses == [[address]] * 10
    assert len({mail["Message-ID"] for mail in mailbox.mails}) == 10
    (root,) = {mail["References"] for mail in mailbox.mails}
    assert {mail["In-Reply-To"] for mail in mailbox.mails} == {root}
    assert {mail["Auto-Submitted"] for mail in mailbox.mails} == {"auto-generated"}
    assert {mail["X-Auto-Response-Suppress"] for mail in mailbox.mails} == {"All"}
    for number, mail in enumerate(mailbox.mails):
        assert mail.get_content_type() == "multipart/alternative"
        assert f"Svar {number} <i>" in read_text(mail)
        assert f"<p>Svar {number} &lt;i&gt;</p>" in mail.get_body(("html",)).get_content()
        assert str(record.number) in mail["Subject"]
        assert_harmless(mail)
    assert read_text(mailbox.mails[3]).startswith(greeting)
    assert mailbox.mails[0].get_body(("html",)).get_content().count(f'lang="{language}"') == 1


def test_a_complaint_is_mailed_when_received_finished_and_reopened(cast, records, mailbox, as_user):
    Company._base_manager.filter(pk=cast.company.pk).update(language="da")
    alice = as_user(cast.alice)
    sent = form_data(record_form(alice.get("/complaints/new").content))
    sent |= {"object": records.object.pk, "desc": "Lampen er gået", "contact_email": "karen@example.dk"}
    page = post(alice, "/complaints/new", sent)
    assert "The mail to karen@example.dk is in the queue." in page.get_text()
    complaint = Complaint.objects.get(desc="Lampen er gået", contact_email="karen@example.dk")
    url = f"/complaints/{complaint.pk}"
    page = post(alice, f"{url}/act/finish")
    assert "The mail to karen@example.dk is in the queue." in page.get_text()
    post(alice, f"{url}/act/reopen")
    number = complaint.number
    assert [mail["Subject"] for mail in mailbox.mails] == [
        f"Vi har modtaget din fejlmelding nr. {number}",
        f"Din fejlmelding nr. {number} er afsluttet",
        f"Vi arbejder igen på din fejlmelding nr. {number}",
    ]
    assert len({mail["References"] for mail in mailbox.mails}) == 1
    for mail in mailbox.mails:
        assert "Du skrev:\n\nLampen er gået\n\nHansen Service A/S" in read_text(mail)
        assert_harmless(mail)


def test_a_case_is_mailed_to_the_reseller_who_reports_it(cast, mailbox, as_user):
    update(cast.rikke, email="rikke@example.dk")
    Company._base_manager.filter(pk=cast.company.pk).update(language="en")
    rikke, sven = as_user(cast.rikke), as_user(cast.sven)
    sent = form_data(record_form(rikke.get("/cases/new").content))
    post(rikke, "/cases/new", sent | {"name": "No picture", "customer": cast.resold.pk})
    case = SupportCase.objects.get(name="No picture")
    url = f"/cases/{case.pk}"
    post(sven, f"{url}/act/solve")
    post(sven, f"{url}/act/unsolve")
    post(sven, f"{url}/act/solve")
    post(rikke, f"{url}/act/unsolve")  # she knows
    subjects = [mail["Subject"] for mail in mailbox.mails]
    assert subjects == [
        f"We have received your case no. {case.number}: No picture",
        f"Your case no. {case.number} is solved: No picture",
        f"We are working on your case no. {case.number} again: No picture",
        f"Your case no. {case.number} is solved: No picture",
    ]
    assert mailbox.addresses == [["rikke@example.dk"]] * 4
    for mail in mailbox.mails:
        assert_harmless(mail)


def test_placeholders_for_guarded_values_cannot_be_declared():
    for model, name in ((CustomerObject, "security_code"), (SupportCase, "private_information")):
        mails = CustomerMails(
            model=model,
            find_recipient=lambda record: Recipient(),
            is_finished=lambda record: False,
            placeholders={"x": name},
            texts={},
        )
        with pytest.raises(ImproperlyConfigured, match=name):
            register_customer_mails(mails)


def test_no_declared_placeholder_is_guarded():
    """The mails of apps that are added later are checked, too."""
    assert {each.mails.model for each in declared.values()} == {Complaint, SupportCase}
    for each in declared.values():
        for name in each.mails.placeholders.values():
            assert each.mails.model.properties[name].guard is None, name
        assert each.mails.model.properties["answers"].guard is None


def test_deliveries_and_jobs_hold_no_texts(cast, complaint, as_user):
    reply(as_user(cast.alice), f"/complaints/{complaint.pk}", "mk-reply")
    (delivery,) = Delivery.objects.all()
    assert "mk-reply" not in str(vars(delivery))
    assert set(delivery.params) == {"message", "version"}

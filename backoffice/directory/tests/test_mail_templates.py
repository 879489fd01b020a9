"""The texts of mails to customers: what may be in them, who edits them, preview and test mail."""

import pytest
from bs4 import BeautifulSoup
from django.core import mail
from django.test import TestCase

from backoffice.forms.tests.pages import form_data, record_form
from backoffice.jobs.runner import run_due
from backoffice.mail.customer_events import declared
from backoffice.mail.models import Delivery, MailTemplate
from backoffice.mail.tests.factories import MailTemplateFactory
from backoffice.people.models import Company, User
from backoffice.records.history import history_of
from facility.tests.factories import ComplaintFactory
from facility.tests.test_reply_mails import RefusingBackend, reply

pytestmark = pytest.mark.django_db
PREVIEW = "/mail-templates/preview/facility.finished"


@pytest.fixture(autouse=True)
def setting(cast):
    Company._base_manager.filter(pk=cast.company.pk).update(language="da")
    User._base_manager.filter(pk=cast.ada.pk).update(email="ada@example.dk")


@pytest.fixture
def ada(cast, as_user):
    return as_user(cast.ada)


@pytest.fixture
def lamp(cast, records):
    return ComplaintFactory(
        company=cast.company,
        object=records.object.pk,
        desc="The <b>lamp</b> is dead {{ company }}",
        contact_name="Karen",
        contact_email="karen@example.dk",
        response="It works & shines",
    )


def create(client, **values):
    """Submit the form for a new text. Return the page."""
    query = "event=facility.reply&language=da"
    sent = form_data(record_form(client.get(f"/mail-templates/new?{query}").content)) | values
    return BeautifulSoup(client.post("/mail-templates/new", sent, follow=True).content, "lxml")


def read_preview(client, address=PREVIEW) -> BeautifulSoup:
    response = client.get(address)
    assert response.status_code == 200
    return BeautifulSoup(response.content, "lxml")


def test_a_companys_own_text_replaces_the_standard_one(cast, ada, as_user, lamp):
    create(
        ada,
        subject="Nr. {{ number }} til {{contact}}",
        text="Kære {{ contact }}\n\n{{ reply }}\n\nMvh {{ company }}",
    )
    alice = as_user(cast.alice)
    reply(alice, lamp, "Vi {{ company }} kommer")
    assert mail.outbox[0].subject == f"Nr. {lamp.number} til Karen"
    assert mail.outbox[0].body == "Kære Karen\n\nVi {{ company }} kommer\n\nMvh Hansen Service A/S"
    html, kind = mail.outbox[0].alternatives[0]
    assert kind == "text/html" and "<p>Kære Karen</p>" in html
    row = history_of(MailTemplate.objects.get()).get()
    assert (row.who, row.via, row.action) == ("Ada", "browser", "create")
    ada.post(f"/admin/mail/mailtemplate/{MailTemplate.objects.get().pk}/delete/", {"post": "yes"})
    assert not MailTemplate.objects.exists()
    reply(alice, lamp, "Igen")
    assert mail.outbox[1].subject == f"Din fejlmelding nr. {lamp.number}"


def test_another_language_company_or_an_archived_text_does_not_count(cast, as_user, lamp):
    values = {"event": "facility.reply", "subject": "Wrong", "text": "{{ reply }}"}
    MailTemplateFactory(company=cast.company, language="de", **values)
    MailTemplateFactory(company=cast.company, language="da", status=2, **values)
    MailTemplateFactory(company=cast.elsewhere, language="da", **values)
    reply(as_user(cast.alice), lamp, "Hej")
    assert mail.outbox[0].subject == f"Din fejlmelding nr. {lamp.number}"


@pytest.mark.parametrize(
    ("field", "text", "error"),
    [
        (
            "text",
            "{{ reply }} {{ kunde }}",
            "“kunde” is no placeholder. Use: {{ number }}, {{ description }}, ",
        ),
        ("text", "{{ reply }} {{ security_code }}", "“security_code” is no placeholder. Use: "),
        ("text", "{{ reply }} {{ comment }}", "“comment” is no placeholder. Use: "),
        ("text", "{{ reply }} {{ number|upper }}", "“number|upper” is no placeholder. Use: "),
        ("text", "{{ reply }} {{ object.security_code }}", "“object.security_code” is no placeholder. Use: "),
        ("text", "{{ reply }} {{ number", "“{{” is no placeholder. Use: "),
        ("text", "Hello", "Add {{ reply }}: without it, the customer does not get what you write."),
        ("text", "{{ reply }}" + "x" * 10_000, "Enter at most 10000 characters."),
        ("subject", "{{ x }}", "“x” is no placeholder. Use: "),
        ("subject", "x" * 201, "200"),
        ("subject", "a\nb", "Enter one line."),
        ("subject", "", "This field cannot be blank."),
        ("event", "facility.unknown", "facility.unknown"),
        ("language", "fr", "fr"),
    ],
)
def test_what_a_text_must_not_contain(ada, field, text, error):
    page = create(ada, **{field: text})
    assert error in page.select_one(".error-summary").get_text(" ", strip=True)
    assert not MailTemplate.objects.exists()


def test_the_text_of_a_receipt_has_no_reply(ada):
    page = create(ada, event="facility.received", text="{{ reply }}")
    assert "“reply” is no placeholder. Use: " in page.select_one(".error-summary").get_text()


def test_a_template_of_django_is_plain_text(ada, cast, as_user, lamp):
    create(ada, subject="A", text="{% load i18n %}{% debug %}{{ reply }}")
    reply(as_user(cast.alice), lamp, "Hej")
    assert mail.outbox[0].body == "{% load i18n %}{% debug %}Hej"


def test_one_text_for_each_event_and_language(ada):
    create(ada)
    assert MailTemplate.objects.count() == 1
    assert "exists" in create(ada).select_one(".error-summary").get_text()
    create(ada, language="de")
    assert MailTemplate.objects.count() == 2


def test_a_new_text_begins_with_the_standard_one_and_lists_its_placeholders(ada):
    page = BeautifulSoup(ada.get("/mail-templates/new?event=facility.reply&language=de").content, "lxml")
    assert page.select_one("#id_subject")["value"] == "Ihre Meldung Nr. {{ number }}"
    assert (
        page.select_one("#id_text").get_text().strip().startswith("Guten Tag,\n\n{{ reply }}\n\nEs geht um")
    )
    assert "{{ number }}, {{ description }}, {{ room }}" in page.get_text()
    assert ada.get("/mail-templates/new?event=x&language=y").status_code == 200


@pytest.mark.parametrize("name", sorted(declared))
@pytest.mark.parametrize("language", ["en", "da", "de"])
def test_every_standard_text_is_a_valid_text(cast, ada, records, name, language):
    page = BeautifulSoup(ada.get(f"/mail-templates/new?event={name}&language={language}").content, "lxml")
    sent = form_data(record_form(str(page)))
    ada.post("/mail-templates/new", sent)
    assert MailTemplate.objects.filter(event=name, language=language).exists()
    preview = read_preview(ada, f"/mail-templates/preview/{name}?language={language}")
    assert preview.select_one("#mail-text") and "{{" not in preview.select_one("#mail-text").get_text()


def test_the_preview_shows_the_mail_about_a_real_record(cast, ada, lamp):
    page = read_preview(ada, f"{PREVIEW}?number={lamp.number}")
    assert page.select_one("#mail-subject").get_text() == f"Din fejlmelding nr. {lamp.number} er afsluttet"
    assert page.select_one("#mail-text").get_text("\n", strip=True).split("\n") == [
        "Hej,",
        f"Din fejlmelding nr. {lamp.number} er afsluttet.",
        "It works & shines",
        "Du skrev:",
        "The <b>lamp</b> is dead {{ company }}",
        "Hansen Service A/S",
    ]
    assert "This is the standard text." in page.get_text()
    page = read_preview(ada, f"{PREVIEW}?number={lamp.number}&language=en")
    assert page.select_one("#mail-subject").get_text() == f"Your complaint no. {lamp.number} is finished"
    MailTemplateFactory(
        company=cast.company, event="facility.finished", language="en", subject="Own", text="{{ reply }}"
    )
    page = read_preview(ada, f"{PREVIEW}?language=en")
    assert page.select_one("#mail-subject").get_text() == "Own"
    assert "This is your company's own text." in page.get_text()


@pytest.mark.parametrize("number", ["99999", "x", "-1", "9" * 40, "٣", "' OR 1=1"])
def test_the_preview_of_a_record_that_does_not_exist_says_so(ada, lamp, number):
    page = read_preview(ada, f"{PREVIEW}?number={number}")
    assert page.select_one("#mail-text") is None
    assert "Enter the number of a record that exists" in page.get_text()
    assert ada.post(PREVIEW, {"number": number, "language": "da"}).status_code == 404


def test_the_preview_shows_no_record_of_another_company(cast, ada, records):
    foreign = records.their_complaint
    type(foreign)._base_manager.filter(pk=foreign.pk).update(number=777_001)
    page = read_preview(ada, f"{PREVIEW}?number=777001")
    assert page.select_one("#mail-text") is None
    assert ada.post(PREVIEW, {"number": "777001", "language": "da"}).status_code == 404
    assert ada.get("/mail-templates/preview/facility.unknown").status_code == 404


@pytest.mark.parametrize("who", ["vera", "alice", "sven", "rikke"])
def test_only_who_may_change_the_company_sees_and_edits_the_texts(cast, as_user, lamp, who):
    template = MailTemplateFactory(company=cast.company)
    client = as_user(getattr(cast, who))
    for address in ("/mail-templates", "/mail-templates/new", f"/mail-templates/{template.pk}", PREVIEW):
        assert client.get(address).status_code == 403, address
    assert client.post(PREVIEW, {"number": str(lamp.number)}).status_code == 403
    assert mail.outbox == []
    assert as_user(cast.charlie).get(f"/mail-templates/{template.pk}").status_code == 403


def test_a_test_mail_is_queued_sent_to_oneself_and_shown(ada, lamp, monkeypatch, settings):
    monkeypatch.setattr("backoffice.jobs.outbox.wake", lambda lane: None)
    page = read_preview(ada, f"{PREVIEW}?number={lamp.number}&language=de")
    assert page.select_one("#language [selected]")["value"] == "de"
    assert page.select_one("#tests [name=language]")["value"] == "de"
    assert "Send to ada@example.dk" in page.select_one("#tests").get_text(" ", strip=True)
    sent = {"number": str(lamp.number), "language": "de"}
    response = ada.post(PREVIEW, sent, follow=True)
    shown = BeautifulSoup(response.content, "lxml")
    assert "The test mail is queued." in shown.select_one(".notice").get_text()
    assert shown.select_one("#tests li").get_text(" ", strip=True).startswith("Queued")
    ada.post(PREVIEW, sent)
    run_due()
    assert len(mail.outbox) == 2
    message = mail.outbox[-1]
    assert message.to == ["ada@example.dk"]
    assert message.subject == f"Test: Ihre Meldung Nr. {lamp.number} ist abgeschlossen"
    assert "It works & shines" in message.body and "shines" in message.alternatives[0][0]
    assert read_preview(ada, f"{PREVIEW}?language=de").select_one("#tests li").get_text().startswith("Sent")
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    shown = read_preview(ada, f"{PREVIEW}?language=de").select_one("#tests li").get_text()
    assert shown.startswith("Printed in the terminal")
    assert Delivery.objects.filter(event="mail.test").count() == 2


def test_a_failed_test_mail_says_why(ada, lamp, settings):
    settings.EMAIL_BACKEND = f"{RefusingBackend.__module__}.RefusingBackend"
    with TestCase.captureOnCommitCallbacks(execute=True):
        ada.post(PREVIEW, {"number": str(lamp.number), "language": "da"})
    shown = read_preview(ada).select_one("#tests li").get_text(" ", strip=True)
    assert shown.startswith("Failed") and "SMTPRecipientsRefused 550" in shown


def test_test_mails_are_limited_and_need_an_address_and_a_server(cast, ada, lamp, settings):
    sent = {"number": str(lamp.number), "language": "da"}
    settings.MAIL_LIMIT_COMPANY = "1/hour"
    for _time in range(3):
        ada.post(PREVIEW, sent)
    assert Delivery.objects.count() == 1
    assert "You sent too many test mails." in read_preview(ada).select_one("#tests").get_text()
    settings.MAIL_LIMIT_COMPANY = ""
    User._base_manager.filter(pk=cast.ada.pk).update(email="")
    assert "You have no e-mail address." in read_preview(ada).select_one("#tests").get_text()
    settings.EMAIL_BACKEND = "config.mail_backends.UnconfiguredBackend"
    assert "This installation sends no mail." in read_preview(ada).select_one("#tests").get_text()
    ada.post(PREVIEW, sent)
    assert Delivery.objects.count() == 1


def test_the_list_links_to_each_text(ada):
    page = BeautifulSoup(ada.get("/mail-templates").content, "lxml")
    links = [link["href"] for link in page.select("main a[href*='/preview/']")]
    assert links == [f"/mail-templates/preview/{name}" for name in declared]
    assert all(ada.get(link).status_code == 200 for link in links)


def test_a_company_without_records_sees_the_page(cast, as_user, records):
    assert read_preview(as_user(cast.root), PREVIEW).select_one("h1")

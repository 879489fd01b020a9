"""Redaction of people: markers enter through every channel wherever a person is named; after `manage.py
redact` no table, file or export contains one, and the remaining records still work."""

import json

import pytest
from django.apps import apps
from django.contrib.auth import SESSION_KEY
from django.core.management import CommandError
from pyotp import TOTP

from backoffice.accounts.models import UserSession
from backoffice.accounts.totp import TotpSetup
from backoffice.admin.tests.pages import admin_url
from backoffice.api.tests.clients import ApiClient
from backoffice.exchange.models import ImportRun
from backoffice.forms.tests.pages import form_data, record_form
from backoffice.people.models import ApiKey, Contact, Customer, User
from backoffice.people.tests.factories import ContactFactory, CustomerFactory
from backoffice.privacy import mentions
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.fields import now
from backoffice.records.history import history_of, state_at
from backoffice.records.models import Entity, History, SecretReading
from backoffice.records.tests.parameters import deep_only
from backoffice.uploads.tests.upload_requests import Sender, stored_files
from backoffice.web.viewsets import viewset_for
from facility.models import Complaint, CustomerObject
from facility.tests.factories import ComplaintFactory
from supportdesk.models import SupportCase
from supportdesk.tests.factories import SupportCaseFactory
from tests.support.markers import MARK, files_with_marker, find_marker
from tests.support.redaction import make_gertrud

pytestmark = pytest.mark.django_db
BROWSER = ChangeContext(Channel.BROWSER)


@pytest.fixture
def gertrud(cast, records, as_user, key_of, folder):
    """A user whose name is in every place, entered through every channel."""
    return make_gertrud(cast, records, as_user, key_of, folder)


@pytest.mark.slow
def test_no_text_of_a_user_remains(cast, records, gertrud, redact, folder):
    before = find_marker()
    for place in (
        "people.User.username", "people.User.search_text", "records.History.changes", "records.History.who",
        "records.History.record_name", "records.SecretReading.who", "people.ApiKey.name", "uploads.Upload.name",
        "supportdesk.SupportCase.employee_name", "supportdesk.SupportCase.response_employee_name",
        "supportdesk.Comment.employee_name", "facility.Complaint.contact_email", "exchange.ImportRun.command",
        "facility.CustomerObject.contact_name", "exchange.ImportRun.who", "export of cases as documents",
    ):  # fmt: skip
        assert place in before, place
    assert files_with_marker(folder)
    sessions = UserSession.objects.count()

    output = redact("user", gertrud.username)

    assert find_marker() == [] and files_with_marker(folder) == []
    assert MARK not in output.casefold()
    user = User.objects.get(pk=gertrud.pk)
    name = f"redacted-{user.pk}"
    assert (str(user), user.email, user.is_active, user.has_usable_password()) == (name, "", False, False)
    assert UserSession.objects.count() == sessions - 1
    assert all(key.is_expired(now()) for key in ApiKey.objects.filter(owner=user))
    assert SupportCase.objects.get(pk=records.case.pk).employee_name == name
    complaint = Complaint.objects.get(pk=records.complaint.pk)
    assert (complaint.contact_name, complaint.contact_email) == (name, "")
    assert (complaint.user_id, complaint.desc) == (user.pk, records.complaint.desc)
    assert SecretReading.objects.filter(who=name).count() == 3
    assert ImportRun.objects.get().command.endswith(f"--as {name}")
    row = history_of(user).first()
    assert (row.action, row.who, row.via) == ("redact", "command line", "command")
    assert {entry["property"] for entry in row.changes} >= {"username", "first_name", "last_name", "email"}


@deep_only
def test_the_remaining_records_still_work(cast, records, gertrud, redact, as_user):
    redact("user", gertrud.username)
    page = as_user(cast.ada).get(f"/users/{gertrud.pk}").content.decode()
    assert "redacted personal data" in page and "<b>e-mail</b> redacted" in page
    case = SupportCase.objects.get(pk=records.case.pk)
    assert state_at(case, 1)["name"] == "Intet billede"
    assert services.update(case, {"solved": True}, actor=cast.sven, context=BROWSER).changes


@pytest.mark.deep
def test_every_page_of_the_remaining_records_works(cast, records, gertrud, redact, as_user):
    """For each record of the company: its page, each of its versions, and both in the administration."""
    redact("user", gertrud.username)
    browser = as_user(cast.ada)
    urls = []
    for model in apps.get_models():
        if issubclass(model, Entity) and browser.get(admin_url(model, "")).status_code == 200:
            shown = viewset_for(model)
            for record in model.objects.visible_to(cast.ada):
                urls += [admin_url(record), admin_url(record, "history")]
                if shown:
                    urls.append(shown.url("record", record.pk))
                    urls += [shown.url("version", record.pk, row.version) for row in history_of(record)]
    urls += [
        f"/admin/records/history/{row.pk}/change/" for row in History.objects.filter(company=cast.company)
    ]
    assert len(urls) > 80
    assert [url for url in urls if browser.get(url).status_code != 200] == []


@deep_only
def test_a_redacted_users_access_ends_at_once(cast, gertrud, redact, as_user, key_of):
    browser, script = as_user(gertrud), ApiClient(key_of(gertrud))
    assert browser.get("/account").status_code == 200
    assert script.get("/v2/complaints").status_code == 200
    redact("user", gertrud.username)
    assert browser.get("/account").status_code == 302
    assert script.get("/v2/complaints").status_code == 401


@deep_only
def test_second_factor_and_sessions_of_a_redacted_user_are_deleted(gertrud, redact, as_user):
    factor = TotpSetup(gertrud)
    factor.confirm(TOTP(factor.secret).now(), BROWSER)
    browsers = [as_user(User.objects.get(pk=gertrud.pk)) for _browser in range(2)]
    assert [browser.get("/account").status_code for browser in browsers] == [200, 200]
    user = User.objects.get(pk=gertrud.pk)
    assert user.totp_secret == factor.secret and len(user.recovery_codes) == 10
    redact("user", gertrud.username)
    user = User.objects.get(pk=gertrud.pk)
    assert (user.totp_secret, user.recovery_codes, user.has_second_factor) == ("", [], False)
    assert gertrud.pk not in [session.get_decoded().get(SESSION_KEY) for session in UserSession.objects.all()]
    assert [browser.get("/account").status_code for browser in browsers] == [302, 302]
    assert find_marker(factor.secret.casefold()) == []


@deep_only
def test_a_dry_run_lists_texts_and_changes_nothing(gertrud, redact, folder):
    before, rows = find_marker(), History.objects.count()
    output = redact("user", gertrud.username, "--dry-run")
    assert "username" in output and "Nothing was redacted" in output and "sessions: 1" in output
    assert (find_marker(), History.objects.count(), len(files_with_marker(folder))) == (before, rows, 1)


@pytest.fixture
def karen(cast, records):
    """A contact, with all properties, mentioned in many records; and a namesake in another company."""
    values = {name: f"{MARK} {name}" for name in ("first_name", "last_name", "role", "phone")}
    contact = ContactFactory(
        company=cast.company, customer=cast.resold.pk, email=f"{MARK}@example.com", actor=cast.ada, **values
    )
    contact = services.update(contact, {"phone": f"{MARK} 2"}, actor=cast.alice, context=BROWSER).record
    named = {"contact_name": str(contact).upper(), "contact_email": contact.email}
    complaint = ComplaintFactory(
        company=cast.company, object=records.object.pk, contact_telephone=f"{MARK} phone", **named
    )
    services.update(complaint, {"contact_name": "Somebody else"}, actor=cast.alice, context=BROWSER)
    past = ComplaintFactory(company=cast.company, object=records.object.pk, contact_name=str(contact))
    services.update(past, {"contact_name": ""}, actor=cast.alice, context=BROWSER)
    services.update(records.object, {**named, "contacts": [contact.pk], "contact_fax": f"{MARK} fax"},
           actor=cast.alice, context=BROWSER)  # fmt: skip
    return contact


@pytest.mark.slow
def test_no_text_of_a_contact_remains(cast, records, karen, redact):
    assert "facility.CustomerObject.contact_fax" in find_marker()
    redact("contact", karen.pk)
    assert find_marker() == []
    contact = Contact.objects.get(pk=karen.pk)
    assert (contact.first_name, contact.last_name, contact.customer_id) == (
        "redacted",
        karen.pk,
        cast.resold.pk,
    )
    place = CustomerObject.objects.get(pk=records.object.pk)
    assert place.contacts == [karen.pk] and place.contact_name == f"redacted-{karen.pk}"
    assert Contact.objects.search(MARK).count() == 0


@pytest.mark.slow
def test_no_text_of_a_customer_remains(cast, records, redact):
    names = [*Customer.personal_properties]
    values = {name: f"{MARK} {name}"[:20] for name in names} | {"email": f"{MARK}@example.com"}
    customer = CustomerFactory(company=cast.company, **values)
    case = SupportCaseFactory(company=cast.company, customer=customer.pk, employee=cast.sven.pk,
                              comments=[{"comment": "Ja", "customer": customer.pk, "customer_name": f"{MARK} x"}])  # fmt: skip
    services.update(case, {"customer_name": f"Frau {MARK}"}, actor=cast.sven, context=BROWSER)
    services.update(
        SupportCase.objects.get(pk=case.pk), {"customer": cast.resold.pk}, actor=cast.sven, context=BROWSER
    )
    redact("customer", customer.pk)
    assert find_marker() == []
    case = SupportCase.objects.get(pk=case.pk)
    assert (case.customer_name, case.comments[0]["comment"]) == (str(cast.resold), "Ja")
    assert state_at(case, 1)["customer_name"] == "redacted"


def test_files_of_a_complaint_are_deleted_unless_used_by_other_records(cast, records, key_of, redact, folder):
    sender = Sender(key_of(cast.alice))
    alone, shared, former, others = (sender.sent() for _file in range(4))
    complaint, other = records.complaint, ComplaintFactory(company=cast.company, object=records.object.pk)
    complaint = services.update(complaint, {"images": [former]}, actor=cast.alice, context=BROWSER).record
    services.update(complaint, {"images": [alone, shared]}, actor=cast.alice, context=BROWSER)
    services.update(other, {"images": [shared, others]}, actor=cast.alice, context=BROWSER)
    assert len(stored_files(folder)) == 4
    redact("complaint", complaint.pk)
    assert Complaint.objects.get(pk=complaint.pk).images == []
    assert [sender.get(url).status_code for url in (alone, former, shared, others)] == [404, 404, 200, 200]
    assert len(stored_files(folder)) == 2


def test_selected_properties_of_a_record_are_redacted(cast, records, redact):
    case = records.case
    services.update(
        case, {"description": f"About {MARK}", "private_information": MARK}, actor=cast.ada, context=BROWSER
    )
    redact("supportcase", case.pk, "description", "private_information", "comments", "files")
    assert find_marker() == []
    found = SupportCase.objects.get(pk=case.pk)
    assert (found.description, found.private_information, found.comments, found.files) == ("", "", [], [])
    assert found.name == case.name
    assert [each["comment"] for each in state_at(found, 1)["comments"]] == ["redacted"]
    assert "hmac:" not in json.dumps([row.changes for row in history_of(found)])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "Enter what"),
        (("contact",), "Enter what"),
        (("giraffe", "1"), "no model"),
        (("contact", "1"), "no contact"),
        (("contact", "f" * 24), "no contact"),
        (("user", "alice", "shoe_size"), "no property"),
        (("complaint", "{complaint}", "object"), "is required"),
        (("complaint", "{complaint}", "complaint_status"), "no personal data"),
        (("article", "{article}"), "name the properties"),
        (("--everywhere",), "--text"),
        (("--text", "a b"), "at least"),
    ],
)
def test_impossible_redactions_are_refused(records, redact, words, message):
    words = [word.format(complaint=records.complaint.pk, article=records.article.pk) for word in words]
    before = list(History.objects.values())
    with pytest.raises(CommandError, match=message):
        redact(*words)
    assert list(History.objects.values()) == before


@pytest.mark.slow
def test_redacted_texts_cannot_be_restored_by_undo_or_a_stale_form(cast, records, karen, redact, as_user):
    browser = as_user(cast.alice)
    old_form = form_data(record_form(browser.get(f"/contacts/{karen.pk}").content))
    redact("contact", karen.pk)
    for row in history_of(karen):
        assert browser.post(f"/contacts/{karen.pk}/undo/{row.version}").status_code in (302, 403, 404)
    answer = browser.post(f"/contacts/{karen.pk}", old_form | {"role": "Janitor"})
    assert answer.status_code == 200 and b"settle-" in answer.content
    assert find_marker() == []


def test_the_history_of_a_deleted_record_is_redacted(cast, records, redact):
    contact = ContactFactory(
        company=cast.company, first_name=MARK, last_name="x", email=f"{MARK}@example.com"
    )
    services.update(records.object, {"contact_email": contact.email}, actor=cast.alice, context=BROWSER)
    pk = contact.pk
    services.delete(contact, actor=cast.ada, context=BROWSER)
    redact("contact", pk)
    assert find_marker() == []
    row = History.objects.filter(record_id=pk).order_by("-version").first()
    assert (row.action, row.version) == ("redact", 3)
    again = services.create(
        Contact, {"first_name": "A", "last_name": "B"}, actor=cast.ada, context=BROWSER, id=pk
    ).record
    assert again.version == 4


@deep_only
def test_a_second_redaction_finds_nothing(gertrud, redact):
    redact("user", gertrud.username)
    rows = History.objects.count()
    output = redact("user", gertrud.pk)
    assert History.objects.count() == rows, output


def test_another_companys_records_are_unchanged(cast, records, karen, redact):
    theirs = ContactFactory(company=cast.elsewhere, first_name="Other", last_name="One", email=karen.email)
    named = {"object": records.their_object.pk, "contact_email": karen.email}
    complaint = ComplaintFactory(company=cast.elsewhere, **named)
    user = services.create(
        User, {"username": MARK, "email": karen.email}, actor=cast.ada, context=BROWSER
    ).record
    redact("contact", karen.pk)
    redact("user", user.username)
    assert Contact.objects.get(pk=theirs.pk).email == theirs.email
    assert Complaint.objects.get(pk=complaint.pk).contact_email == karen.email


@deep_only
def test_a_superuser_is_redacted_in_every_company(cast, records, redact):
    root = services.update(
        cast.root, {"first_name": "Gertrud", "last_name": MARK}, actor=cast.root, context=BROWSER
    ).record
    case = records.their_case
    services.update(case, {"comments": [{"comment": "Hm"}]}, actor=root, context=BROWSER)
    assert "supportdesk.Comment.employee_name" in find_marker()
    redact("user", "root")
    assert find_marker() == []


@deep_only
def test_a_namesake_with_the_same_phone_keeps_the_name(cast, records, karen, redact):
    other = ComplaintFactory(
        company=cast.company, object=records.object.pk, contact_name="Per Holm", contact_telephone=karen.phone
    )
    redact("contact", karen.pk)
    found = Complaint.objects.get(pk=other.pk)
    assert (found.contact_name, found.contact_telephone) == ("Per Holm", "")


@deep_only
def test_an_interrupted_redaction_is_finished_by_the_next_run(gertrud, redact, monkeypatch):
    command = "backoffice.privacy.management.commands.redact"
    monkeypatch.setattr(f"{command}.BATCH", 1)
    calls = []

    def stopped(*args):
        calls.append(args)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return mentions.redact_by_id(*args)

    monkeypatch.setattr(f"{command}.redact_by_id", stopped)
    with pytest.raises(KeyboardInterrupt):
        redact("user", gertrud.username)
    assert "people.User.username" in find_marker()
    redact("user", gertrud.username)
    assert find_marker() == []


@pytest.mark.slow
def test_concurrently_changed_or_deleted_records_are_redacted(cast, records, karen, redact, monkeypatch):
    goes = ComplaintFactory(company=cast.company, object=records.object.pk, contact_email=karen.email)
    changes = CustomerObject.objects.get(pk=records.object.pk)
    written = services.write

    def late(planned, context):
        """Change the record before the redaction writes it."""
        if planned.before.pk == goes.pk and Complaint.objects.filter(pk=goes.pk).exists():
            services.delete(Complaint.objects.get(pk=goes.pk), actor=cast.alice, context=BROWSER)
        if planned.before.pk == changes.pk and planned.before.version == changes.version:
            named = {"service_recipient": str(karen), "description": "Two stairs"}
            services.update(
                CustomerObject.objects.get(pk=changes.pk), named, actor=cast.alice, context=BROWSER
            )
        return written(planned, context)

    monkeypatch.setattr(services, "write", late)
    redact("contact", karen.pk)
    assert find_marker() == []
    assert CustomerObject.objects.get(pk=changes.pk).description == "Two stairs"
    assert not Complaint.objects.filter(pk=goes.pk).exists()

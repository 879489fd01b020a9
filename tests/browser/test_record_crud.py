"""A working day in a real Chromium: records of each type created, edited and deleted, with checks of each
page; the same on a phone, without a script, and in the dark theme."""

import re

import pytest
from playwright.sync_api import expect

from backoffice.records.models import History
from backoffice.uploads.tests.files import picture
from facility.models import Complaint, CustomerObject
from supportdesk.models import SupportCase

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def save(page, message="Saved"):
    with page.expect_navigation():  # an earlier message must not be mistaken for this one
        page.locator(".save-bar button[type=submit]").click()
    expect(page.get_by_role("status").or_(page.locator(".messages")).first).to_contain_text(message)


def add_row(page, entry: str):
    page.get_by_role("button", name=f"Add {entry}", exact=True).click()


def remove_record(visitor):
    page = visitor.page
    visitor.follow(page.get_by_role("link", name="Delete", exact=True))
    visitor.look()
    visitor.follow(page.get_by_role("button", name=re.compile("Delete")))
    expect(page.locator("body")).to_contain_text("Deleted:")


@pytest.mark.everywhere
def test_a_complaint_from_creation_to_deletion(cast, records, visitor):
    alice = visitor().sign_in(cast.alice)
    page = alice.page
    alice.follow(page.get_by_role("link", name="Complaints", exact=True).first)
    alice.look()
    alice.follow(page.get_by_role("link", name="New complaint"))
    alice.look()
    page.get_by_label("Object", exact=False).first.select_option(label="Rådhuset")
    page.locator("#id_desc").fill("Vandhanen drypper\nhele natten")
    page.locator("#id_priority").select_option(label="High")
    file = {"name": "tap.png", "mimeType": "image/png", "buffer": picture()}
    page.locator("#files-images").set_input_files(file)
    save(page, "Created")
    alice.look()
    made = Complaint.objects.get(room_description="", desc__startswith="Vandhanen")
    assert (made.priority, made.object_id) == (3, records.object.pk)
    assert [url.rpartition("/")[2] for url in made.images] == ["tap.png"]

    page.locator("#id_user").select_option(label="Alice")
    page.locator("#id_contact_email").fill("hans@example.dk")
    page.locator("#id_number").fill("321")
    add_row(page, "tag")
    page.locator("#id_tags-0-text").fill("water")
    add_row(page, "field")
    page.locator("#id_custom_fields-0-name").fill("floor")
    page.locator("#id_custom_fields-0-value").fill("3")
    save(page)
    alice.look()
    history = page.locator("#timeline")
    expect(history).to_contain_text("Alice")
    expect(history).to_contain_text("assignee")
    expect(history).to_contain_text("hans@example.dk")
    kept = Complaint.objects.get(pk=made.pk)
    assert (kept.number, kept.tags, kept.custom_fields, kept.complaint_status) == (
        321, ["water"], {"floor": "3"}, "assigned",
    )  # fmt: skip

    page.locator("#id_contact_email").fill("nobody")
    alice.follow(page.get_by_role("button", name="Save", exact=True))
    expect(page.locator(".error-summary")).to_contain_text("Enter a valid email address.")
    expect(page.locator("#id_contact_email")).to_have_value("nobody")
    alice.look()
    page.locator(".error-summary a").click()
    expect(page.locator("#id_contact_email")).to_be_focused()
    page.locator("#id_contact_email").fill("")
    page.locator("[data-formset-row]", has=page.locator("#id_tags-0-text")).get_by_text("Remove").click()
    save(page)
    assert Complaint.objects.get(pk=made.pk).tags == []

    page.get_by_role("button", name="Finish", exact=True).click()
    expect(page.locator("body")).to_contain_text("Finished.")
    remove_record(alice)
    assert not Complaint.objects.filter(pk=made.pk).exists()


@pytest.mark.everywhere
def test_an_object_with_its_lists_dates_and_secrets(cast, records, visitor):
    alice = visitor().sign_in(cast.alice)
    page = alice.page
    page.goto("/objects/new")
    alice.look()
    page.locator("#id_name").fill("Skolen på Søndergade")
    page.locator("#id_customer").select_option(label="Hansen Boligforening ApS")
    page.locator("#id_address_street").fill("Søndergade 2")
    page.locator("#id_security_code").fill("0042")
    save(page, "Created")
    made = CustomerObject.objects.get(name="Skolen på Søndergade")
    page.locator("#id_rating").fill("4.5")
    page.locator("#id_contract_start_date").fill("1 Mar 2026")
    add_row(page, "item")
    page.locator("#id_material-0-article").select_option(index=1)
    page.locator("#id_material-0-budget").fill("12")
    add_row(page, "contact")
    page.locator("#id_contacts-0-contact").select_option(index=1)
    save(page)
    alice.look()
    kept = CustomerObject.objects.get(pk=made.pk)
    assert (kept.rating, kept.security_code, kept.contacts) == (4.5, "0042", [records.contact.pk])
    assert kept.material == [{"article": records.article.pk, "budget": 12.0}]
    assert kept.contract_start_date.isoformat() == "2026-02-28T23:00:00+00:00"
    expect(page.locator("body")).not_to_contain_text("0042")
    alice.follow(page.get_by_role("button", name="Show door code"))
    expect(page.locator("#id_security_code")).to_have_value("0042")
    alice.look()
    page.locator("#id_security_code").fill("7777")
    save(page)
    assert CustomerObject.objects.get(pk=made.pk).security_code == "7777"
    remove_record(alice)


@pytest.mark.everywhere
def test_a_support_case_with_comments_and_files(cast, records, visitor):
    sven = visitor().sign_in(cast.sven)
    page = sven.page
    page.goto("/cases/new")
    sven.look()
    page.locator("#id_name").fill("Ingen lyd")
    page.locator("#id_customer").select_option(label="Hansen Boligforening ApS")
    page.locator("#id_device").select_option(label="Apple TV")
    page.locator("#id_private_information").fill("Ring efter klokken 17")
    save(page, "Created")
    made = SupportCase.objects.get(name="Ingen lyd")
    assert (made.employee_id, made.customer_name) == (cast.sven.pk, "Hansen Boligforening ApS")
    page.locator("#composer-comment summary").click()
    page.locator("#say-comment").fill("Prøv at genstarte")
    sven.follow(page.get_by_role("button", name="Add comment"))
    page.locator("#composer-answer summary").click()
    page.locator("#say-answer").fill("Genstart hjalp")
    sven.follow(page.get_by_role("button", name="Save reply"))
    page.locator("#id_solved").check()
    save(page)
    sven.look()
    kept = SupportCase.objects.get(pk=made.pk)
    assert (kept.solved, kept.response_author, kept.response_employee_id) == (
        True,
        "PlayMaker Teamet",
        cast.sven.pk,
    )
    assert kept.comments[0]["is_support"] is True
    sven.follow(page.get_by_role("link", name="Edit comment"))
    page.locator("#edited-text").fill("Prøv at genstarte boksen")
    sven.follow(page.get_by_role("button", name="Save"))
    expect(page.locator("#thread")).to_contain_text("edited")
    assert SupportCase.objects.get(pk=made.pk).comments[0]["comment"] == "Prøv at genstarte boksen"
    remove_record(sven)


@pytest.mark.parametrize(
    ("slug", "who", "typed"),
    [
        ("customers", "sven", {"name": "Ny Boligforening"}),
        ("contacts", "alice", {"first_name": "Karen", "last_name": "Holm"}),
        ("articles", "alice", {"name": "Grøn sæbe"}),
        ("users", "ada", {"username": "nina", "email": "nina@example.dk"}),
    ],
)
def test_all_other_record_types(slug, who, typed, cast, visitor):
    visitor = visitor().sign_in(getattr(cast, who))
    page = visitor.page
    page.goto(f"/{slug}")
    visitor.look()
    visitor.follow(page.get_by_role("link", name=re.compile("^New ")).first)
    visitor.look()
    for name, text in typed.items():
        page.locator(f"#id_{name}").fill(text)
    save(page, "Created")
    visitor.look()
    page.locator("#id_status").select_option(label="Archived")
    save(page)
    changes = History.objects.order_by("-at").first().changes
    assert {"property": "status", "old": 1, "new": 2} in changes
    assert {entry["property"] for entry in changes} <= {"status", "sessions_ended_at"}
    remove_record(visitor)


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("size", [(1440, 900), (390, 844)], ids=["wide", "phone"])
def test_every_type_of_page_is_readable(colours, size, cast, records, visitor):
    width, height = size
    ada = visitor(color_scheme=colours, viewport={"width": width, "height": height})
    ada.page.goto("/sign-in")
    ada.look()
    ada.follow(ada.page.get_by_role("link", name=re.compile("[Ff]orgot")))
    ada.look()
    for address in ("/docs/api", "/docs/api/support-desk"):
        ada.page.goto(address)
        ada.look()
    ada.sign_in(cast.ada)
    complaint, place, case = records.complaint, records.object, records.case
    for address in (
        "/complaints", "/complaints?q=nothing+like+this", "/objects", "/cases", "/customers", "/contacts", "/articles",
        "/users", "/api-keys", "/api-keys/new", "/search?q=hansen", "/account", "/account/password", "/docs/api",
        f"/complaints/{complaint.pk}", f"/objects/{place.pk}", f"/cases/{case.pk}", f"/customers/{cast.resold.pk}",
        f"/users/{cast.vera.pk}", f"/complaints/{complaint.pk}/remove", f"/contacts/{records.contact.pk}",
    ):  # fmt: skip
        ada.page.goto(address)
        ada.look()
    vera = visitor(color_scheme=colours, viewport={"width": width, "height": height}).sign_in(cast.vera)
    for address in (f"/complaints/{complaint.pk}", f"/objects/{place.pk}", f"/cases/{case.pk}"):
        vera.page.goto(address)
        vera.look()


def test_a_command_is_copied_from_the_longest_page(live_server, visitor):
    visitor = visitor(
        color_scheme="dark",
        viewport={"width": 390, "height": 844},
        permissions=["clipboard-read", "clipboard-write"],
    )
    page = visitor.page
    page.goto("/docs/api/facility#updateComplaint")
    visitor.look()
    operation = page.locator("#updateComplaint")
    operation.get_by_role("button", name="Copy").click()
    expect(page.locator("[data-copied]")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"curl --request PATCH {live_server.url}/v2/complaints/")
    assert copied == operation.locator("code", has_text="curl").inner_text()
    expect(operation.get_by_role("button")).to_have_text("Copy")
    body = operation.locator("summary", has_text="Request body")
    body.press("Enter")
    expect(operation.get_by_text("roomDescription", exact=True)).to_be_visible()


def test_everything_works_without_javascript(cast, records, visitor):
    alice = visitor(java_script_enabled=False).sign_in(cast.alice)
    page = alice.page
    page.goto("/complaints")
    page.get_by_role("link", name="Lampen er gået").click()
    page.locator("#id_tags-0-text").fill("lamp")
    save(page)
    page.locator("#id_priority").select_option("4")
    save(page)
    kept = Complaint.objects.get(pk=records.complaint.pk)
    assert (kept.tags, kept.priority) == (["lamp"], 4)
    page.goto("/complaints?priority=4")
    expect(page.locator("body")).to_contain_text("Lampen er gået")
    page.goto("/complaints?priority=1")
    expect(page.locator("body")).not_to_contain_text("Lampen er gået")


def test_unsaved_input_is_not_lost_by_accident(cast, records, visitor):
    alice = visitor().sign_in(cast.alice)
    page = alice.page
    page.goto(f"/complaints/{records.complaint.pk}")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.locator("#id_room_description").fill("half a thought")
    page.get_by_role("link", name="Objects", exact=True).first.click()
    page.wait_for_timeout(300)
    assert asked == ["beforeunload"]
    assert page.locator("#id_room_description").input_value() == "half a thought"
    save(page)
    assert asked == ["beforeunload"]

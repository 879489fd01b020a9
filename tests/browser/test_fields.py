"""Form fields send what they show: dates, numbers, long texts and line breaks in a real Chromium."""

from urllib.parse import urljoin

import pytest
from playwright.sync_api import expect

from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from facility.models import Complaint, CustomerObject

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def building(cast, records):
    values = {"contract_start_date": "2026-05-01T08:00:00Z", "rating": 3.5, "location_latitude": 55.5,
              "location_longitude": 12, "material": [{"article": records.article.pk, "budget": 1}]}  # fmt: skip
    return services.update(
        records.object, values, actor=cast.alice, context=ChangeContext(Channel.JSON)
    ).record


def test_an_incomplete_input_is_never_taken_as_empty(cast, building, visitor):
    alice = visitor().sign_in(cast.alice)
    page = alice.page
    for name, typed in (("contract_start_date", "02"), ("rating", "3.5-"), ("location_latitude", "55,5,"),
                        ("number", "7a"), ("material-0-budget", "x")):  # fmt: skip
        page.goto(f"/objects/{building.pk}")
        page.locator(f"#id_{name}").fill("")
        page.locator(f"#id_{name}").press_sequentially(typed)
        expect(page.locator("[data-unsaved]")).to_have_text("1 unsaved change")
        page.once("dialog", lambda dialog: dialog.accept())
        alice.follow(page.get_by_role("button", name="Save", exact=True))
        expect(page.locator(f"#id_{name}")).to_have_value(typed)
        error = page.locator(f"#id_{name}_error")
        expect(error).to_be_visible()
        expect(error).to_contain_text("such" if name == "contract_start_date" else "Enter")
        alice.look()
        page.once("dialog", lambda dialog: dialog.accept())
    assert CustomerObject.objects.get(pk=building.pk).version == building.version


def test_numbers_accept_either_sign_and_the_wheel_changes_nothing(cast, building, visitor):
    page = visitor().sign_in(cast.alice).page
    page.goto(f"/objects/{building.pk}")
    page.locator("#id_rating").focus()
    page.locator("#id_rating").hover()
    page.mouse.wheel(0, 300)
    expect(page.locator("#id_rating")).to_have_value("3.5")
    page.locator("#id_rating").fill("2,5")
    with page.expect_navigation():
        page.get_by_role("button", name="Save", exact=True).click()
    assert CustomerObject.objects.get(pk=building.pk).rating == 2.5


def test_a_date_is_chosen_from_the_calendar_in_the_pages_language(cast, building, visitor):
    page = visitor().sign_in(cast.alice).page
    for language, shown in (("en", "30 Sep 2026"), ("da", "30.09.2026")):
        cookie = {"name": "django_language", "value": language, "url": urljoin(page.url, "/")}
        page.context.add_cookies([cookie])
        page.goto(f"/objects/{building.pk}")
        around = page.locator(".date-field:has(#id_contract_end_date)")
        expect(around.locator(".date-button")).to_be_visible()
        around.locator(".date-picker").evaluate(
            "(calendar) => { calendar.value = '2026-09-30'; calendar.dispatchEvent(new Event('change')); }"
        )
        expect(page.locator("#id_contract_end_date")).to_have_value(shown)
        page.once("dialog", lambda dialog: dialog.accept())


def test_several_lines_are_visible_and_nothing_is_unsaved(cast, records, visitor):
    values = {"room_description": "A\nB", "custom_fields": {"note": "one\ntwo", "none": None}}
    services.update(records.complaint, values, actor=cast.alice, context=ChangeContext(Channel.JSON))
    alice = visitor().sign_in(cast.alice)
    page = alice.page
    page.goto(f"/complaints/{records.complaint.pk}")
    expect(page.locator("#id_room_description")).to_have_value("A\nB")
    expect(page.locator("[data-unsaved]")).not_to_contain_text("unsaved change")
    page.locator("#id_contact_name").fill("Hans")
    with page.expect_navigation():
        page.get_by_role("button", name="Save", exact=True).click()
    kept = Complaint.objects.get(pk=records.complaint.pk)
    assert (kept.room_description, kept.custom_fields) == (
        values["room_description"],
        values["custom_fields"],
    )
    page.locator("#id_room_description").fill("x" * 255 + "IMPORTANT-END")
    with page.expect_navigation():
        page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#div_id_room_description")).to_contain_text("at most 255 characters (it has 268)")


@pytest.mark.parametrize("scripts", [True, False])
def test_an_incomplete_filter_lists_nothing(cast, records, visitor, scripts):
    alice = visitor(java_script_enabled=scripts).sign_in(cast.alice)
    page = alice.page
    page.goto("/complaints")
    page.locator(".filters-more summary").click()
    page.locator("#id_created_from").fill("30.2.2026")
    if scripts:
        page.locator("#id_created_from").press("Enter")
    else:
        page.get_by_role("button", name="Apply").click()
    expect(page.locator("#list .filter-errors")).to_contain_text("no such day")
    expect(page.locator("#list tbody tr")).to_have_count(0)
    if scripts:
        alice.look()
    page.locator("#id_created_from").fill("1/2/2020")
    if scripts:
        page.locator("#id_created_from").press("Enter")
    else:
        page.get_by_role("button", name="Apply").click()
    expect(page.locator("#list tbody tr")).to_have_count(1)
    assert "created_from=2020-02-01" in page.url

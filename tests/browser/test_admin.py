"""Django admin in a real Chromium: every page in both themes and on a phone, by keyboard, and without JavaScript."""

import re

import pytest
from django.contrib import admin
from django.test import RequestFactory
from playwright.sync_api import expect

from backoffice.admin.base import ChildRowAdmin
from backoffice.admin.tests.pages import admin_url
from backoffice.people.models import ApiKey, Contact, User
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.history import log_secret_access
from backoffice.workplace.tests.factories import CannedAnswerFactory
from facility.models import Complaint, CustomerObject, ObjectTag

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
FOCUS = "one => getComputedStyle(one).outlineStyle + getComputedStyle(one).outlineWidth"


def every_page(user, complaint) -> list[str]:
    """Return the index, the pages of an app, and the pages of each model that the user may open, with one record."""
    request = RequestFactory().get("/")
    request.user = user
    found = [
        "/admin/",
        "/admin/facility/",
        admin_url(user, "password"),
        f"{admin_url(Complaint, '')}?q=giraffe",
        *(["/admin/auth/group/history/"] if user.is_superuser else []),
    ]
    for model, model_admin in admin.site._registry.items():
        is_alike = isinstance(model_admin, ChildRowAdmin) and model is not ObjectTag
        if is_alike or not model_admin.has_view_permission(request):
            continue
        row = model_admin.rows(request).first()
        found += [admin_url(model, ""), *([admin_url(row)] if row else [])]
        if model_admin.has_add_permission(request):
            found.append(admin_url(model, "add"))
    return found + [admin_url(complaint, page) for page in ("history", "delete")]


@pytest.fixture
def everything(cast, records, key_of):
    """A record of each type with rows in its lists."""
    values = {
        "material": [{"article": records.article.pk, "budget": 2}],
        "contacts": [records.contact.pk],
        "security_code": "1234",
        "tags": ["school"],
    }
    context = ChangeContext(Channel.BROWSER)
    services.update(records.object, values, actor=cast.alice, context=context)
    log_secret_access([records.object], cast.alice, context)
    CannedAnswerFactory(company=cast.company)
    key_of(cast.ada)


@pytest.mark.parametrize(
    ("scheme", "size"),
    [
        ("light", PHONE),
        ("dark", DESK),
        pytest.param("light", DESK, marks=pytest.mark.deep),
        pytest.param("dark", PHONE, marks=pytest.mark.deep),
    ],
    ids=["light-phone", "dark-desk", "light-desk", "dark-phone"],
)
def test_every_page_is_accessible_and_fits(scheme, size, cast, records, everything, visitor):
    tried = set()
    for user in (cast.ada, cast.root):
        person = visitor(color_scheme=scheme, viewport=size).sign_in(user)
        for address in every_page(user, records.complaint):
            if address not in tried and (user is cast.ada or re.search("group|series", address)):
                person.page.goto(address)
                person.look()
                tried.add(address)
    assert len(tried) > 35


def test_the_chosen_theme_holds_against_that_of_the_system(cast, visitor):
    ada = visitor(color_scheme="light").sign_in(cast.ada)
    background = "getComputedStyle(document.body).backgroundColor"
    ada.page.goto("/admin/")
    light = ada.page.evaluate(background)
    ada.page.goto("/account/preferences")
    ada.page.locator("[name=theme][value=dark]").check()
    ada.follow(ada.page.get_by_role("button", name="Save", exact=True))
    ada.page.goto("/admin/")
    assert ada.page.evaluate(background) != light
    ada.look()


def test_a_list_is_filtered_and_a_record_opened_by_keyboard(cast, crowd, visitor):
    page = visitor().sign_in(cast.ada).page
    page.goto(admin_url(Contact, ""))
    press = page.keyboard.press
    press("Tab")
    skip = page.get_by_role("link", name="Skip to main content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    press("Enter")
    press("Tab")
    expect(page.get_by_role("link", name="Create contact")).to_be_focused()
    assert page.locator(":focus").evaluate(FOCUS) == "solid2px"
    press("Tab")
    expect(page.get_by_label("Search")).to_be_focused()
    box = page.locator("#changelist-filter input[name=customer__id__exact]")
    box.focus()
    page.keyboard.type("boligfor 07", delay=10)
    expect(page.locator(f"datalist[id='{box.get_attribute('list')}'] option")).to_have_count(1)
    assert box.evaluate(FOCUS) == "solid2px"
    press("Enter")
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    expect(box).to_have_value(f"#{crowd[7].number} {crowd[7]}")
    page.locator("#result_list tbody a").first.focus()
    press("Enter")
    expect(page.get_by_role("heading", name="Edit contact")).to_be_visible()


def test_admin_works_without_javascript(cast, records, crowd, visitor, monkeypatch):
    monkeypatch.setattr("backoffice.records.identify.MENU_LENGTH", 1)
    page = visitor(java_script_enabled=False).sign_in(cast.ada).page
    page.goto("/admin/")
    page.get_by_role("link", name="Contacts", exact=True).click()
    page.locator("#changelist-filter input[name=customer__id__exact]").fill("Boligforening 1")
    page.locator(".reference-filter input[type=submit]").click()
    expect(page.locator(".messagelist .error")).to_contain_text("Choose another value")
    page.locator("#changelist-filter").get_by_role("link", name="Boligforening 12").click()
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    page.goto(admin_url(records.contact))
    page.locator("#id_customer").fill("Boligforening")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".field-customer .errorlist")).to_contain_text("matches several")
    page.locator("#id_customer").fill("Boligforening 12")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist .success")).to_be_visible()
    assert Contact.objects.get(pk=records.contact.pk).customer_id == crowd[12].pk
    page.goto(admin_url(Complaint, ""))
    page.locator("input[name=_selected_action]").first.check()
    page.locator("select[name=action]").select_option(label="Archive selected complaints")
    page.get_by_role("button", name="Go").click()
    expect(page.locator(".bulk-report tbody tr")).to_have_count(1)


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_buttons_leave_the_title_free_and_lists_fit(width, cast, records, everything, visitor):
    """The buttons of a page cover neither heading, start at one edge, and no column of a list is cut off on a desk."""
    page = visitor(viewport={"width": width, "height": 900}).sign_in(cast.ada).page
    for address in (admin_url(cast.alice), admin_url(cast.alice, "history"), admin_url(Complaint, "")):
        page.goto(address)
        boxes = [each.bounding_box() for each in page.locator("#content > h1, #content > h2").all()]
        buttons = [each.bounding_box() for each in page.locator(".object-tools a").all()]
        assert buttons
        for title in boxes:
            for button in buttons:
                is_beside = (
                    button["x"] >= title["x"] + title["width"] or title["x"] >= button["x"] + button["width"]
                )
                is_apart = (
                    button["y"] >= title["y"] + title["height"]
                    or title["y"] >= button["y"] + button["height"]
                )
                assert is_beside or is_apart, (address, title, button)
        if width < 1025:
            first_of_lines = {}
            for button in buttons:
                first_of_lines.setdefault(round(button["y"]), button["x"])
            assert len(set(first_of_lines.values())) == 1, (address, first_of_lines)
    if width == 1280:
        for model in (Complaint, CustomerObject, ApiKey, User):
            page.goto(admin_url(model, ""))
            sizes = page.locator(".results").evaluate("one => [one.scrollWidth, one.clientWidth]")
            assert sizes[0] <= sizes[1], (model, sizes)


def test_a_new_key_is_copied(cast, visitor):
    ada = visitor(permissions=["clipboard-read", "clipboard-write"]).sign_in(cast.ada)
    page = ada.page
    page.goto(admin_url(ApiKey, "add"))
    page.locator("[name=name]").fill("nightly")
    page.locator("[name=owner]").select_option(cast.ada.pk)
    page.locator("[name=scopes]").first.check()
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == page.locator("#new-key").input_value()
    ada.look()


def test_the_open_work_of_users_to_archive_is_shown(cast, records, visitor):
    ada = visitor().sign_in(cast.ada)
    page = ada.page
    page.goto(admin_url(User, ""))
    page.locator(f"input[name=_selected_action][value='{cast.alice.pk}']").check()
    page.locator("select[name=action]").select_option(label="Archive selected users")
    page.get_by_role("button", name="Go").click()
    expect(page.get_by_role("columnheader", name="Open work")).to_be_visible()
    ada.look()
    page.get_by_role("button", name="Archive", exact=True).click()
    expect(page.locator(".bulk-report tbody tr")).to_have_count(1)
    assert User.objects.get(pk=cast.alice.pk).status == 2

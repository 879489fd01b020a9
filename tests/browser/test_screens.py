"""Small screens, touch, forced colours and keyboard in a real Chromium: what covers the page, the size of
targets, how selection is shown, and where skip links lead."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from backoffice.people.models import User
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from facility.models import Complaint, CustomerObject
from facility.tests.factories import ComplaintFactory
from supportdesk.models import SupportCase

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ADDRESS = {"address_street": "Talstation 1", "address_zip": "6410", "address_city": "Goldau"}

COVERED = """() => {
  scrollTo(0, (document.documentElement.scrollHeight - innerHeight) / 2);
  return [...document.querySelectorAll("body *")].filter((one) => {
    const box = one.getBoundingClientRect();
    return ["sticky", "fixed"].includes(getComputedStyle(one).position) && one.checkVisibility()
      && box.width > innerWidth / 2 && box.bottom > 0 && box.top < innerHeight;
  }).reduce((sum, one) => sum + one.getBoundingClientRect().height, 0) / innerHeight;
}"""
"""The part of the height that bars cover in the middle of a page."""

SMALL = """() => {
  const seen = (one) => one.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });
  const room = (one) => { // what is pressed: a link may cover its row, and a label belongs to its field
    const after = getComputedStyle(one, "::after");
    const whole = after.content !== "none" && after.position === "absolute" ? one.closest("tr, li") ?? one : one;
    const label = one.matches("input") && (one.closest("label") ?? document.querySelector(`label[for="${one.id}"]`));
    const boxes = [whole, label].filter((each) => each && seen(each)).map((each) => each.getBoundingClientRect());
    const [x, y] = [Math.min(...boxes.map((box) => box.left)), Math.min(...boxes.map((box) => box.top))];
    return { one, x, y, w: Math.max(...boxes.map((box) => box.right)) - x, h: Math.max(...boxes.map((box) => box.bottom)) - y };
  };
  const inSentence = (one) => getComputedStyle(one).display === "inline" && !one.closest("table")
    && [...one.parentElement.childNodes].some((each) => each.nodeType === 3 && each.data.trim().length > 1);
  const isHidden = (one) => (one.closest("thead")?.getBoundingClientRect().width ?? 9) <= 2;
  const all = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")]
    .filter((one) => seen(one) && !isHidden(one)).map(room).filter((each) => each.w > 2 && each.y + each.h > 0);
  const small = all.filter((each) => Math.min(each.w, each.h) < 23.9);
  const middle = (each) => [each.x + each.w / 2, each.y + each.h / 2];
  const isNear = (one, other) => { // WCAG 2.5.8: a circle of 24 pixels on each touches no other target, nor its circle
    const [[x, y], [u, v]] = [middle(one), middle(other)];
    const across = Math.max(other.x - x, x - other.x - other.w, 0);
    const down = Math.max(other.y - y, y - other.y - other.h, 0);
    return one !== other && !one.one.contains(other.one) && !other.one.contains(one.one)
      && (Math.hypot(across, down) < 12 || (small.includes(other) && Math.hypot(x - u, y - v) < 24));
  };
  const say = ({ one, w, h }) => `${one.tagName} ${one.className} “${one.innerText ?? ""}” ${Math.round(w)}×${Math.round(h)}`;
  return {
    small: small.filter((each) => !inSentence(each.one)).map(say),
    crowded: small.filter((each) => !inSentence(each.one) && all.some((other) => isNear(each, other))).map(say),
  };
}"""
"""Targets of less than 24 pixels, and those among them with too little space around."""

LIST_FAULTS = r"""() => {
  const [page, card] = [document.documentElement, document.querySelector(".list-card")];
  const text = (one) => { const range = new Range(); range.selectNodeContents(one); return range.getBoundingClientRect(); };
  const room = (one) => one.getBoundingClientRect();
  const isOver = (one, other) => one.left < other.right - 1 && one.right > other.left + 1
    && one.top < other.bottom - 1 && one.bottom > other.top + 1;
  const isTable = getComputedStyle(card.querySelector("tbody")).display !== "block";
  const heads = [...card.querySelectorAll("th:not(.row-select)")].filter((one) => one.checkVisibility());
  const title = text(document.querySelector("h1"));
  const times = [...card.querySelectorAll("td:has(time)")].filter((one) => one.checkVisibility());
  const isBroken = (one) => [...one.textContent.matchAll(/\S+/g)].some((word) => {
    const range = new Range();
    range.setStart(one, word.index);
    range.setEnd(one, word.index + word[0].length);
    return new Set([...range.getClientRects()].map((box) => Math.round(box.top))).size > 1;
  });
  const links = [...card.querySelectorAll("td:is(.wide, .subject) > a")].filter((one) => one.checkVisibility());
  const canvas = document.createElement("canvas").getContext("2d");
  const isCut = (one) => {
    const style = getComputedStyle(one);
    canvas.font = style.font;
    const width = one.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    return canvas.measureText(one.selectedOptions[0].text).width > width + 1;
  };
  const filters = [...document.querySelectorAll(".filters-main select")].filter((one) => one.checkVisibility());
  const rail = document.querySelector(".rail");
  const labels = [...rail.querySelectorAll("a span:last-child")].filter((one) => one.checkVisibility());
  return Object.entries({
    page: page.scrollWidth > page.clientWidth,
    list: card.scrollWidth > card.clientWidth,
    subject: room(card.querySelector("td.subject")).width < (isTable ? 175 : 150),
    heads: isTable && heads.some((one) => text(one).right > room(one).right + 1),
    title: [...document.querySelectorAll(".page-head details, .page-head > .btn")].some((one) => isOver(title, room(one))),
    times: times.some((one) => one.scrollWidth > one.clientWidth),
    words: (!isTable || card.clientWidth > 945) && links.some((one) => isBroken(one.firstChild)),
    filters: filters.some(isCut),
    icons: [...card.querySelectorAll("td svg")].some((one) => getComputedStyle(one).overflow !== "visible"),
    labels: labels.some((one) => text(one).right > room(rail).right || one.scrollWidth > one.clientWidth + 1),
    cards: innerWidth === 390 && isTable || innerWidth >= 1024 && !isTable,
  }).filter(([, isWrong]) => isWrong).map(([name]) => name).join();
}"""
"""Layout faults of a list: its subjects are too wide, overlap something, or are cut off."""

LOOKS = """(one) => {
  const style = getComputedStyle(one);
  return [style.backgroundColor, style.color, style.borderBottomColor, style.outlineStyle].join();
}"""


@pytest.fixture
def many_complaints(cast, records):
    """Enough complaints for several pages, and an object with an address."""
    for number in range(27):
        ComplaintFactory(
            company=cast.company, object=records.object.pk, desc=f"Lamp {number} " + "is out " * number
        )
    services.update(records.object, ADDRESS, actor=cast.alice, context=ChangeContext(Channel.JSON))
    return records


@pytest.mark.parametrize("size", [(720, 450), (1280, 450)], ids=str)
def test_fixed_bars_do_not_cover_a_low_screen(size, cast, many_complaints, visitor):
    width, height = size
    alice = visitor(viewport={"width": width, "height": height}).sign_in(cast.alice)
    page = alice.page
    for address in (
        "/complaints",
        f"/complaints/{many_complaints.complaint.pk}",
        f"/objects/{many_complaints.object.pk}",
        "/objects/new",
    ):
        page.goto(address)
        if address == "/complaints":
            page.locator("input[name=chosen]").first.check()
        assert page.evaluate(COVERED) == 0, address
        alice.look()
    page.evaluate("scrollTo(0, 0)")
    for link in ("Complaints", "Customers"):
        expect(page.locator(".rail").get_by_role("link", name=link, exact=True)).to_be_visible()
    if width < 768:
        page.locator(".rail-more summary").click()
        expect(page.locator(".rail-more").get_by_role("link", name="Articles")).to_be_in_viewport()
    page.set_viewport_size({"width": 390, "height": 844})
    assert 0.1 < page.evaluate(COVERED) < 0.25


def test_targets_are_large_enough_for_touch_and_spaced_for_a_mouse(cast, many_complaints, visitor):
    complaint = f"/complaints/{many_complaints.complaint.pk}"
    for how in ({"viewport": {"width": 390, "height": 844}, "has_touch": True}, {}):
        alice = visitor(**how)
        alice.page.goto("/sign-in")
        found = {"/sign-in": alice.page.evaluate(SMALL)}
        alice.sign_in(cast.alice)
        services.update(
            many_complaints.complaint,
            {"room_description": f"{len(how)}"},
            actor=cast.alice,
            context=ChangeContext(Channel.JSON),
        )
        for address in (
            "/", "/complaints", "/complaints?state=open&q=lamp", "/objects", "/customers", "/search?q=lamp", "/complaints/views",
            complaint, f"{complaint}/print", f"{complaint}/versions/1", f"/objects/{many_complaints.object.pk}", "/contacts/new",
            "/account", "/account/preferences", "/bulk",
        ):  # fmt: skip
            alice.page.goto(address)
            found[address] = alice.page.evaluate(SMALL)
        what = "small" if how else "crowded"
        assert {address: each[what] for address, each in found.items() if each[what]} == {}


def test_selected_items_differ_in_forced_colours(cast, many_complaints, visitor):
    ada = visitor(forced_colors="active", color_scheme="dark").sign_in(cast.ada)
    page = ada.page

    def looks(selector):
        return page.locator(selector).first.evaluate(LOOKS)

    page.goto("/complaints?state=open")
    page.locator("input[name=chosen]").nth(1).check()
    for chosen, other in (
        (".tabs a[aria-current]", ".tabs a:not([aria-current])"),
        (".rail ul a[aria-current]", ".rail ul a:not([aria-current])"),
        (".pager a[aria-current]", ".pager a:not([aria-current])"),
        ("tbody tr:has(:checked)", "tbody tr:not(:has(:checked))"),
    ):
        assert looks(chosen) != looks(other), chosen
    for badge in (".chip", ".tab-count"):
        if page.locator(badge).count():
            assert page.locator(badge).first.evaluate("one => getComputedStyle(one).borderStyle") == "solid"
    assert (
        page.locator("input[name=chosen]").first.evaluate("one => getComputedStyle(one).appearance") == "auto"
    )
    # The icon of a selected item has its colour too.
    rail = page.locator(".rail ul a[aria-current]")
    assert rail.evaluate("one => getComputedStyle(one).color") == rail.locator(".icon").evaluate(
        "one => getComputedStyle(one).color"
    )
    page.locator("a.quick-link").first.click()
    expect(page.locator("[aria-pressed=true]")).to_be_visible()
    assert looks("[aria-pressed=true]") != looks(".quick-form button:not([aria-pressed])")
    page.goto(f"/complaints/{many_complaints.complaint.pk}")
    page.locator("#id_desc").fill("Changed")
    outline = "one => getComputedStyle(one).outlineStyle"
    assert page.locator("#id_desc").evaluate(outline) == "solid"
    page.locator("#id_desc").blur()
    assert page.locator("#id_desc").evaluate(outline) == "dashed"
    page.locator("#id_desc").fill("Lampen er gået")


@pytest.mark.parametrize("scripted", [True, False])
def test_skip_links_lead_to_the_composer_and_to_the_history(scripted, cast, many_complaints, visitor):
    page = visitor(java_script_enabled=scripted).sign_in(cast.alice).page
    page.goto(f"/complaints/{many_complaints.complaint.pk}")
    press = page.keyboard.press
    press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    press("Tab")
    skip = page.get_by_role("link", name="Skip to internal note")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    press("Enter")
    expect(page.locator("#say-comment")).to_be_focused()
    page.goto(f"/complaints/{many_complaints.complaint.pk}")
    for _link in range(3):
        press("Tab")
    press("Enter")
    expect(page.locator("#timeline")).to_be_in_viewport()
    press("Tab")
    assert page.evaluate("document.querySelector('#timeline').contains(document.activeElement)")


@pytest.fixture
def long_lists(cast, many_complaints):
    """Lists with long texts, changed a few minutes ago."""
    ago = timezone.now() - timedelta(minutes=26)
    services.update(
        many_complaints.object,
        {"name": "Varmtvandsbassinet, Strandengen"},
        actor=cast.alice,
        context=ChangeContext(Channel.JSON),
    )
    for status in Complaint.State.values:
        one = ComplaintFactory(
            company=cast.company, object=many_complaints.object.pk, priority=4, user=cast.alice.pk
        )
        Complaint._base_manager.filter(pk=one.pk).update(complaint_status=status)
    for model in (Complaint, CustomerObject, SupportCase):
        model._base_manager.update(created_at=ago, last_modified_at=ago)
    SupportCase._base_manager.update(date=ago)
    User._base_manager.update(last_login=ago)


def test_lists_keep_their_alignment(cast, many_complaints, visitor):
    alice = visitor(viewport={"width": 1440, "height": 900}).sign_in(cast.alice)
    page = alice.page
    page.goto("/complaints")
    summary = page.locator(".filters-more summary")
    before = summary.bounding_box()
    summary.click()
    expect(page.locator("#id_created_from")).to_be_visible()
    assert summary.bounding_box() == before
    filters, rest = page.locator("#filters").bounding_box(), page.locator(".filters-rest").bounding_box()
    assert rest["width"] == filters["width"] and rest["y"] > before["y"] + before["height"]
    alice.look()
    page.goto("/objects")
    for width in (1440, 1024, 390):
        page.set_viewport_size({"width": width, "height": 900})
        cell = page.locator("td.col-address").first
        expect(cell).to_have_text("Talstation 1, 6410 Goldau, Denmark")
        expect(cell).to_be_visible()
        assert cell.evaluate("one => one.scrollWidth <= one.clientWidth"), width
        page.locator("summary", has_text="Columns").click()
        menu = page.locator(".menu[open] .menu-body")
        inside = menu.bounding_box()
        for button in menu.locator(".menu-buttons .btn").all():
            box = button.bounding_box()
            assert (
                box["x"] >= inside["x"] + 10 and box["x"] + box["width"] <= inside["x"] + inside["width"] - 10
            )
        page.keyboard.press("Escape")
    page.goto("/complaints")
    lefts = page.locator("tbody tr").evaluate_all(
        """(rows) => rows.flatMap((row) => [...row.querySelectorAll("td:not(.row-select, .number, .subject, .minor)")]
            .filter((cell) => cell.textContent.trim()).map((cell) => Math.round(cell.getBoundingClientRect().left)))"""
    )
    assert len(set(lefts)) == 2


@pytest.mark.parametrize("language", ["en", "da", "de"])
def test_lists_fit_every_screen(language, cast, long_lists, visitor, settings):
    ada = visitor(color_scheme="dark" if language == "da" else "light").sign_in(cast.ada)
    ada.context.add_cookies([{"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": ada.page.url}])
    faults = {}
    for address in ("/complaints", "/objects", "/cases", "/customers", "/users"):
        ada.page.goto(address)
        assert ada.page.locator("html").get_attribute("lang") == language
        for width in (320, 360, 390, 600, 768, 800, 834, 900, 1024, 1100, 1200, 1280, 1366, 1440, 1920):
            ada.page.set_viewport_size({"width": width, "height": 900})
            if found := ada.page.evaluate(LIST_FAULTS):
                faults[f"{address} {width}"] = found
        ada.page.set_viewport_size({"width": 768, "height": 900})
        ada.look()
    assert faults == {}


def test_the_parts_of_the_home_page_end_on_one_line_and_name_their_places(
    cast, long_lists, visitor, settings
):
    ada = visitor().sign_in(cast.ada)
    ada.context.add_cookies([{"name": settings.LANGUAGE_COOKIE_NAME, "value": "da", "url": ada.page.url}])
    ada.page.goto("/")
    for width in (390, 1024, 1280, 1440, 1920):
        ada.page.set_viewport_size({"width": width, "height": 900})
        ends = ada.page.locator(".queue-parts, .news-list").evaluate_all(
            "all => all.map(one => Math.round(one.getBoundingClientRect().right))"
        )
        assert len(ends) > 1 and len(set(ends)) == 1, (width, ends)
        places = ada.page.locator(".queue-place").evaluate_all(
            "all => all.map(one => one.scrollWidth <= one.clientWidth)"
        )
        assert places and all(places), width

"""Sign-in with a second factor, and reauthentication, in a real Chromium. And every page with the
Content-Security-Policy: the browser reports no violations."""

import re
import time

import pyotp
import pytest
from playwright.sync_api import expect

from backoffice.accounts.models import Attempts
from backoffice.people.tests.factories import PASSWORD
from tests.support.routes import every_route

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def sign_out(page):
    page.locator(".person-menu summary").click()
    with page.expect_navigation():
        page.get_by_role("button", name="Sign out", exact=True).click()


@pytest.mark.deep
@pytest.mark.parametrize(
    "how", [{}, {"viewport": {"width": 390, "height": 800}, "color_scheme": "dark"}], ids=["desk", "phone"]
)
def test_a_second_factor_from_setup_to_removal(how, cast, visitor):
    vera = visitor(**how).sign_in(cast.vera)
    page = vera.page
    page.goto("/account")
    vera.look()
    vera.follow(page.get_by_role("link", name="Two-factor sign-in"))
    vera.look()
    expect(page.locator("svg.qr-code")).to_be_visible()
    totp = pyotp.TOTP(page.locator(".totp-secret").inner_text().replace(" ", ""))
    page.get_by_label("Enter the six digits").fill("000000")
    vera.follow(page.get_by_role("button", name="Set up"))
    vera.look()
    page.get_by_label("Enter the six digits").fill(totp.now())
    vera.follow(page.get_by_role("button", name="Set up"))
    vera.look()
    codes = page.locator(".recovery-codes code").all_inner_texts()
    assert len(codes) == 10
    vera.follow(page.get_by_role("link", name="I've saved them"))
    sign_out(page)
    page.get_by_label("Username").fill("vera")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Two-factor sign-in")).to_be_visible()
    vera.look()
    expect(page.get_by_label("Code")).to_be_focused()
    page.keyboard.type(codes[0])
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.goto("/account/second-factor")
    vera.look()
    expect(page.locator("main")).to_contain_text("9 recovery codes left")
    vera.follow(page.get_by_role("button", name="Remove two-factor sign-in"))
    expect(page.locator("main")).to_contain_text("Two-factor sign-in has been removed.")


def test_reauthentication_loses_nothing(cast, visitor, monkeypatch):
    """Without a script, by keyboard: the confirmation expires while the form is open."""
    ada = visitor(java_script_enabled=False).sign_in(cast.ada)
    page = ada.page
    page.goto("/users/new")
    page.locator("#id_username").fill("new-one")
    page.locator("#id_first_name").fill("“Åse” <i>")
    page.get_by_label("Viewer").check()
    real = time.time
    monkeypatch.setattr("backoffice.accounts.reauthentication.time.time", lambda: real() + 700)
    with page.expect_navigation():
        page.locator(".save-bar button[type=submit]").click()
    expect(page.get_by_role("heading", name="Confirm your password")).to_be_visible()
    page.get_by_label("Password").fill("wrong")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Wrong password. Try again.")
    page.get_by_label("Password").fill(PASSWORD)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("new-one")
    expect(page.locator("#id_first_name")).to_have_value("“Åse” <i>")
    assert Attempts.objects.count() <= 1


VIOLATIONS = """
window.violations = [];
document.addEventListener("securitypolicyviolation",
    event => window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
"""


def has_page(pattern: str) -> bool:
    """Return whether a route has a page to visit."""
    return not re.search(r"^(v2|iptv|\^v2|\^iptv)|logout|sign-out|export|uploads/|jsi18n|autocomplete|admin/r/|login|/act/|/undo|/secrets$|openapi|^seen$|^language$|/columns$|/bulk$|/views/<|^bulk/|/say/|/files$", pattern)  # fmt: skip


@pytest.mark.deep
def test_no_page_violates_the_content_security_policy(cast, records, visitor, key_of, capsys):
    """Visit every address with a page as a user with all permissions, and click everything that opens and
    folds."""
    root = visitor().sign_in(cast.root)
    root.context.add_init_script(VIOLATIONS)
    page, looked_at = root.page, 0
    for route in every_route():
        if route.speaks_json or not has_page(route.pattern):
            continue
        page.goto(route.address(records))
        page.wait_for_load_state("load")
        page.evaluate("document.querySelectorAll('details').forEach(folded => { folded.open = true; })")
        assert page.evaluate("window.violations") == [], route.pattern
        looked_at += 1
    # Some addresses have no content for this user and say so.
    refused = [problem for problem in root.problems if re.match(r"40[345] |console: Failed to load", problem)]
    root.problems[:] = [problem for problem in root.problems if problem not in refused]
    with capsys.disabled():
        print(
            f"\n{looked_at} pages looked at with the policy on, {len(refused) // 2} of them say that there is nothing to do here."
        )
    assert looked_at > 100

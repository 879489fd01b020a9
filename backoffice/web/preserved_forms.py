"""Preserved forms in the browser: the sign-in page carries the input of a form, and the form's page restores
it."""

from urllib.parse import urljoin

from bs4 import BeautifulSoup, Tag
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django_htmx.http import HttpResponseClientRedirect

from backoffice.accounts import preserved_forms
from backoffice.accounts.forms import SignInForm
from backoffice.accounts.preserved_forms import (
    EXPIRED,
    FIELD,
    SESSION_FIELD,
    SIGNED_OUT,
    UNAVAILABLE,
    UNKNOWN,
    PreservedForm,
    open_form,
    preserve,
    store_form,
    stored_form,
)
from backoffice.records.fields import split_uri

WAITING = "-waiting"
"""The suffix of the names of checkboxes for uploaded files that wait for the form to be valid."""
MAX_URL_LENGTH = 4000
"""The length limit of the sign-in URL that carries the preserved form of an htmx request."""


class PreservedFormsMiddleware:
    """Preserves the input of a POST that is redirected to the sign-in page, and restores it when its page is
    shown."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        # Signing out redirects to the sign-in page, too, but has no input to preserve.
        was_signed_in = (
            request.method == "POST"
            and settings.SESSION_COOKIE_NAME in request.COOKIES
            and request.user.is_authenticated
        )
        response = self.get_response(request)
        if request.method == "POST":
            return self._after_post(request, response, was_signed_in)
        if request.method == "GET" and response.status_code == 200 and not response.streaming:
            return self._after_get(request, response)
        return response

    def _after_post(self, request: HttpRequest, response: HttpResponse, was_signed_in: bool) -> HttpResponse:
        leads_to = split_uri(response.get("HX-Redirect") or response.get("Location") or "").path
        if leads_to in (resolve_url(settings.LOGIN_URL), reverse("admin:login")):
            if not was_signed_in and not request.user.is_authenticated:
                return answer_signed_out(request, response)
        elif leads_to == reverse("web:second_factor") and request.path != leads_to:
            if request.user.is_authenticated:
                store_form(request, preserve(request, SIGNED_OUT, request.user.pk))
        elif _has_stored_form(request) and not getattr(request, "stores_form", False):
            form = stored_form(request)
            if form is None or split_uri(form.path).path == request.path:
                del request.session[SESSION_FIELD]
        return response

    def _after_get(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if not _has_stored_form(request) or not response.get("Content-Type", "").startswith("text/html"):
            return response
        form = stored_form(request)
        if form is None:
            del request.session[SESSION_FIELD]
            return response
        if request.htmx and not request.htmx.boosted:
            return response
        restored = restore(response.content.decode(), form, request.path)
        if restored is not None:
            response.content = restored
            response.headers["Cache-Control"] = "no-store"
        return response


def _has_stored_form(request: HttpRequest) -> bool:
    return settings.SESSION_COOKIE_NAME in request.COOKIES and SESSION_FIELD in request.session


def is_by_script(request: HttpRequest) -> bool:
    """Return whether one of our scripts sent the request and reads the response itself."""
    return request.headers.get("X-Requested-With") == "XMLHttpRequest"


def script_answer(status: int, message: str) -> JsonResponse:
    """Return a JSON message for our scripts instead of a page."""
    return JsonResponse({"message": message}, status=status, headers={"Cache-Control": "no-store"})


def answer_signed_out(request: HttpRequest, response: HttpResponse | None = None) -> HttpResponse:
    """Return the sign-in page with the preserved input. If the request does not prove who typed it, preserve
    nothing: return `response`, or a redirect to the sign-in page."""
    if is_by_script(request):
        return script_answer(401, _("You are signed out; nothing was sent."))
    form = preserve(request, SIGNED_OUT)
    if form is None:
        return response or redirect_to_login(request.get_full_path())
    if request.htmx:
        address = f"{reverse('web:sign_in')}?{FIELD}={form.seal()}"
        if len(address) > MAX_URL_LENGTH:
            return response or redirect_to_login(form.page)
        return HttpResponseClientRedirect(address)
    return sign_in_page(request, form)


def sign_in_page(request: HttpRequest, form: PreservedForm, status: int = 200) -> HttpResponse:
    """Render the sign-in page with a preserved form."""
    context = {"form": SignInForm(request), "next": form.page} | preserved_form_context(form)
    page = render(request, "web/account/sign_in.html", context, status=status)
    page.headers["Cache-Control"] = "no-store"
    return page


def preserved_form_context(form: PreservedForm | None) -> dict[str, object]:
    """Return the template context of a page that carries a preserved form."""
    if form is None:
        return {}
    return {"preserved_field": FIELD, "preserved": form.seal(), "preserved_note": restored_form_notice(form)}


@sensitive_post_parameters()
def restore_form(request: HttpRequest) -> HttpResponse:
    """Restore a preserved form that an error page carried."""
    if request.method != "POST":
        return redirect("web:home")
    form = open_form(request.POST.get(FIELD, ""))
    if not request.user.is_authenticated:
        return sign_in_page(request, form) if form else redirect("web:sign_in")
    return redirect(store_form(request, form) or "web:home")


def answer_expired(request: HttpRequest) -> HttpResponse | None:
    """Answer a POST with an old CSRF token; None if its request key does not prove who typed it."""
    form = preserve(request, EXPIRED)
    if form is None:
        return None
    if not request.user.is_authenticated:
        return answer_signed_out(request)
    if form.user_id != request.user.pk:
        if is_by_script(request):
            return script_answer(403, _("Someone else has signed in here; nothing was sent."))
        return render(request, "web/account/other_person.html", preserved_form_context(form), status=403)
    if is_by_script(request):
        return script_answer(403, _("This page has expired; nothing was sent. Try again."))
    address = store_form(request, form)
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)


def restored_form_notice(form: PreservedForm, is_typed: bool = True) -> str:
    """Return the notice on a page with a restored form. `is_typed`: whether any visible field was
    restored."""
    if form.is_too_long:
        return _("Your text is too long to be kept here. Go back in your browser and copy it.")
    reason = {
        SIGNED_OUT: _("You were signed out."),
        EXPIRED: _("The page was open too long."),
        UNAVAILABLE: _("The database was not available."),
        UNKNOWN: _(
            "We do not know whether it was saved. You can send it again without creating a "
            "duplicate: your text is still here."
        ),
    }.get(form.reason, "")
    if form.reason == UNKNOWN:
        parts = [reason]
    elif is_typed:
        parts = [reason, _("Your text is still here; it is not saved yet.")]
    else:
        parts = [reason, _("Nothing was done. Press the button again.")]
    if form.has_secrets:
        parts.append(_("Passwords, codes and confidential fields are not kept. Enter them again."))
    if form.has_files and any(name.endswith(WAITING) for name in form.values):
        parts.append(_("Selected files are kept. Choose the others again."))
    elif form.has_files:
        parts.append(_("Files are not kept. Choose them again."))
    return " ".join(part for part in parts if part)


# Restore values in the HTML of a page.


def restore(content: str, form: PreservedForm, path: str) -> str | None:
    """Return the page with the values of a preserved form filled in; None if the form is not on it."""
    soup = BeautifulSoup(content, "html.parser")
    tag = find_form(soup, form, path)
    if tag is None:
        return None
    is_typed = fill(soup, tag, form)
    tag["data-restored"] = ""
    note = soup.new_tag("div", attrs={"class": "notice notice-warning", "role": "status", "tabindex": "-1"})
    text = soup.new_tag("p")
    text.string = restored_form_notice(form, is_typed)
    note.append(text)
    container = soup.find(id="content") or soup.body
    container.insert(0, note)
    return str(soup)


def find_form(soup: BeautifulSoup, form: PreservedForm, path: str) -> Tag | None:
    """Return the form on a page whose action is that of the preserved form; of several, the one that shares
    most fields."""
    target = split_uri(form.path).path

    def has_target(tag: Tag) -> bool:
        if tag.get("method", "").lower() != "post":
            return False
        actions = [tag.get("action") or path]
        actions += [button["formaction"] for button in controls(soup, tag) if button.get("formaction")]
        return target in [split_uri(urljoin(path, action)).path for action in actions]

    def count_shared(tag: Tag) -> int:
        return sum(control["name"] in form.values for control in controls(soup, tag) if control.get("name"))

    return max(filter(has_target, soup.find_all("form")), key=count_shared, default=None)


def controls(soup: BeautifulSoup, form: Tag) -> list[Tag]:
    """Return the controls of a form, including those elsewhere on the page with its id in their `form`
    attribute."""
    names = ["input", "select", "textarea", "button"]
    found = [control for control in form.find_all(names) if control.get("form") in (None, form.get("id"))]
    inside = {id(control) for control in found}
    if form.get("id"):
        found += [tag for tag in soup.find_all(names, form=form["id"]) if id(tag) not in inside]
    return [control for control in found if control.find_parent("template") is None]


def fill(soup: BeautifulSoup, tag: Tag, form: PreservedForm) -> bool:
    """Fill values into the controls of a form. Return whether any of the controls is visible. In a bulk edit,
    the checkbox “change this field” is not checked for a field whose value was not preserved
    (`form.left_out`)."""
    values = form.values
    remaining = {name: list(found) for name, found in values.items()}
    is_typed = False
    for control in controls(soup, tag):
        name, input_type = control.get("name"), control.get("type", "text").lower()
        if not name or control.name == "button" or input_type in _NEVER_FILLED or _is_excluded(name):
            continue
        if input_type in ("checkbox", "radio"):
            value = control.get("value", "on")
            _mark(control, "checked", value in values.get(name, ()) and value not in form.left_out)
        elif not remaining.get(name):
            continue
        elif control.name == "select":
            for option in control.find_all("option"):
                _mark(option, "selected", option.get("value", option.text) in values[name])
        else:
            _write(control, remaining[name].pop(0))
        is_typed = is_typed or input_type != "hidden"
    return is_typed


_NEVER_FILLED = frozenset({"file", "submit", "button", "image", "reset", "password"})


def _is_excluded(name: str) -> bool:
    return name in ("csrfmiddlewaretoken", FIELD) or preserved_forms.is_secret(name)


def _write(control: Tag, text: str) -> None:
    if control.name == "textarea":
        text = text.replace("\r\n", "\n")
        is_changed = control.text.removeprefix("\n") != text
        control.string = f"\n{text}"
    else:
        is_changed = control.get("value", "") != text
        control["value"] = text
    if (
        (is_changed or text)
        and control.get("type") != "hidden"
        and (details := control.find_parent("details"))
    ):
        details["open"] = ""


def _mark(tag: Tag, attribute: str, is_set: bool) -> None:
    if is_set:
        tag[attribute] = ""
    else:
        tag.attrs.pop(attribute, None)

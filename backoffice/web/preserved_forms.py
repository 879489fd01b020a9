"""Preserved forms in the browser: pages carry them while nobody is signed in, and show them again afterwards."""

from urllib.parse import urljoin

from bs4 import BeautifulSoup, Tag
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django_htmx.http import HttpResponseClientRedirect

from backoffice.accounts import preserved_forms
from backoffice.accounts.forms import SignInForm
from backoffice.accounts.preserved_forms import (
    AWAY,
    EXPIRED,
    FIELD,
    SESSION_FIELD,
    SIGNED_OUT,
    UNKNOWN,
    PreservedForm,
    open_form,
    preserve,
    store_form,
    stored_form,
)
from backoffice.records.fields import split_uri

WAITING = "-waiting"
"""Ends the name of the boxes to tick of files that were taken and wait."""
LONGEST_ADDRESS = 4000
"""How long the address may be that takes a preserved form of an htmx request to the sign-in page."""


class PreservedFormsMiddleware:
    """Preserves what was typed when a POST is sent to the sign-in page, and restores it when its page is shown."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        # Who signs out by this request is led to the sign-in page, too.
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
    """Whether a script of ours sent this and reads the answer itself."""
    return request.headers.get("X-Requested-With") == "XMLHttpRequest"


def script_answer(status: int, message: str) -> JsonResponse:
    """What a script of ours is told in the place of a page."""
    return JsonResponse({"message": message}, status=status, headers={"Cache-Control": "no-store"})


def answer_signed_out(request: HttpRequest, response: HttpResponse | None = None) -> HttpResponse:
    """The sign-in page, with what was typed; `response` if nobody knows who typed it."""
    if is_by_script(request):
        return script_answer(401, _("You are signed out; nothing was sent."))
    form = preserve(request, SIGNED_OUT)
    if form is None:
        return response or redirect_to_sign_in(request.get_full_path())
    if request.htmx:
        address = f"{reverse('web:sign_in')}?{FIELD}={form.seal()}"
        if len(address) > LONGEST_ADDRESS:
            return response or redirect_to_sign_in(form.page)
        return HttpResponseClientRedirect(address)
    return sign_in_page(request, form)


def redirect_to_sign_in(address: str) -> HttpResponse:
    """Lead to the sign-in page, and from there to an address."""
    from django.contrib.auth.views import redirect_to_login

    return redirect_to_login(address)


def sign_in_page(request: HttpRequest, form: PreservedForm, status: int = 200) -> HttpResponse:
    """The sign-in page that carries a preserved form."""
    context = {"form": SignInForm(request), "next": form.page} | preserved_form_context(form)
    page = render(request, "web/account/sign_in.html", context, status=status)
    page.headers["Cache-Control"] = "no-store"
    return page


def preserved_form_context(form: PreservedForm | None) -> dict[str, object]:
    """What a template needs to carry a preserved form."""
    return (
        {"preserved_field": FIELD, "preserved": form.seal(), "preserved_note": note_of(form)} if form else {}
    )


@sensitive_post_parameters()
def restore_form(request: HttpRequest) -> HttpResponse:
    """Go on with a preserved form that an error page carried."""
    if request.method != "POST":
        return redirect("web:home")
    form = open_form(request.POST.get(FIELD, ""))
    if not request.user.is_authenticated:
        return sign_in_page(request, form) if form else redirect("web:sign_in")
    return redirect(store_form(request, form) or "web:home")


def answer_expired(request: HttpRequest) -> HttpResponse | None:
    """Answer a POST with an old CSRF token, when its request key says who typed it; None when nobody knows."""
    form = preserve(request, EXPIRED)
    if form is None:
        return None
    if not request.user.is_authenticated:
        return answer_signed_out(request)
    if form.user_id != request.user.pk:
        if is_by_script(request):
            return script_answer(403, _("Somebody else has signed in here; nothing was sent."))
        return render(request, "web/account/other_person.html", preserved_form_context(form), status=403)
    if is_by_script(request):
        return script_answer(403, _("This page is too old; nothing was sent. Try again."))
    address = store_form(request, form)
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)


def note_of(form: PreservedForm, is_typed: bool = True) -> str:
    """What to say about a form that was not handled."""
    if form.is_too_long:
        return _(
            "What you typed is too long to be kept here. Go back in your browser, and copy it from there."
        )
    began = {
        SIGNED_OUT: _("You were signed out."),
        EXPIRED: _("The page had been open too long."),
        AWAY: _("The database was away or busy."),
        UNKNOWN: _(
            "We do not know whether it was saved. Sending again does not make a second one: what you typed is still here."
        ),
    }.get(form.reason, "")
    if form.reason == UNKNOWN:
        parts = [began]
    elif is_typed:
        parts = [began, _("What you typed is still here; it is not saved yet.")]
    else:
        parts = [began, _("Nothing was done: press the button again.")]
    if form.has_secrets:
        parts.append(_("Passwords, codes and what only some may see are not kept: type them again."))
    if form.has_files and any(name.endswith(WAITING) for name in form.values):
        parts.append(_("Ticked files are kept; choose the others again."))
    elif form.has_files:
        parts.append(_("Files are not kept: choose them again."))
    return " ".join(part for part in parts if part)


# Putting values back into the page.


def restore(content: str, form: PreservedForm, path: str) -> str | None:
    """The page with the values of a preserved form in place; None if the form is not on it."""
    soup = BeautifulSoup(content, "html.parser")
    found = find_form(soup, form, path)
    if found is None:
        return None
    is_typed = fill(soup, found, form)
    found["data-returned"] = ""
    note = soup.new_tag("div", attrs={"class": "notice notice-warning", "role": "status", "tabindex": "-1"})
    text = soup.new_tag("p")
    text.string = note_of(form, is_typed)
    note.append(text)
    place = soup.find(id="content") or soup.body
    place.insert(0, note)
    return str(soup)


def find_form(soup: BeautifulSoup, form: PreservedForm, path: str) -> Tag | None:
    """The form on a page that sends to where the preserved one was sent; of several, the one that fits best."""
    target = split_uri(form.path).path

    def leads_there(tag: Tag) -> bool:
        if tag.get("method", "").lower() != "post":
            return False
        actions = [tag.get("action") or path]
        actions += [button["formaction"] for button in controls(soup, tag) if button.get("formaction")]
        return target in [split_uri(urljoin(path, action)).path for action in actions]

    def shared(tag: Tag) -> int:
        return sum(control["name"] in form.values for control in controls(soup, tag) if control.get("name"))

    return max(filter(leads_there, soup.find_all("form")), key=shared, default=None)


def controls(soup: BeautifulSoup, form: Tag) -> list[Tag]:
    """The controls of a form, those included that stand elsewhere on the page."""
    kinds = ["input", "select", "textarea", "button"]
    mine = [control for control in form.find_all(kinds) if control.get("form") in (None, form.get("id"))]
    inside = {id(control) for control in mine}
    if form.get("id"):
        mine += [tag for tag in soup.find_all(kinds, form=form["id"]) if id(tag) not in inside]
    return [control for control in mine if control.find_parent("template") is None]


def fill(soup: BeautifulSoup, tag: Tag, form: PreservedForm) -> bool:
    """Put values into the controls of a form. True if any of them is one that people see. A box that says that a field
    is to be changed (in bulk) is not ticked for a field that was left out."""
    values = form.values
    left = {name: list(found) for name, found in values.items()}
    is_typed = False
    for control in controls(soup, tag):
        name, kind = control.get("name"), control.get("type", "text").lower()
        if not name or control.name == "button" or kind in _NEVER_FILLED or _is_left_alone(name):
            continue
        if kind in ("checkbox", "radio"):
            value = control.get("value", "on")
            _mark(control, "checked", value in values.get(name, ()) and value not in form.left_out)
        elif not left.get(name):
            continue
        elif control.name == "select":
            for option in control.find_all("option"):
                _mark(option, "selected", option.get("value", option.text) in values[name])
        else:
            _write(control, left[name].pop(0))
        is_typed = is_typed or kind != "hidden"
    return is_typed


_NEVER_FILLED = frozenset({"file", "submit", "button", "image", "reset", "password"})


def _is_left_alone(name: str) -> bool:
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
        and (folded := control.find_parent("details"))
    ):
        folded["open"] = ""


def _mark(tag: Tag, attribute: str, is_set: bool) -> None:
    if is_set:
        tag[attribute] = ""
    else:
        tag.attrs.pop(attribute, None)

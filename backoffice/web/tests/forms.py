"""Helpers that read and send forms, and end and renew sessions."""

from bs4 import BeautifulSoup
from django.core.files.uploadedfile import SimpleUploadedFile

from backoffice.forms.tests.pages import form_data
from backoffice.people.tests.factories import PASSWORD
from backoffice.uploads.tests.files import picture


def soup(response) -> BeautifulSoup:
    return BeautifulSoup(response.content, "lxml")


def form_controls(page: BeautifulSoup, action: str) -> dict:
    """Return what the form with an action submits, with any of its buttons."""
    leads = [form for form in page.find_all("form") if form.get("action") == action]
    buttons = page.find_all(formaction=action)
    form = (
        leads[0]
        if leads
        else page.find(id=buttons[0]["form"])
        if buttons
        else page.select_one("form[method=post]:not([action])")
    )
    sent = form_data(form)
    for control in page.select(f"[form={form['id']}]") if form.get("id") else ():
        sent |= form_data(BeautifulSoup(str(control), "lxml"))
    return sent


def end_session(client) -> None:
    """End the session of a browser, as by signing out in another tab."""
    client.session.flush()
    client.cookies.pop("sessionid", None)


def preserved_input(response) -> str:
    return soup(response).select_one("[name=preserved-form]")["value"]


def sign_in(client, user, response=None, **more):
    """Sign in on the response page, with its hidden fields."""
    sent = form_data(soup(response).select_one("form[action='/sign-in']")) if response is not None else {}
    return client.post("/sign-in", sent | {"username": user.username, "password": PASSWORD} | more)


def sign_in_and_return(client, user, response):
    """Sign in and follow the redirect."""
    answer = sign_in(client, user, response)
    assert answer.status_code == 302, answer.content.decode()[:2000]
    return client.get(answer["Location"], follow=True)


def make_file(name):
    return SimpleUploadedFile(name, picture(), "image/png")

"""Helpers that use admin pages as a browser does: open a form, change some fields, submit the rest
unchanged."""

from bs4 import BeautifulSoup

from backoffice.forms.tests.pages import form_data, record_form


def admin_url(target, page="change"):
    """Return the URL of a page of a record, or (with a model) of its list: `add`, or `""` for the list
    itself."""
    base = f"/admin/{target._meta.app_label}/{target._meta.model_name}/"
    if isinstance(target, type):
        return f"{base}{page}/" if page else base
    return f"{base}{target.pk}/{page}/"


def open_admin_form(client, url) -> dict:
    """Return what a browser would submit for an unchanged form."""
    response = client.get(url)
    assert response.status_code == 200, url
    return form_data(record_form(response.content))


def save_form(client, url, **changes):
    """Open a form, change some fields, submit it; return the response. Names have `__` where the page has
    `-`."""
    sent = open_admin_form(client, url) | {name.replace("__", "-"): value for name, value in changes.items()}
    return client.post(url, sent | {"_save": "Save"})


def read_outcomes(html: str) -> dict[str, tuple[str, str]]:
    """Return the report of a bulk action: by record, the outcome and the reason."""
    page = BeautifulSoup(html, "lxml")
    rows = [row.find_all(["th", "td"]) for row in page.select(".bulk-report tbody tr")]
    return {
        name.get_text(strip=True): (word.get_text(strip=True), why.get_text(strip=True))
        for name, word, why in rows
    }


def run_action(client, records, action: str, **sent):
    """Run a bulk action on some records of the list; with `value` or `post`, confirm it as well."""
    chosen = {"action": action, "_selected_action": [record.pk for record in records]}
    return client.post(admin_url(type(records[0]), ""), chosen | sent)

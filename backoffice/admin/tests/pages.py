"""Using admin as people do: open a page, change what is to be changed, send the rest as it is."""

from bs4 import BeautifulSoup

from backoffice.forms.tests.pages import as_sent, record_form


def address(thing, page="change"):
    """The address of a page of a record, or (with a model) of its kind: `add`, `""` for the list."""
    base = f"/admin/{thing._meta.app_label}/{thing._meta.model_name}/"
    if isinstance(thing, type):
        return f"{base}{page}/" if page else base
    return f"{base}{thing.pk}/{page}/"


def opened(client, url) -> dict:
    """What a browser would send of the form at this address if nobody touched it."""
    response = client.get(url)
    assert response.status_code == 200, url
    return as_sent(record_form(response.content))


def saved(client, url, **changes):
    """Open, change, save; the answer. Names have `__` where the page has `-`."""
    sent = opened(client, url) | {name.replace("__", "-"): value for name, value in changes.items()}
    return client.post(url, sent | {"_save": "Save"})


def outcomes(html: str) -> dict[str, tuple[str, str]]:
    """The report of a bulk action: what became of each record, and why."""
    page = BeautifulSoup(html, "lxml")
    rows = [row.find_all(["th", "td"]) for row in page.select(".bulk-report tbody tr")]
    return {
        name.get_text(strip=True): (word.get_text(strip=True), why.get_text(strip=True))
        for name, word, why in rows
    }


def in_bulk(client, records, action: str, **sent):
    """Choose an action for some records of the list; with `value` or `post`, confirm it as well."""
    chosen = {"action": action, "_selected_action": [record.pk for record in records]}
    return client.post(address(type(records[0]), ""), chosen | sent)

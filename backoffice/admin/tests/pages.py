"""Using admin as people do: open a page, change what is to be changed, send the rest as it is."""

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

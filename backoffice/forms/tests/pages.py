"""Helpers that read the forms of pages as a browser does."""

from bs4 import BeautifulSoup, Tag


def form_data(html: str | Tag) -> dict[str, str | list[str]]:
    """Return what a browser submits for an unedited form: every control with its value in the page.

    Controls with several values (boxes to tick) give a list, as Django's test client takes it.
    """
    page = html if isinstance(html, Tag) else BeautifulSoup(html, "lxml")
    templates = {id(control) for template in page.find_all("template") for control in template.find_all(True)}
    sent = {}
    for control in page.find_all(["input", "textarea", "select"]):
        name, kind = control.get("name"), control.get("type")
        ticked = kind in ("checkbox", "radio")
        if not name or id(control) in templates or (ticked and not control.has_attr("checked")):
            continue
        if kind in ("submit", "button", "image", "file") or control.has_attr("disabled"):
            continue
        value = _value(control, kind)
        if ticked and name in sent:
            value = [*(sent[name] if isinstance(sent[name], list) else [sent[name]]), value]
        sent[name] = value
    return sent


def _value(control: Tag, kind: str | None) -> str:
    if control.name == "select":
        chosen = control.find("option", selected=True) or control.find("option")
        return chosen.get("value", chosen.text) if chosen else ""
    if control.name == "textarea":
        return control.text.replace("\r\n", "\n").removeprefix("\n").replace("\n", "\r\n")
    value = control.get("value", "on" if kind == "checkbox" else "")
    return value.replace("\r", "").replace("\n", "") if kind in ("text", "tel") else value


def record_form(html: str | bytes) -> Tag:
    """Return the form that edits the record: the one with the most controls."""
    page = BeautifulSoup(html, "lxml")
    return max(page.find_all("form"), key=lambda form: len(form.find_all(["input", "textarea", "select"])))


def open_form(client, url) -> dict:
    return form_data(record_form(client.get(url).content))


def soup(answer) -> BeautifulSoup:
    return BeautifulSoup(answer.content, "lxml")

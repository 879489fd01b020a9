"""Danish and German: whole pages, locale-specific form input, and what stays English."""

import csv
import json
import re
from contextlib import nullcontext
from io import BytesIO, StringIO
from zipfile import ZipFile

import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils.translation import override

from backoffice.admin.tests.pages import admin_url
from backoffice.forms.fields import DecimalField, RecordIntegerField
from backoffice.forms.tests.pages import form_data, record_form
from backoffice.records.models import History
from backoffice.web.viewsets import all_viewsets
from facility.models import CustomerObject
from facility.tests.factories import ComplaintFactory
from scripts.messages import LANGUAGES, entries_of

pytestmark = pytest.mark.django_db
ENGLISH_PARTS = "[lang=en], code, pre, kbd, script, style"


def browser(user, language: str) -> Client:
    """Return a browser with a signed-in user that prefers a language."""
    client = Client(headers={"Accept-Language": language})
    if user is not None:
        client.force_login(user)
    return client


def parse_page(client, path: str) -> BeautifulSoup:
    response = client.get(path, follow=True)
    assert response.status_code in (200, 403, 404), path
    return BeautifulSoup(response.content, "lxml")


def english_only(language: str) -> set[str]:
    """Return the English texts that are different in a language."""
    entries = [entry for entry in entries_of(language) if not entry.msgid_plural]
    ours = {entry.msgid for entry in entries if entry.msgid not in (entry.msgstr, entry.msgstr.lower())}
    translations = {entry.msgstr for entry in entries}
    both = ours | {text[:1].upper() + text[1:] for text in ours}
    return both - translations - {text[:1].upper() + text[1:] for text in translations}


def english_in(page: BeautifulSoup, english: set[str]) -> set[str]:
    """Return the English texts of a page, visible or read by screen readers."""
    for part in page.select(ENGLISH_PARTS):
        part.decompose()
    texts = {" ".join(text.split()).rstrip(":") for text in page.find_all(string=True)}
    for name in ("aria-label", "placeholder", "title", "data-one", "data-many", "data-label"):
        texts |= {element[name] for element in page.find_all(attrs={name: True})}
    texts |= {button.get("value", "") for button in page.select("input[type=submit]")}
    return texts & english


def pages_of(records) -> list[str]:
    """Return each page of each record type."""
    one_of = {type(record): record for name, record in vars(records).items() if not name.startswith("their")}
    found = ["/", "/search", "/search?q=a", "/search?q=giraffe", "/account", "/account/password", "/nowhere"]
    found += ["/account/second-factor", "/account/confirm", "/secrets-read"]
    found += ["/docs/api", "/docs/api/facility"]
    for kind in all_viewsets():
        found += [kind.url("list"), f"{kind.url('list')}?q=giraffe", kind.url("new")]
        if record := one_of.get(kind.model):
            found += [
                kind.url("record", record.pk),
                kind.url("version", record.pk, 1),
                kind.url("remove", record.pk),
            ]
    return found


@pytest.mark.parametrize("language", ["da", pytest.param("de", marks=pytest.mark.deep)])
def test_the_complaint_page_is_in_one_language(cast, records, language):
    """The page of a complaint, with its form, its timeline and its panels."""
    page = parse_page(browser(cast.alice, language), f"/complaints/{records.complaint.pk}")
    assert page.html["lang"] == language
    assert english_in(page, english_only(language)) == set()


@pytest.mark.deep
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_in_one_language(cast, records, language):
    """Texts that are translated when their module is loaded stay English."""
    english = english_only(language)
    mixed = {}
    for user in (cast.ada, cast.vera, cast.rikke, cast.root):
        client = browser(user, language)
        paths = pages_of(records)
        if user.is_staff:
            paths += ["/admin/", *(admin_url(record) for record in vars(records).values())]
            paths += [
                "/admin/records/history/",
                "/admin/people/user/add/",
                admin_url(records.complaint, "history"),
            ]
        for path in paths:
            page = parse_page(client, path)
            assert page.html["lang"] == language
            if found := english_in(page, english):
                mixed[path] = found
    for path in ("/sign-in", "/password-reset", "/password-reset/sent", "/password-reset/done"):
        if found := english_in(parse_page(browser(None, language), path), english):
            mixed[path] = found
    assert mixed == {}


def test_a_setting_is_the_language_of_browsers_that_prefer_another(settings):
    for language in ("da", "de", "en"):
        settings.LANGUAGE_CODE = language
        for preferred in ("", "fr, es;q=0.5"):
            assert parse_page(browser(None, preferred), "/sign-in").html["lang"] == language


def test_a_visitor_can_choose_another_language(cast):
    """With the form at the foot of the sign-in page, without a script."""
    client = browser(None, "de")
    page = parse_page(client, "/sign-in?next=/account")
    assert page.html["lang"] == "de"
    form = page.select_one("form.languages")
    assert [button.text for button in form.select("button")] == ["English", "Dansk", "Deutsch"]
    assert form.select_one("[aria-current]")["value"] == "de"
    answer = client.post(form["action"], form_data(form) | {"language": "da"})
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in?next=/account")
    page = parse_page(client, answer["Location"])
    assert (page.html["lang"], page.h1.text) == ("da", "Log ind")
    client.force_login(cast.alice)
    page = parse_page(client, "/account")
    assert (page.h1.text, page.select_one(".languages [aria-current]").text) == ("Min konto", "Dansk")
    client.post("/language", {"language": "tlh", "next": "https://elsewhere.example"})
    assert parse_page(client, "/account").html["lang"] == "da"


@pytest.mark.parametrize(
    ("language", "typed", "kept"),
    [
        ("da", "1.234,50", 1234.5),
        ("de", "-1.234.567,5", -1234567.5),
        ("da", "0,5", 0.5),
        ("en", "1,234.50", 1234.5),
        ("da", "1234.5", 1234.5),  # as number inputs send it, in every language
        ("en", "1,5", 1.5),
        ("de", "0.125", 0.125),
        ("da", "55.66935", 55.66935),
        ("en", "1.234", 1.234),
        ("da", "1,234", 1.234),
        ("de", "1.234.567", 1234567),
        ("da", "1 234,5", 1234.5),
        ("da", "\u22122,5", -2.5),
        ("de", "1e5", 100000.0),
        ("de", "1.234", None),
        ("en", "1,234", None),
        ("da", "1.2345,5", None),
        ("da", "1,234.5", None),
        ("de", "1,2,3", None),
        ("en", "1.5,", None),
        ("en", "4-", None),
        ("da", "four", None),
        ("en", "nan", None),
        ("en", "1" * 50, None),
    ],
)
def test_numbers_are_parsed_by_the_locale(language, typed, kept):
    """Ambiguous and invalid numbers are refused."""
    with override(language), pytest.raises(ValidationError) if kept is None else nullcontext():
        assert DecimalField().clean(typed) == kept


@pytest.mark.parametrize(
    ("language", "typed", "kept"),
    [
        ("da", "1.000", 1000),
        ("de", "1.234.567", 1234567),
        ("en", "1,000", 1000),
        ("en", "1 000", 1000),
        ("da", "-7", -7),
        ("en", "1.000", None),
        ("da", "1,000", None),
        ("da", "1.00", None),
        ("en", "4-", None),
        ("de", "1.5", None),
        ("en", "1e3", None),
    ],
)
def test_grouped_integers_are_parsed_by_the_locale(language, typed, kept):
    with override(language), pytest.raises(ValidationError) if kept is None else nullcontext():
        assert RecordIntegerField().clean(typed) == kept


@pytest.mark.parametrize("language", ["da", pytest.param("de", marks=pytest.mark.deep)])
def test_forms_are_filled_in_and_parsed_by_the_locale(cast, records, language):
    client, path = browser(cast.alice, language), f"/objects/{records.object.pk}"
    sent = form_data(record_form(client.get(path).content))
    typed = {"rating": "3,5", "contract_start_date": "05.03.2026", "material-TOTAL_FORMS": "1",
             "material-0-article": records.article.pk, "material-0-budget": "1.234,50"}  # fmt: skip
    assert client.post(path, sent | typed).status_code == 302
    record = CustomerObject.objects.get(pk=records.object.pk)
    assert record.rating == 3.5
    assert record.material == [{"article": records.article.pk, "budget": 1234.5}]
    page = BeautifulSoup(client.get(path).content, "lxml")
    shown = {"da": ("til 3,5", "5. marts 2026"), "de": ("auf 3,5 gesetzt", "5. März 2026")}[language]
    assert all(words in page.select_one("#timeline").text for words in shown)
    again = form_data(record_form(str(page)))
    assert (again["rating"], again["contract_start_date"]) == ("3,5", "05.03.2026")
    assert again["material-0-budget"] == "1234,5"


@pytest.mark.deep
def test_the_history_stores_values_and_is_shown_in_the_readers_language(cast, records):
    """Alice's changes in Danish leave the same rows as those in English."""
    stored, timelines = [], []
    for language in ("da", "en"):
        complaint = ComplaintFactory(company=cast.company, object=records.object.pk, desc="Lampen er gået")
        client, path = browser(cast.alice, language), f"/complaints/{complaint.pk}"
        sent = form_data(record_form(client.get(path).content)) | {"priority": "3", "user": cast.alice.pk}
        assert client.post(path, sent).status_code == 302
        assert client.post(f"{path}/act/finish").status_code == 302
        rows = History.objects.filter(record_id=complaint.pk, version__gt=1).order_by("version")
        stored.append(
            [(row.action, row.record_name, row.who, row.via, _without_times(row.changes)) for row in rows]
        )
        timelines.append(parse_page(browser(cast.alice, "de"), path).select_one("#timeline").text)
    assert stored[0] == stored[1]
    assert len(stored[0]) == 2
    assert "Alice hat die Meldung abgeschlossen" in timelines[0]
    assert "Status von Zugewiesen auf Abgeschlossen" in timelines[0]


def _without_times(changes: list[dict]) -> list[dict]:
    return [change for change in changes if change["property"] not in ("assigned_date", "finished_at")]


def test_json_is_english(cast, records, key_of):
    headers = {"Accept-Language": "da", "X-API-Key": key_of(cast.alice)}
    answer = Client().patch(
        f"/v2/complaints/{records.complaint.pk}",
        {"desc": ""},
        content_type="application/json",
        headers=headers,
    )
    assert answer.json()["errors"] == [
        {"field": "desc", "message": "This field cannot be blank.", "code": "required"}
    ]
    answer = Client().get("/iptv/nowhere", headers=headers)
    assert answer.json()["description"] == "Nothing was found at this address."


@pytest.mark.deep
def test_json_is_english_for_every_accept_language(cast, records, key_of):
    """In every dialect: errors of the model, of the grammar, and for unknown addresses."""
    keys = {person: key_of(person) for person in (cast.alice, cast.vera, cast.ada)}
    complaint, case = f"/v2/complaints/{records.complaint.pk}", f"/iptv/supportcase/{records.case.pk}"
    asked = [
        ("get", "/v2/complaints/nothing", None, cast.alice),
        ("get", "/v2/nowhere", None, cast.alice),
        ("get", "/iptv/nowhere", None, cast.alice),
        ("get", "/v2/complaints?color=red", None, cast.alice),
        ("get", complaint, None, None),
        ("delete", "/v2/complaints/count", None, cast.alice),
        (
            "patch",
            complaint,
            {"desc": "", "contact": {"email": "nobody"}, "priority": 9, "color": 1},
            cast.alice,
        ),
        ("patch", complaint, {"userId": "0" * 24, "objectId": "0" * 24}, cast.alice),
        ("patch", complaint, {"priority": 2}, cast.vera),
        ("post", case, {"name": "", "device": "TOASTER", "date": "yesterday"}, cast.ada),
        ("delete", f"/v2/objects/{records.object.pk}", None, cast.ada),
        ("get", "/v2/openapi.json", None, None),
    ]
    client = Client()
    for method, path, body, person in asked:
        answers = []
        for language in ("en", "da", "de"):
            headers = {"Accept-Language": language, "Cookie": f"django_language={language}"}
            headers |= {"X-API-Key": keys[person]} if person else {}
            sent = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
            response = getattr(client, method)(path, headers=headers, **sent)
            assert response["Content-Language"] == "en", path
            answers.append((response.status_code, response.content))
        assert answers[0] == answers[1] == answers[2], path
        assert answers[0][0] >= 400 or path.endswith("openapi.json"), path


@pytest.mark.parametrize(
    "slug", ["cases", *(pytest.param(slug, marks=pytest.mark.deep) for slug in ("complaints", "customers"))]
)
def test_tables_for_people_are_in_the_language_of_the_page(cast, records, slug):
    """CSV and XLSX have the words of the list; CSV for programs and JSON are the same in all languages."""

    def exported(format: str) -> list[bytes]:
        answers = [
            browser(cast.ada, language).get(f"/{slug}/export?format={format}")
            for language in ("en", "da", "de")
        ]
        return [b"".join(answer.streaming_content) for answer in answers]

    for format in ("plain-csv", "json"):
        files = exported(format)
        assert files[0] == files[1] == files[2]
        assert b"No." in files[0]
    tables = [
        list(csv.reader(StringIO(file.decode("utf-8-sig"), newline=""), delimiter=separator))
        for file, separator in zip(exported("csv"), ",;;", strict=True)
    ]
    workbooks = [BytesIO(file) for file in exported("xlsx")]
    for language, (headings, *rows), workbook in zip(("en", "da", "de"), tables, workbooks, strict=True):
        page = parse_page(browser(cast.ada, language), f"/{slug}").get_text("\n")
        assert [heading for heading in headings if heading not in page] == []
        assert rows and all(heading.encode() in strings_of(workbook) for heading in headings)
    assert len({tuple(headings) for headings, *_rows in tables}) == 3


def strings_of(workbook: BytesIO) -> bytes:
    """Return the first sheet of an XLSX file, which has the texts."""
    return ZipFile(workbook).read("xl/worksheets/sheet1.xml")


def test_commands_are_in_english(cast, tmp_path, settings):
    settings.LANGUAGE_CODE = "da"
    file = tmp_path / "articles.json"
    file.write_text('[{"_id": "65f000000000000000000001", "name": "", "color": 1}]')
    output = StringIO()
    with pytest.raises(CommandError, match="Nothing was written"):
        call_command("import_documents", "articles", str(file), "--company", cast.company.name, stdout=output)
    assert "This property does not exist." in output.getvalue()
    assert parse_page(Client(), "/sign-in").html["lang"] == "da"  # pages are not in English


NAME_BEFORE_STOP = re.compile(r"%\((?:name|record|title|text|subject|file)\)s[.!?](?:\s|$)")


@pytest.mark.parametrize("language", ["en", *LANGUAGES])
def test_names_stand_in_quotation_marks_before_a_full_stop(language):
    """A name may end in an ellipsis, or in a full stop of its own."""
    entries = entries_of("de" if language == "en" else language)
    texts = [text for entry in entries for text in (
        [entry.msgid, entry.msgid_plural] if language == "en" else [entry.msgstr, *entry.msgstr_plural.values()]
    )]  # fmt: skip
    assert [text for text in texts if NAME_BEFORE_STOP.search(text)] == []


@pytest.mark.parametrize(("language", "foreign"), [("da", "“”„"), ("de", "”»«")])
def test_quotation_marks_are_those_of_the_language(language, foreign):
    entries = entries_of(language)
    texts = [text for entry in entries for text in [entry.msgstr, *entry.msgstr_plural.values()]]
    assert [text for text in texts if set(text) & set(foreign)] == []


def test_german_has_one_form_for_people():
    """*Mitarbeitende*, *zuständige Person*: no slashes, stars and colons in words."""
    texts = [entry.msgstr for entry in entries_of("de")]
    forms = re.compile(r"[a-zäöüß][/*:_](?:r|n|e|in|innen)\b")
    assert [text for text in texts if forms.search(text)] == []

"""Exports of all lists: the rows and columns of the page, and nothing that the user may not see."""

import csv
import io
import json
import zipfile
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.dateparse import parse_datetime

from backoffice.exchange import formats, tables
from backoffice.exchange.csv_format import guard_formulas
from backoffice.exchange.exportables import exportables
from backoffice.exchange.exports import FORMATS, pieces_of
from backoffice.mail.tests.factories import MailTemplateFactory
from backoffice.people.tests.factories import ApiKeyFactory, ContactFactory, CustomerFactory, UserFactory
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.models import SecretReading
from backoffice.records.tests.parameters import deep_only, select_daily
from backoffice.workplace.tests.factories import CannedAnswerFactory
from facility.tests.factories import ArticleFactory, ComplaintFactory, CustomerObjectFactory
from supportdesk.tests.factories import SupportCaseFactory

pytestmark = pytest.mark.django_db
COMMAND = ChangeContext(Channel.COMMAND)
LISTS = [slug for slug, subject in exportables().items() if subject.viewset]
XLSX = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def content(response) -> bytes:
    assert response.status_code == 200
    return b"".join(response.streaming_content)


def download_export(client, slug, format, **query) -> bytes:
    by_button = (slug, format) == ("objects", "documents")  # documents contain secrets
    address = f"/{slug}/export?{urlencode({'format': format, **query}, doseq=True)}"
    return content(client.post(address) if by_button else client.get(address))


def export_table(client, slug, **query) -> list[dict]:
    return json.loads(download_export(client, slug, "json", **query))


def read_list_page(client, slug, **query) -> tuple[list[str], list[list]]:
    """The labels and cells of a list page."""
    soup = BeautifulSoup(client.get(f"/{slug}", query).content, "lxml")
    for quick in soup.select("a.quick-link, .row-select"):
        quick.decompose()
    labels = [head.get_text(strip=True) for head in soup.select("table.list th")]
    return labels, [
        [cell_text(cell) for cell in row.select("td")] for row in soup.select("table.list tbody tr")
    ]


def cell_text(cell):
    """The text of a cell without visual additions: the room, the archived mark, “nobody”."""
    if moment := cell.find("time"):
        return parse_datetime(moment["datetime"])
    for extra in cell.select(".visually-hidden, .list-place, .icon"):
        extra.decompose()
    words = [tag.extract().get_text(strip=True) for tag in cell.select(".tag")]
    if words and words != ["Archived"]:
        return ", ".join(words)
    text = cell.get_text(" ", strip=True)
    return "" if cell.select_one(".muted") and not text.isdecimal() else text


@pytest.fixture
def ada(cast, records, client):
    services.update(
        records.object, {"rating": 4.5, "object_manager": cast.alice.pk}, actor=cast.alice, context=COMMAND
    )
    services.update(
        records.complaint, {"user": cast.alice.pk, "priority": 4}, actor=cast.alice, context=COMMAND
    )
    ComplaintFactory(company=cast.company, object=records.object.pk, status=2)
    ApiKeyFactory(owner=cast.ada.pk, company=cast.company)
    CannedAnswerFactory(company=cast.company)
    MailTemplateFactory(company=cast.company)
    client.force_login(cast.ada)
    return client


@pytest.mark.parametrize("slug", select_daily(LISTS, "complaints", "cases"))
def test_a_file_has_the_rows_and_columns_of_its_page(ada, slug):
    labels, cells = read_list_page(ada, slug)
    assert cells
    rows = export_table(ada, slug)
    assert [list(row) for row in rows] == [labels] * len(cells)
    for row, line in zip(rows, cells, strict=True):
        for value, cell in zip(row.values(), line, strict=True):
            if not isinstance(cell, str):
                assert abs(parse_datetime(value) - cell).total_seconds() < 0.001
            else:
                assert ("" if value is None else str(value)) == cell
    as_csv = list(csv.reader(io.StringIO(download_export(ada, slug, "plain-csv").decode())))
    assert as_csv[0] == labels
    assert [[value or None for value in line] for line in as_csv[1:]] == [
        [None if value in (None, "") else str(value) for value in row.values()] for row in rows
    ]
    sheet = cells_of(download_export(ada, slug, "xlsx"))
    assert sheet[0] == labels
    assert len(sheet) == len(as_csv)


def cells_of(book: bytes, number: int = 1) -> list[list]:
    """The cells of a sheet: text as text, numbers as numbers."""
    sheet = ElementTree.fromstring(zipfile.ZipFile(io.BytesIO(book)).read(f"xl/worksheets/sheet{number}.xml"))
    assert not list(sheet.iter(f"{XLSX}f")), "there is a formula"
    rows = []
    for row in sheet.iter(f"{XLSX}row"):
        rows.append([])
        for cell in row.iter(f"{XLSX}c"):
            text, value = cell.find(f"{XLSX}is/{XLSX}t"), cell.find(f"{XLSX}v")
            rows[-1].append(text.text if text is not None else float(value.text))
    return rows


@deep_only
def test_all_pages_in_the_order_and_under_the_filters_of_the_list(ada, cast, records):
    for number in range(60):
        ComplaintFactory(
            company=cast.company, object=records.object.pk, desc=f"Pump {number}", priority=number % 4 + 1
        )
    query = {"q": "pump", "sort": "-priority", "state": "new"}
    listed = [
        row[0] for place in (1, 2, 3) for row in read_list_page(ada, "complaints", **query, page=place)[1]
    ]
    assert len(listed) == 60
    assert [str(row["No."]) for row in export_table(ada, "complaints", **query)] == listed
    assert [
        str(row["number"]) for row in json.loads(download_export(ada, "complaints", "documents", **query))
    ] == listed


def test_the_links_on_a_list_export_what_it_shows(ada, records):
    address = f"/complaints?q=lampen&sort=priority&object={records.object.pk}&page=1"
    soup = BeautifulSoup(ada.get(address).content, "lxml")
    links = {link.get_text(strip=True): link["href"] for link in soup.select(".export-menu .menu-body a")}
    assert list(links) == ["CSV", "XLSX", "CSV for programs", "JSON", "JSON documents"]
    assert [row["Complaint"] for row in json.loads(content(ada.get(links["JSON"])))] == ["Lampen er gået"]
    (document,) = json.loads(content(ada.get(links["JSON documents"])))
    assert document["_id"] == records.complaint.pk
    keys = BeautifulSoup(ada.get("/api-keys").content, "lxml").select(".export-menu .menu-body a")
    assert [link.get_text(strip=True) for link in keys] == ["CSV", "XLSX", "CSV for programs", "JSON"]


def test_a_file_is_an_attachment_and_is_not_cached(ada):
    response = ada.get("/complaints/export?format=csv")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Cache-Control"] == "no-store"
    assert response["Content-Disposition"].startswith('attachment; filename="complaints-20')
    assert response["Content-Disposition"].endswith('.csv"')
    assert content(response).startswith(b"\xef\xbb\xbfNo.,Complaint,")
    documents = ada.get("/cases/export?format=documents")
    assert "cases-documents-20" in documents["Content-Disposition"]
    assert documents["Content-Type"] == "application/json"


def test_users_without_permission_get_no_file(ada, cast, client, records):
    assert ada.get("/complaints/export?format=pdf").status_code == 400
    assert ada.get("/complaints/export").status_code == 400
    assert ada.get("/nothing/export?format=csv").status_code == 404
    assert ada.get("/companies/export?format=documents").status_code == 404
    assert ada.get("/api-keys/export?format=documents").status_code == 400
    assert ada.post("/complaints/export?format=csv").status_code == 405
    by_hand = ada.get("/objects/export?format=documents&search=hal&sort=name")
    assert by_hand["Location"] == "/objects?search=hal&sort=name"
    client.logout()
    assert client.get("/complaints/export?format=csv").status_code == 302
    client.force_login(cast.rikke)
    assert client.get("/complaints/export?format=csv").status_code == 403


def test_no_file_contains_other_companies_records(cast, records, client):
    for user, mine, theirs in (
        ("alice", "complaint", "their_complaint"),
        ("charlie", "their_complaint", "complaint"),
    ):
        client.force_login(getattr(cast, user))
        documents = json.loads(download_export(client, "complaints", "documents"))
        assert [document["_id"] for document in documents] == [getattr(records, mine).pk]
        for format in ("csv", "json", "documents"):
            text = download_export(client, "complaints", format).decode()
            assert getattr(records, mine).desc in text
            assert getattr(records, theirs).desc not in text


def test_a_reseller_exports_its_customers_cases_without_staff_names(cast, records, client):
    services.update(records.case, {"response_answer": "Ja"}, actor=cast.sven, context=COMMAND)
    client.force_login(cast.rikke)
    (document,) = json.loads(download_export(client, "cases", "documents"))
    answer = client.get("/cases").content.decode()
    assert document["_id"] == records.case.pk
    assert "employee" not in document["response"]
    assert "privateInformation" not in document
    assert "status" not in document
    assert "private-marker" not in answer + json.dumps(document)


def test_exported_secrets_require_the_permission_and_are_logged(cast, records, client):
    services.update(
        records.object, {"security_code": {"b": [1], "a": "4711-secret"}}, actor=cast.alice, context=COMMAND
    )
    client.force_login(cast.vera)
    for format in ("csv", "json", "documents"):
        assert b"4711-secret" not in download_export(client, "objects", format)
    assert b"securityCode" not in download_export(client, "objects", "documents")
    assert not SecretReading.objects.exists()
    client.force_login(cast.alice)
    download_export(client, "objects", "csv")
    assert not SecretReading.objects.exists()
    assert b'"securityCode":{"a":"4711-secret","b":[1]}' in download_export(client, "objects", "documents")
    reading = SecretReading.objects.get()
    assert (reading.record_id, reading.user_id, reading.properties) == (
        records.object.pk,
        cast.alice.pk,
        ["security_code"],
    )


def test_documents_equal_the_responses_of_the_api(cast, records, client, key_of):
    client.force_login(cast.alice)
    for slug, record, address in (
        ("complaints", records.complaint, "/v2/complaints/"),
        ("objects", records.object, "/v2/objects/"),
    ):
        (document,) = json.loads(download_export(client, slug, "documents"))
        answer = client.get(address + record.pk, headers={"x-api-key": key_of(cast.alice)})
        assert document == answer.json()
        assert list(document) == list(answer.json())


EVIL = ["=1+1", "+45 12 34", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1"]


@pytest.mark.parametrize("text", EVIL)
def test_no_text_becomes_a_formula(cast, records, ada, text):
    services.update(records.complaint, {"desc": f"{text} x"}, actor=cast.alice, context=COMMAND)
    query = {"priority": "4"}
    as_csv = download_export(ada, "complaints", "csv", **query).decode("utf-8-sig")
    (_head, row) = csv.reader(io.StringIO(as_csv, newline=""))
    assert row[1] == guard_formulas(f"{text} x".replace("\r", "\n"))
    assert row[1].startswith("'")
    assert [
        cell for cell in cells_of(download_export(ada, "complaints", "xlsx", **query))[1] if "x" in str(cell)
    ]
    assert export_table(ada, "complaints", **query)[0]["Complaint"] == f"{text} x"


def test_a_workbook_has_typed_numbers_and_dates(ada, records):
    row = cells_of(download_export(ada, "complaints", "xlsx", priority="4"))[1]
    assert row[0] == records.complaint.number
    assert row[2:4] == ["Critical", "Assigned"]
    assert 45000 < row[-1] < 100000
    assert cells_of(download_export(ada, "objects", "xlsx"))[1][-2:] == [4.5, 2.0]


def test_values_that_a_workbook_cannot_store_are_text(monkeypatch):
    moment = parse_datetime("0999-01-01T00:00:00+00:00")
    rows = [[2**60, -5, 1e300, "x" * 40_000, moment, True, "a\x01_x0041_\ufffe", None, ""]]
    (_head, row) = cells_of(b"".join(formats.xlsx_pieces("[a]:b" * 20, list("abcdefghi"), rows)))
    assert row[:3] == [str(2**60), -5.0, 1e300]
    assert (len(row[3]), row[3][-1]) == (32_767, "…")
    assert row[4] == "0999-01-01T00:00:00Z"
    assert row[6] == "a_x0001__x005F_x0041__xFFFE_"
    monkeypatch.setattr(formats, "MAX_ROWS", 3)
    book = b"".join(formats.xlsx_pieces("Many", ["n"], ([n] for n in range(5))))
    assert [cells_of(book, sheet) for sheet in (1, 2, 3)] == [
        [["n"], [0.0], [1.0]],
        [["n"], [2.0], [3.0]],
        [["n"], [4.0]],
    ]
    assert cells_of(b"".join(formats.xlsx_pieces("None", ["n"], []))) == [["n"]]


@pytest.mark.parametrize("format", ["csv", "plain-csv", "xlsx", "json", "documents"])
def test_the_same_records_give_the_same_bytes(ada, format):
    assert download_export(ada, "complaints", format) == download_export(ada, "complaints", format)


MAKERS = {
    "complaints": lambda cast, records: ComplaintFactory(
        company=cast.company, object=records.object.pk, user=cast.alice.pk, tags=["new"]
    ),
    "objects": lambda cast, records: CustomerObjectFactory(
        company=cast.company, customer=cast.resold.pk, tags=["new"], key="k", object_manager=cast.alice.pk
    ),
    "cases": lambda cast, records: SupportCaseFactory(
        company=cast.company, customer=cast.resold.pk, employee=cast.sven.pk, comments=[{"comment": "x"}]
    ),
    "customers": lambda cast, records: CustomerFactory(
        company=cast.company, parent_reseller=cast.reseller.pk
    ),
    "contacts": lambda cast, records: ContactFactory(company=cast.company, customer=cast.resold.pk),
    "users": lambda cast, records: UserFactory(
        company=cast.company, customer=cast.resold.pk, roles=["Viewer"]
    ),
    "articles": lambda cast, records: ArticleFactory(company=cast.company),
}


@pytest.mark.parametrize("slug", select_daily(MAKERS, "complaints", "cases"))
@pytest.mark.parametrize("format", ["csv", "documents"])
def test_each_chunk_takes_the_same_number_of_queries(cast, records, monkeypatch, slug, format):
    mine = [MAKERS[slug](cast, records).pk for _each in range(12)]
    cast.ada.get_all_permissions()
    subject = exportables()[slug]

    def queries(count, chunk):
        monkeypatch.setattr(tables, "CHUNK", chunk)
        found = subject.model._base_manager.filter(pk__in=mine[:count]).order_by("pk")
        with CaptureQueriesContext(connection) as captured:
            assert b"".join(pieces_of(subject, FORMATS[format], found, cast.ada, COMMAND))
        return len(captured)

    for_one, for_two, for_three = (queries(count, chunk=2) for count in (2, 4, 6))
    assert for_three - for_two == for_two - for_one <= 10
    assert queries(6, chunk=6) == queries(12, chunk=12) == for_one


class TestCommand:
    """`manage.py export`."""

    def out(self, *words):
        output = io.StringIO()
        call_command("export", *words, stdout=output)
        return output.getvalue()

    def test_the_installation_exports_everything(self, cast, records):
        documents = json.loads(self.out("complaints"))
        assert {document["_id"] for document in documents} == {
            records.complaint.pk,
            records.their_complaint.pk,
        }
        assert {document["name"] for document in json.loads(self.out("companies"))} >= {cast.company.name}

    def test_it_exports_one_company_or_as_a_user(self, cast, records):
        for words in (["--company", cast.elsewhere.name], ["--as", "charlie"]):
            (document,) = json.loads(self.out("complaints", *words))
            assert document["_id"] == records.their_complaint.pk
        assert (
            json.loads(self.out("companies", "--company", cast.elsewhere.name))[0]["_id"] == cast.elsewhere.pk
        )
        assert "securityCode" not in self.out("objects", "--as", "vera")

    def test_it_filters_and_sorts_like_the_list(self, cast, records):
        for number in (7, 9, 8):
            ComplaintFactory(
                company=cast.company, object=records.object.pk, desc=f"Pump {number}", priority=3
            )
        words = ["--filter", "priority=3", "--filter", "q=pump", "--sort", "created_at", "--format", "json"]
        assert [row["Complaint"] for row in json.loads(self.out("complaints", *words))] == [
            "Pump 7",
            "Pump 9",
            "Pump 8",
        ]

    def test_the_file_appears_when_it_is_complete(self, cast, records, tmp_path, monkeypatch):
        target = tmp_path / "out.csv"
        call_command("export", "complaints", "--format", "csv", "--output", str(target))
        whole = target.read_bytes()
        assert whole.startswith(b"\xef\xbb\xbfNo.,")
        monkeypatch.setattr(tables, "cell_value", lambda column, record: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            call_command("export", "complaints", "--format", "csv", "--output", str(target))
        assert target.read_bytes() == whole
        assert list(tmp_path.iterdir()) == [target]

    @pytest.mark.parametrize(
        "words",
        [
            ["nothing"],
            ["complaints", "--as", "nobody"],
            ["complaints", "--company", "nobody"],
            ["complaints", "--company", "Alpenblick Facility AG", "--as", "alice"],
            ["complaints", "--as", "rikke"],
            ["complaints", "--filter", "nothing=1"],
            ["complaints", "--filter", "state"],
            ["complaints", "--filter", "state=lost"],
            ["complaints", "--sort", "images"],
            ["complaints", "--language", "da"],
            ["complaints", "--format", "plain-csv", "--language", "da"],
            ["complaints", "--format", "csv", "--language", "fr"],
            ["companies", "--format", "csv"],
            ["companies", "--sort", "name"],
            ["companies", "--filter", "name=x"],
            ["api-keys", "--format", "documents"],
            ["complaints", "--output", "/nowhere/at/all"],
        ],
    )
    def test_invalid_arguments_are_refused(self, cast, words):
        with pytest.raises(CommandError):
            self.out(*words)

"""CSV: no text becomes a formula, whatever the separator, and numbers and dates follow the locale."""

import csv
import io
import re
import zipfile
from datetime import date, datetime, timezone

import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from backoffice.exchange.csv_format import PLAIN, conventions_of, csv_pieces, guard_formulas
from backoffice.exchange.formats import fit_cell
from backoffice.exchange.tests.test_export import content
from facility.tests.factories import ComplaintFactory, CustomerObjectFactory

MOMENT = datetime(2026, 11, 29, 8, 30, 14, 715000, tzinfo=timezone.utc)
SIGNS = "=+-@＝＋－＠"


def write_csv(rows, language=None) -> str:
    """A file without its byte order mark."""
    how = {"conventions": conventions_of(language) if language else PLAIN}
    return b"".join(csv_pieces("", ["a"] * len(rows[0]), rows, **how)).decode().removeprefix("\ufeff")


def unescape_formulas(text: str) -> str:
    """Reverse `guard_formulas`: remove one apostrophe at each place."""
    if re.match(r"'+[\t\r\n]", text):
        text = text[1:]
    return re.sub(
        rf"(^|[;,|\t\r\n])((?:[^\S\t\r\n]|[\"\u200b-\u200f\u2060\ufeff])*)'('*[{re.escape(SIGNS)}])",
        r"\1\2\3",
        text,
    )


def formulas(text: str) -> list[str]:
    """The cells that a spreadsheet would read as formulas, for every separator."""
    found = []
    for separator in ";,\t|":
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            found += [
                cell for cell in row if cell.strip(' \t\r\n\u00a0\u200b\ufeff"').startswith(tuple(SIGNS))
            ]
    return found


HOSTILE = [
    "=1+1", "+1+1", "-2+3", "@SUM(A1)", "＝1", "＋1", "－1", "＠a",
    "\t=1", "\r=1", "\n=1", " =1", "\u00a0=1", "\ufeff=1", "\u200b=1", "\x0b=1", "'=1", "''=1",
    "leak;=1+1;x", "leak,=1+1,x", "leak\t=1+1\tx", "leak|=1+1|x", "leak\n=1+1", "leak\r\n-1+1",
    "a; =1", "a;\u00a0=1", "a;\t=1", "a;;=1", "a;\"=cmd|'/C calc'!A0;b", "a,\"=1", '"=1', 'a;""=1', "a;＝1",
    "a;=cmd|'/C calc'!A0;b", "ok;+45 12;x", "=", ";=", "\n\n=1", "\t\t", "+45 33;=1", "+45 33\n=1",
]  # fmt: skip


@pytest.mark.attack
@pytest.mark.parametrize("language", ["en", "da", "de", None])
@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_no_text_becomes_a_formula_with_any_separator(text, language):
    file = write_csv([["before", text, "after"]], language)
    assert not formulas(file)
    separator = conventions_of(language).separator if language else ","
    (_head, row) = csv.reader(io.StringIO(file, newline=""), delimiter=separator)
    line_ends = re.sub("\r\n|[\r\x0b]", "\n", text) if language else text
    assert unescape_formulas(row[1]) == line_ends
    assert not row[1].startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


@pytest.mark.attack
@given(st.text(alphabet=st.sampled_from("=+-@＝;,|\t\n\r '\"a1\u00a0\ufeff"), max_size=12))
def test_escaped_texts_can_be_restored(text):
    assert unescape_formulas(guard_formulas(text)) == text
    if not re.fullmatch(r"\+[0-9]+(?: [0-9]+)*", text):
        assert not formulas(write_csv([[text, text]]))


@pytest.mark.parametrize(
    "text",
    ["+45 33 12 34 56", "+4533123456", "089 1234", "a-b", "x = 1", "2026-11-29", "a@example.com", "'s-Hertogenbosch",
     "5 - 3", "Hej; +ikke", "one\ntwo"],
)  # fmt: skip
def test_texts_that_are_no_formulas_are_unchanged(text):
    spoilt = "Hej; '+ikke" if text.startswith("Hej") else text
    assert guard_formulas(text) == spoilt


def test_numbers_and_dates_follow_the_locale_of_the_spreadsheet():
    row = [[2.5, -3, 4.0, 1e300, MOMENT, date(2026, 3, 9), None, True, "x;y", 2**60]]
    assert write_csv(row, "da").splitlines()[1] == (
        f"2,5;-3;4;{int(1e300)}" + ';29-11-2026 09:30:14;09-03-2026;;true;"x;y";1152921504606846976'
    )
    assert write_csv(row, "de").splitlines()[1].split(";")[4:6] == ["29.11.2026 09:30:14", "09.03.2026"]
    assert write_csv(row, "en").splitlines()[1].split(",")[4:6] == ["2026-11-29 09:30:14", "2026-03-09"]
    assert write_csv(row).splitlines()[1].split(",")[:6] == [
        "2.5", "-3", "4", str(int(1e300)), "2026-11-29T08:30:14.715Z", "2026-03-09",
    ]  # fmt: skip
    assert (
        write_csv([[datetime(999, 1, 1, tzinfo=timezone.utc)]], "de")
        .splitlines()[1]
        .startswith("01.01.0999 ")
    )
    assert conventions_of("de-at") is conventions_of("de")
    assert conventions_of("fr") is conventions_of("") is conventions_of("en")


def test_only_files_for_spreadsheets_have_a_byte_order_mark():
    for language in ("en", "da", "de"):
        assert next(csv_pieces("", ["a"], [], conventions_of(language))).startswith(b"\xef\xbb\xbf")
    assert next(csv_pieces("", ["a"], [])) == b"a\r\n"


def test_the_length_limit_of_a_cell_counts_utf_16_units():
    assert fit_cell("x" * 32_767) == "x" * 32_767
    assert fit_cell("x" * 32_768) == "x" * 32_766 + "…"
    assert fit_cell("😀" * 16_383) == "😀" * 16_383
    assert fit_cell("😀" * 16_384) == "😀" * 16_383 + "…"
    assert fit_cell("a" + "😀" * 16_383) == "a" + "😀" * 16_383
    assert fit_cell("a" + "😀" * 16_384) == "a" + "😀" * 16_382 + "…"


@pytest.mark.django_db
def test_the_export_follows_the_language_of_the_browser(cast, records, client):
    CustomerObjectFactory(company=cast.company, customer=records.object.customer_id, name="a;=1", rating=4.5)
    client.force_login(cast.alice)
    query = "/objects/export?format={}&columns=number,name,rating,created_at"
    for language, separator, decimal_sign, day in (
        ("da", ";", ",", r"\d\d-\d\d-\d{4} \d\d:\d\d:\d\d"),
        ("de", ";", ",", r"\d\d\.\d\d\.\d{4} \d\d:\d\d:\d\d"),
        ("en", ",", ".", r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"),
    ):
        client.cookies["django_language"] = language
        file = content(client.get(query.format("csv"))).decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(file, newline=""), delimiter=separator))
        (row,) = [row for row in rows if "a;'=1" in row]
        assert f"4{decimal_sign}5" in row
        assert re.fullmatch(day, row[-1])
    plain = content(client.get(query.format("plain-csv"))).decode()
    assert re.search(r",4\.5,\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z\r\n", plain)


@pytest.mark.django_db
def test_the_command_writes_for_a_locale_or_for_programs(cast, records):
    def out(*words) -> str:
        call_command("export", "complaints", *words, stdout=(message := io.StringIO()))
        return message.getvalue()

    assert out("--format", "csv", "--language", "da").startswith("\ufeffNr.;Fejlmelding;")
    assert out("--format", "csv").startswith("\ufeffNo.,Complaint,")
    assert out("--format", "plain-csv").startswith("No.,Complaint,")


@pytest.mark.django_db
def test_a_workbook_keeps_the_line_breaks_of_a_text(cast, records, client):
    ComplaintFactory(company=cast.company, object=records.object.pk, desc="one\r\ntwo\rthree", priority=4)
    client.force_login(cast.alice)
    book = zipfile.ZipFile(io.BytesIO(content(client.get("/complaints/export?format=xlsx&priority=4"))))
    sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "_x000D_" not in sheet
    assert "one\ntwo\nthree" in sheet
    style = int(re.search(r'<c r="B2" s="(\d+)"', sheet)[1])
    formats = re.search("<cellXfs.*?</cellXfs>", book.read("xl/styles.xml").decode())[0]
    assert 'wrapText="1"' in re.findall(r"<xf .*?(?:/>|</xf>)", formats)[style]

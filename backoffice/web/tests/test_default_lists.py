"""Tests of lists that declare little: what the columns of a model show, and by what they can be sorted."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import override

from backoffice.records.fields import DayField, EncryptedAnyField, LineField, end_of_day
from backoffice.records.history import format_day
from backoffice.records.properties import guard_field
from backoffice.web.cells import CellContext, display_cell
from backoffice.web.checks import check_viewsets
from backoffice.web.viewsets import ListColumn, default_columns, viewset_for
from facility.models import Article, CustomerObject
from facility.tests.factories import CustomerObjectFactory


def columns_by_name(model) -> dict[str, ListColumn]:
    return {column.name: column for column in default_columns(model)}


@pytest.mark.django_db
def test_days_are_days_and_not_ages(cast, records):
    yesterday = timezone.localdate() - timedelta(days=1)
    place = CustomerObjectFactory(
        company=cast.company, customer=records.object.customer_id, contract_end_date=end_of_day(yesterday)
    )
    shown = format_day(place.contract_end_date)
    columns = viewset_for(CustomerObject).all_columns
    for column in (columns_by_name(CustomerObject), {column.name: column for column in columns}):
        assert display_cell(column["contract_end_date"], place, CellContext(cast.alice)) == shown


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "words"), [("en", "no"), ("da", "nej"), ("de", "nein")])
def test_booleans_are_words(language, words, cast, records):
    with override(language):
        column = ListColumn(name="solved", label="Solved")
        assert display_cell(column, records.case, CellContext(cast.sven)) == words


@pytest.mark.parametrize(("indexed", "expected"), [("name_sort", ("name",)), ("name", ())])
def test_a_default_column_is_sortable_if_an_index_has_its_sort_key(indexed, expected, monkeypatch):
    """The list would be sorted by the sort key, so an index of the value does not help."""
    monkeypatch.setattr(Article._meta, "indexes", [models.Index(fields=["company", indexed], name="one")])
    assert columns_by_name(Article)["name"].sort == expected


def test_a_default_sort_without_a_sortable_column_is_reported(monkeypatch):
    assert check_viewsets(None) == []
    viewset = viewset_for(Article)
    monkeypatch.setattr(viewset, "default_sort", "-unit")
    monkeypatch.setattr(viewset, "columns", tuple(replace(column, sort=()) for column in viewset.columns))
    monkeypatch.setattr(viewset, "more_columns", ())
    (error,) = check_viewsets(None)
    assert (error.id, error.obj) == ("web.E001", type(viewset))
    assert "“unit”" in error.msg and "company and unit_sort" in error.hint


def test_an_unknown_icon_is_reported(monkeypatch):
    monkeypatch.setattr(viewset_for(Article), "icon", "parking-meter")
    (error,) = check_viewsets(None)
    assert error.id == "web.E002" and "“parking-meter”" in error.msg


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        (LineField("kind", choices=[("a", "A")], sortable=True), "it has choices"),
        (guard_field(LineField("code", sortable=True), "app.view_codes"), "it is guarded"),
        (LineField("name", sortable=True), ""),
    ],
    ids=["choices", "guard", "neither"],
)
def test_a_text_without_a_sort_key_is_reported(field, reason):
    field.set_attributes_from_name("text")
    found = [error for error in field.check() if error.id == "records.E004"]
    assert len(found) == bool(reason)
    assert all(reason in error.msg for error in found)


def test_only_a_property_whose_input_can_be_covered_is_secret():
    assert guard_field(EncryptedAnyField("code"), "app.view_codes", secret=True).guard.secret
    with pytest.raises(TypeError, match="EncryptedAnyField"):
        guard_field(LineField("code"), "app.view_codes", secret=True)


def test_a_day_without_a_time_is_its_beginning_or_its_end():
    with timezone.override("Europe/Copenhagen"):
        begins, ends = DayField("from"), DayField("to", ends=True)
        for day in ("2026-06-30", date(2026, 6, 30)):
            assert begins.to_python(day).isoformat() == "2026-06-29T22:00:00+00:00"
            assert ends.to_python(day).isoformat() == "2026-06-30T21:59:59.999000+00:00"
        assert ends.to_python("2026-06-30T10:00:00Z").isoformat() == "2026-06-30T10:00:00+00:00"
        for wrong in ("2026-06-31", "9999-12-31"):
            with pytest.raises(ValidationError):
                ends.to_python(wrong)

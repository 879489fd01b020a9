"""Instances are made of the columns of a row as Django would make them."""

from datetime import datetime, timedelta, timezone
from unittest import mock

import pytest
from django.apps import apps
from django.db import connection, models
from django.test.utils import CaptureQueriesContext
from django.utils.timesince import timesince

from backoffice.people.models import User
from backoffice.records import values
from backoffice.records.made import MadeOfColumns
from facility.models import Complaint, ComplaintTag, CustomerObject


@pytest.mark.parametrize("model", [Complaint, ComplaintTag, CustomerObject, User])
def test_as_django_makes_them(model, cast, records):
    assert issubclass(model, MadeOfColumns)
    names = [field.attname for field in model._meta.concrete_fields]
    for found in model._base_manager.all():
        row = [found.__dict__[name] for name in names]
        expected = models.Model.from_db.__func__(model, "default", names, row)
        assert found == expected
        assert found.__dict__.keys() == expected.__dict__.keys()
        assert (found._state.db, found._state.adding) == ("default", False)


def test_what_was_left_out_is_read_when_it_is_asked_for(records):
    found = CustomerObject.only_named(CustomerObject._base_manager).get(pk=records.object.pk)
    with CaptureQueriesContext(connection) as context:
        assert str(found) == str(records.object)
    assert len(context) == 0
    assert found.get_deferred_fields() >= {"description", "created_at"}
    assert found.created_at == records.object.created_at


def test_names_are_made_of_the_columns_that_are_said_to_make_them(cast, records):
    for model in (model for model in apps.get_models() if getattr(model, "named_by", ())):
        for record in model._base_manager.all():
            (found,) = model.only_named(model._base_manager.filter(pk=record.pk))
            with CaptureQueriesContext(connection) as context:
                assert str(found) == str(record)
            assert len(context) == 0


def test_ages_are_those_of_django():
    at = datetime(2026, 3, 1, 12, 30, tzinfo=timezone.utc)
    for minutes in (1, 59, 60, 1439, 1440, 7 * 1440, 27 * 1440, 28 * 1440, 31 * 1440, 59 * 1440, 60 * 1440):
        with mock.patch.object(values.timezone, "now", return_value=at):
            said = values.age(at - timedelta(minutes=minutes))
        assert said == timesince(at - timedelta(minutes=minutes), at, depth=1) + "\xa0ago"


def test_moments_know_their_zone(records):
    found = Complaint._base_manager.get(pk=records.complaint.pk)
    assert found.created_at.utcoffset() == timezone.utc.utcoffset(None)
    assert found.created_at == records.complaint.created_at

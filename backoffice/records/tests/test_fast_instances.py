"""Fast instances and parameters are equal to Django's."""

from datetime import datetime, timedelta, timezone
from unittest import mock

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.test.utils import CaptureQueriesContext
from django.utils.timesince import timesince

from backoffice.db.compiled.instances import column_getter
from backoffice.db.queries import FastInstanceMixin
from backoffice.people.models import User
from backoffice.records.fields.encryption import EncryptedMixin
from backoffice.records.history import formatting
from backoffice.records.models import History
from facility.models import Complaint, ComplaintTag, CustomerObject


@pytest.mark.parametrize("model", [Complaint, ComplaintTag, CustomerObject, User])
def test_fast_instances_equal_djangos(model, cast, records):
    assert issubclass(model, FastInstanceMixin)
    names = [field.attname for field in model._meta.concrete_fields]
    for found in model._base_manager.all():
        row = [found.__dict__[name] for name in names]
        expected = models.Model.from_db.__func__(model, "default", names, row)
        assert found == expected
        assert found.__dict__.keys() == expected.__dict__.keys()
        assert (found._state.db, found._state.adding) == ("default", False)


def test_deferred_fields_are_loaded_on_access(records):
    found = CustomerObject.only_name_columns(CustomerObject._base_manager).get(pk=records.object.pk)
    with CaptureQueriesContext(connection) as context:
        assert str(found) == str(records.object)
    assert len(context) == 0
    assert found.get_deferred_fields() >= {"description", "created_at"}
    assert found.created_at == records.object.created_at


def test_names_need_the_declared_name_columns_only(cast, records):
    for model in (model for model in apps.get_models() if getattr(model, "name_columns", ())):
        for record in model._base_manager.all():
            (found,) = model.only_name_columns(model._base_manager.filter(pk=record.pk))
            with CaptureQueriesContext(connection) as context:
                assert str(found) == str(record)
            assert len(context) == 0


def test_ages_equal_djangos():
    at = datetime(2026, 3, 1, 12, 30, tzinfo=timezone.utc)
    for minutes in (1, 59, 60, 1439, 1440, 7 * 1440, 27 * 1440, 28 * 1440, 31 * 1440, 59 * 1440, 60 * 1440):
        with mock.patch.object(formatting.timezone, "now", return_value=at):
            age = formatting.format_age(at - timedelta(minutes=minutes))
        assert age == timesince(at - timedelta(minutes=minutes), at, depth=1) + "\xa0ago"


def test_times_have_a_time_zone(records):
    found = Complaint._base_manager.get(pk=records.complaint.pk)
    assert found.created_at.utcoffset() == timezone.utc.utcoffset(None)
    assert found.created_at == records.complaint.created_at


WRITTEN = [
    None, "", "Åse 100 %", "5E0B", 0, -(2**63), 7.0, True, datetime(2026, 1, 1), datetime(1, 1, 1, tzinfo=timezone.utc),
    datetime(2026, 3, 29, 1, 30, 0, 123000, tzinfo=timezone.utc), datetime(2026, 3, 29, 1, 30, 0, 123456, tzinfo=timezone.utc),
    datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-5))), [], ["a"], {"a": 1},
]  # fmt: skip


@pytest.mark.skipif(connection.vendor == "mongodb", reason="the ORM writes on MongoDB")
@pytest.mark.filterwarnings("ignore:DateTimeField:RuntimeWarning")
@pytest.mark.parametrize("model", [Complaint, CustomerObject, User, History])
def test_values_are_prepared_as_by_django(model, db):
    plain = 0
    for field in model._meta.concrete_fields:
        if isinstance(field, EncryptedMixin):
            continue  # tokens differ each time
        write = column_getter(field, connection)
        for value in WRITTEN:
            record = model(**{field.attname: value})
            try:
                expected = field.get_db_prep_save(field.pre_save(record, add=True), connection)
            except (TypeError, ValueError, AttributeError, OverflowError, ValidationError) as error:
                with pytest.raises(type(error)):
                    write(record)
                continue
            parameter = write(record)
            assert (type(parameter), str(parameter)) == (type(expected), str(expected)), (field, value)
            plain += parameter is value
    assert plain > 50

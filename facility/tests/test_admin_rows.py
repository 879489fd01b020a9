"""Rows of objects and complaints in the admin: read only, outside their record."""

import pytest

from backoffice.admin.tests.pages import admin_url
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.tests.parameters import deep_only
from facility import models

BY_BROWSER = ChangeContext(Channel.BROWSER)


@pytest.fixture
def ada(cast, client):
    client.force_login(cast.ada)
    return cast.ada


@deep_only
def test_child_rows_are_read_only(ada, cast, records, client):
    services.update(records.object, {"material": [{"article": records.article.pk, "budget": 3}], "contacts": [records.contact.pk],
                            "invoice_cc_recipients": [records.contact.pk]}, actor=ada, context=BY_BROWSER)  # fmt: skip
    services.update(records.complaint, {"tags": ["urgent"]}, actor=ada, context=BY_BROWSER)
    services.update(records.their_object, {"tags": ["their-tag"]}, actor=cast.charlie, context=BY_BROWSER)
    for model in (
        models.Material,
        models.ObjectContact,
        models.InvoiceCCRecipient,
        models.ObjectTag,
        models.ComplaintTag,
    ):
        row = model.objects.exclude(record=records.their_object.pk).first()
        assert admin_url(row) in client.get(admin_url(model, "")).content.decode()
        assert str(row.record) in client.get(admin_url(row)).content.decode()
        assert client.post(admin_url(row), {"text": "x"}).status_code == 403
        assert client.post(admin_url(row, "delete"), {"post": "yes"}).status_code == 403
        assert client.get(admin_url(row, "history")).status_code == 404
    theirs = models.ObjectTag.objects.get(text="their-tag")
    assert b"their-tag" not in client.get(admin_url(models.ObjectTag, "")).content
    assert client.get(admin_url(theirs)).status_code == 404
    assert client.get(admin_url(models.ObjectTag, "") + "?q=RÅDHUSET").context["cl"].result_count == 2
    assert client.get(admin_url(models.ObjectTag, "") + "?q=nowhere").context["cl"].result_count == 0

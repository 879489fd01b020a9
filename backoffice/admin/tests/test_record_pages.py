"""The pages of every record type."""

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backoffice.admin.tests.pages import admin_url, save_form
from backoffice.people.models import ApiKey
from backoffice.people.tests.factories import ApiKeyFactory, ContactFactory, CustomerFactory, UserFactory
from backoffice.records.models import History
from backoffice.records.tests.parameters import deep_only, select_daily
from facility.tests.factories import ArticleFactory, ComplaintFactory, CustomerObjectFactory
from supportdesk.models import Comment
from supportdesk.tests.factories import SupportCaseFactory

RECORD_TYPES = ("object", "complaint", "article", "contact", "case", "customer", "user", "company", "key")


@pytest.fixture
def record_pairs(cast, records, key_of):
    """(own, another company's) of each record type."""
    key_of(cast.ada)
    key_of(cast.charlie)
    ours = {"customer": cast.resold, "user": cast.alice, "company": cast.company,
            "key": ApiKey.objects.get(owner=cast.ada)}  # fmt: skip
    foreign = {"customer": records.their_customer, "user": cast.charlie, "company": cast.elsewhere,
              "key": ApiKey.objects.get(owner=cast.charlie)}  # fmt: skip
    return {
        kind: (
            ours.get(kind) or getattr(records, kind),
            foreign.get(kind) or getattr(records, f"their_{kind}"),
        )
        for kind in RECORD_TYPES
    }


@deep_only
@pytest.mark.parametrize("who", ["ada", "root"])
def test_every_page_of_a_record_opens(cast, record_pairs, client, who):
    client.force_login(getattr(cast, who))
    for kind, (ours, foreign) in record_pairs.items():
        not_hers = (kind, who) == ("company", "ada")
        listed = client.get(admin_url(type(ours), "")).content.decode()
        assert admin_url(ours) in listed, kind
        assert (admin_url(foreign) in listed) is (who == "root"), kind
        assert client.get(admin_url(type(ours), "add")).status_code == (403 if not_hers else 200), kind
        for page in ("change", "history", "delete"):
            expected = 403 if not_hers and page == "delete" else 200
            assert client.get(admin_url(ours, page)).status_code == expected, (kind, page)


@pytest.mark.slow
@pytest.mark.parametrize("kind", select_daily(RECORD_TYPES, "complaint", "case"))
def test_records_of_other_companies_do_not_exist(kind, cast, record_pairs, client):
    client.force_login(cast.ada)
    ours, foreign = record_pairs[kind]
    base = admin_url(type(ours), "")
    for page in ("change", "history", "delete"):
        for pk in (foreign.pk, "0" * 24, "nonsense", "%00", "_5F"):
            assert client.get(f"{base}{pk}/{page}/").status_code == 404, (pk, page)
        assert client.post(f"{base}{foreign.pk}/{page}/", {"post": "yes"}).status_code == 404, page
    name = foreign.prefix if kind == "key" else foreign
    assert foreign not in client.get(f"{base}?q={name}").context["cl"].result_list
    client.post(base, {"action": "delete_selected", "_selected_action": foreign.pk, "post": "yes"})
    assert type(foreign).objects.filter(pk=foreign.pk, version=foreign.version).exists()


@deep_only
def test_saving_an_untouched_page_changes_nothing(cast, record_pairs, client):
    client.force_login(cast.ada)
    before = History.objects.count()
    for kind, (ours, _theirs) in record_pairs.items():
        response = save_form(client, admin_url(ours))
        assert response.status_code == 302, (kind, response.content.decode())
        assert type(ours).objects.get(pk=ours.pk).version == ours.version, kind
    assert "You made no changes" in client.get("/admin/").content.decode()
    assert History.objects.count() == before
    assert LogEntry.objects.count() == 0


@deep_only
def test_lists_take_the_same_number_of_queries_for_any_number_of_rows(cast, record_pairs, client):
    here = {"company": cast.company}

    def more():
        """Create one more of each record type, with its own references."""
        customer, user = CustomerFactory(**here, parent_reseller=cast.reseller.pk), UserFactory(**here)
        place = CustomerObjectFactory(**here, customer=customer.pk, object_manager=user.pk)
        ComplaintFactory(**here, object=place.pk, user=user.pk)
        ArticleFactory(**here)
        ContactFactory(**here, customer=customer.pk)
        SupportCaseFactory(**here, customer=customer.pk, employee=user.pk, comments=[{"comment": "Ja"}])
        ApiKeyFactory(**here, owner=user.pk)
        UserFactory(**here, customer=customer.pk)

    client.force_login(cast.ada)
    models = [type(ours) for kind, (ours, _theirs) in record_pairs.items() if kind != "company"] + [
        History,
        Comment,
    ]
    asked = {}
    for wanted in (2, 12):
        for _number in range(wanted):
            more()
        for model in models:
            with CaptureQueriesContext(connection) as queries:
                page = client.get(admin_url(model, ""))
            assert len(page.context["cl"].result_list) > wanted, model
            asked.setdefault(model, []).append(len(queries))
    assert {model: counts for model, counts in asked.items() if counts[0] != counts[1]} == {}

"""The pages of every kind of record, alike."""

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backoffice.admin.tests.pages import address, saved
from backoffice.people.models import ApiKey
from backoffice.people.tests.factories import ApiKeyFactory, ContactFactory, CustomerFactory, UserFactory
from backoffice.records.models import History
from facility.tests.factories import ArticleFactory, ComplaintFactory, CustomerObjectFactory
from supportdesk.tests.factories import SupportCaseFactory

KINDS = ("object", "complaint", "article", "contact", "case", "customer", "user", "company", "key")


@pytest.fixture
def found(cast, records, key_of):
    """(ours, theirs) of each kind."""
    key_of(cast.ada)
    key_of(cast.charlie)
    ours = {"customer": cast.resold, "user": cast.alice, "company": cast.company,
            "key": ApiKey.objects.get(owner=cast.ada)}  # fmt: skip
    theirs = {"customer": records.their_customer, "user": cast.charlie, "company": cast.elsewhere,
              "key": ApiKey.objects.get(owner=cast.charlie)}  # fmt: skip
    return {
        kind: (
            ours.get(kind) or getattr(records, kind),
            theirs.get(kind) or getattr(records, f"their_{kind}"),
        )
        for kind in KINDS
    }


@pytest.mark.parametrize("who", ["ada", "root"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_page_of_a_record(cast, found, client, kind, who):
    client.force_login(getattr(cast, who))
    ours, theirs = found[kind]
    listed = client.get(address(type(ours), "")).content.decode()
    assert address(ours) in listed
    assert (address(theirs) in listed) is (who == "root")
    for page in ("change", "history", "delete"):
        response = client.get(address(ours, page))
        assert response.status_code == (403 if (kind, who, page) == ("company", "ada", "delete") else 200), (
            page
        )
    assert client.get(address(type(ours), "add")).status_code == (
        403 if (kind, who) == ("company", "ada") else 200
    )


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_theirs_does_not_exist(cast, found, client, kind):
    client.force_login(cast.ada)
    ours, theirs = found[kind]
    base = address(type(ours), "")
    for pk in (theirs.pk, "0" * 24, "nonsense", "1", "%00", "_5F", "a" * 300):
        for page in ("change", "history", "delete"):
            assert client.get(f"{base}{pk}/{page}/").status_code == 404, (pk, page)
            assert client.post(f"{base}{pk}/{page}/", {"post": "yes"}).status_code in (404, 405), (pk, page)
    name = theirs.prefix if kind == "key" else theirs
    assert not client.get(f"{base}?q={name}").context["cl"].result_count
    client.post(base, {"action": "delete_selected", "_selected_action": theirs.pk, "post": "yes"})
    assert type(theirs).objects.filter(pk=theirs.pk, version=theirs.version).exists()


@pytest.mark.parametrize("kind", KINDS)
def test_saving_an_untouched_page_changes_nothing(cast, found, client, kind):
    client.force_login(cast.ada)
    ours = found[kind][0]
    before = History.objects.count()
    response = saved(client, address(ours))
    assert response.status_code == 302, response.context["adminform"].form.errors
    assert History.objects.count() == before
    assert type(ours).objects.get(pk=ours.pk).version == ours.version
    assert LogEntry.objects.count() == 0


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "company"])
def test_lists_ask_as_many_queries_for_fifty_as_for_five(cast, found, client, kind):
    ours = found[kind][0]
    here = {"company": cast.company}
    make = {
        "object": lambda: CustomerObjectFactory(
            **here, customer=CustomerFactory(**here).pk, object_manager=cast.alice.pk
        ),
        "complaint": lambda: ComplaintFactory(
            **here, object=CustomerObjectFactory(**here, customer=cast.resold.pk).pk, user=cast.alice.pk
        ),
        "article": lambda: ArticleFactory(**here),
        "contact": lambda: ContactFactory(**here, customer=CustomerFactory(**here).pk),
        "case": lambda: SupportCaseFactory(
            **here, customer=CustomerFactory(**here).pk, employee=UserFactory(**here).pk
        ),
        "customer": lambda: CustomerFactory(**here, parent_reseller=cast.reseller.pk),
        "user": lambda: UserFactory(**here, customer=CustomerFactory(**here).pk),
        "key": lambda: ApiKeyFactory(**here, owner=UserFactory(**here).pk),
    }[kind]
    client.force_login(cast.ada)
    url = address(type(ours), "")
    counts = []
    for wanted in (5, 45):
        for _number in range(wanted):
            make()
        with CaptureQueriesContext(connection) as asked:
            page = client.get(url)
        counts.append(len(asked))
        assert len(page.context["cl"].result_list) >= wanted
    assert counts[0] == counts[1]

"""Tests of which responses are compressed."""

import gzip

import pytest

from backoffice.api.tests.clients import ApiClient
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from facility.tests.factories import ComplaintFactory
from supportdesk.tests.factories import SupportCaseFactory

pytestmark = pytest.mark.django_db
GZIP = {"accept-encoding": "gzip, deflate, br"}


@pytest.fixture
def pages(as_user, cast, records):
    browser = as_user(cast.ada)
    return lambda address, **headers: browser.get(address, headers=headers)


@pytest.mark.slow
@pytest.mark.parametrize("address", ["/complaints", "/complaints/{complaint}", "/objects"])
def test_pages_are_compressed_if_the_browser_accepts_it(pages, records, address):
    address = address.format(complaint=records.complaint.pk)
    get = pages
    answer = get(address, **GZIP)
    assert (answer.status_code, answer["Content-Encoding"]) == (200, "gzip")
    assert "Accept-Encoding" in answer["Vary"]
    assert int(answer["Content-Length"]) == len(answer.content)
    page = gzip.decompress(answer.content)
    assert b"</html>" in page
    assert len(answer.content) < len(page) / 2
    for accepted in ("", "identity", "br", "gzip;q=0", "gzip;q=0.0, br"):
        plain = get(address, **{"accept-encoding": accepted})
        assert "Content-Encoding" not in plain, accepted
        assert "Accept-Encoding" in plain["Vary"]


def test_json_lists_are_compressed_and_documents_with_a_strong_tag_are_not(cast, records, key_of):
    for _turn in range(5):
        ComplaintFactory(company=cast.company, object=records.object.pk)
        SupportCaseFactory(company=cast.company, description="x" * 500)
    ada = ApiClient(key_of(cast.ada))
    for address in ("/v2/complaints", "/iptv/supportcase", "/v2/openapi.json"):
        answer = ada.get(address, **{"accept-encoding": "gzip"})
        if address == "/v2/openapi.json":
            assert "Content-Encoding" not in answer  # it has a strong tag
            continue
        assert answer["Content-Encoding"] == "gzip"
        assert gzip.decompress(answer.content) == ada.get(address).content
    ada.patch(f"/v2/complaints/{records.complaint.pk}", {"desc": "x" * 2000})
    answer = ada.get(f"/v2/complaints/{records.complaint.pk}", **{"accept-encoding": "gzip"})
    assert ("Content-Encoding" in answer, answer["ETag"]) == (False, '"2"')


def test_responses_with_secrets_are_not_compressed(cast, records, key_of, pages):
    services.update(
        records.object, {"security_code": "4711"}, actor=cast.ada, context=ChangeContext(Channel.BROWSER)
    )
    ada = ApiClient(key_of(cast.ada))
    assert "Content-Encoding" not in ada.get("/v2/objects", **GZIP)
    shown = pages("/sign-in", **GZIP)  # not to be stored
    assert "Content-Encoding" not in shown


@pytest.mark.slow
def test_the_length_of_the_same_page_varies(pages):
    lengths = {len(pages("/complaints", **GZIP).content) for _turn in range(8)}
    assert len(lengths) > 1

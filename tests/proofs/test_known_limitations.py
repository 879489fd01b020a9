"""Known limitations in docs/operations/security.md that are not bugs, and the promised length of lists of ids."""

import pytest
from django.core.exceptions import ValidationError

from backoffice.db.object_ids import new_object_id
from backoffice.people.models import Company, User
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from config.serving import gunicorn

JSON = ChangeContext(Channel.JSON)


@pytest.mark.parametrize("name", ["Alpenblick Facility AG", "alice"])
def test_a_name_of_another_company_is_refused(cast, name):
    model, values = (Company, {"name": name})
    if name == "alice":
        model, values = (User, {"username": name, "email": "other@example.com"})
    with pytest.raises(ValidationError) as caught:
        services.create(
            model,
            values,
            actor=cast.root,
            context=JSON,
            company_id=cast.elsewhere.pk if model is User else None,
        )
    assert set(caught.value.error_dict) == {"name" if model is Company else "username"}


def test_a_hidden_change_shows_in_etag_and_time_only(cast, records, client, key_of):
    """In the ETag, and in the time of the last change."""

    def seen():
        answer = client.get(f"/iptv/supportcase/{records.case.pk}", headers={"x-API-Key": key})
        assert answer.status_code == 200
        return answer["ETag"], answer.json()

    key = key_of(cast.rikke)
    before, document = seen()
    private = {"private_information": "else"}
    services.update(records.case, private, actor=cast.sven, context=JSON)
    after, changed = seen()
    assert before != after
    assert "privateInformation" not in changed
    differing = {name for name in document.keys() | changed.keys() if document.get(name) != changed.get(name)}
    assert differing and differing <= {"lastUpdated", "version", "status"}


@pytest.mark.parametrize("address", ["/docs/api", "/v2/openapi.json", "/iptv/openapi.json"])
def test_anonymous_visitors_can_read_the_reference(db, client, address):
    assert client.get(address, follow=True).status_code == 200


def test_the_documented_number_of_ids_fits_a_url(db, client):
    document = client.get("/v2/openapi.json").json()
    parameters = document["paths"]["/complaints"]["get"]["parameters"]
    described = {each["name"]: each.get("description", "") for each in parameters}
    for name in ("ids", "objectIds", "customerIds", "userIds"):
        assert "about 300 ids" in described[name]
    line = f"GET /v2/complaints?ids={','.join(new_object_id() for _each in range(300))} HTTP/1.1\r\n"
    assert len(line) < gunicorn.limit_request_line == 8190
    assert len(line) + 40 * 25 > gunicorn.limit_request_line

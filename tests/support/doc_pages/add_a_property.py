"""What a developer sees who has added the property of `docs/development/add-a-property.md`.
(`tests/proofs/test_add_a_property.py` runs this in a copy of the source tree.)"""

import json

import pytest
from bs4 import BeautifulSoup
from django.apps import apps
from django.core.management import call_command
from django.test import Client

from backoffice.forms.tests.pages import form_data, record_form
from backoffice.records.history import history_of

pytestmark = pytest.mark.django_db
Article = apps.get_model("facility", "Article")


def manufacturer_of(record) -> str:
    return Article.objects.get(pk=record.pk).manufacturer


@pytest.mark.parametrize(
    ("language", "label"), [("en", "Manufacturer"), ("da", "Producent"), ("de", "Hersteller")]
)
def test_it_is_set_in_the_browser(language, label, cast, records, as_user):
    alice, article = as_user(cast.alice), records.article
    alice.post("/language", {"language": language})
    form = record_form(alice.get(f"/articles/{article.pk}").content)
    assert label in form.get_text(" ")
    assert (
        alice.post(f"/articles/{article.pk}", form_data(form) | {"manufacturer": "Nilfisk"}).status_code
        == 302
    )
    assert manufacturer_of(article) == "Nilfisk"
    page = BeautifulSoup(alice.get(f"/articles/{article.pk}").content, "lxml").get_text(" ")
    assert label in page and "Nilfisk" in page
    assert history_of(article).first().changes == [{"property": "manufacturer", "old": "", "new": "Nilfisk"}]


def test_it_is_set_in_admin(cast, records, as_user):
    ada, address = as_user(cast.ada), f"/admin/facility/article/{records.article.pk}/change/"
    sent = form_data(record_form(ada.get(address).content)) | {"manufacturer": "Kärcher"}
    assert ada.post(address, sent).status_code == 302
    assert manufacturer_of(records.article) == "Kärcher"


def test_it_is_set_over_json_and_described(cast, records, key_of):
    headers, address = {"x-api-key": key_of(cast.alice)}, f"/v2/articles/{records.article.pk}"
    client = Client(headers=headers)
    sent = client.patch(address, {"manufacturer": "Bosch"}, content_type="application/json")
    assert sent.json()["manufacturer"] == client.get(address).json()["manufacturer"] == "Bosch"
    refused = client.patch(address, {"manufacturer": "x" * 256}, content_type="application/json")
    assert refused.json()["errors"][0]["field"] == "manufacturer"
    condition = json.dumps({"key": "manufacturer", "operator": "equals", "value": "Bosch"})
    assert client.get("/v2/articles/count", {"generalField": condition}).json() == {"count": 1}
    document = client.get("/v2/openapi.json").json()
    assert document["components"]["schemas"]["Article"]["properties"]["manufacturer"]["maxLength"] == 255


def test_it_is_exported_and_imported(cast, records, as_user, tmp_path):
    document = {"_id": "5" * 24, "companyId": cast.company.pk, "name": "Imported", "manufacturer": "Miele"}
    (tmp_path / "articles.json").write_text(json.dumps([document]))
    call_command("import_documents", "articles", str(tmp_path / "articles.json"))
    call_command("export", "articles", output=str(tmp_path / "again.json"))
    exported = {one["_id"]: one for one in json.loads((tmp_path / "again.json").read_text())}
    assert exported["5" * 24]["manufacturer"] == "Miele"

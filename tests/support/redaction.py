"""A user with traces everywhere, for the redaction tests."""

import io
import json

from django.core.management import call_command
from django.test import Client

from backoffice.api.tests.clients import ApiClient
from backoffice.exchange.tests.files import export_text
from backoffice.forms.tests.pages import form_data, record_form
from backoffice.people.models import User
from backoffice.uploads.tests.files import PDF
from backoffice.uploads.tests.upload_requests import FILES, Sender
from tests.support.markers import MARK


def submit_form(browser: Client, url: str, **values) -> None:
    """Fill in a form in the browser and submit it."""
    page = browser.get(url)
    assert page.status_code == 200, url
    answer = browser.post(url, form_data(record_form(page.content)) | values)
    assert answer.status_code == 302 or b'id="new-key"' in answer.content, url


def make_gertrud(cast, records, as_user, key_of, folder) -> User:
    """Create a user whose name is in every place, entered through every channel."""
    ada = as_user(cast.ada)
    names = {"first_name": f"Old-{MARK}", "last_name": f"L-{MARK}"}
    submit_form(
        ada, "/users/new", username=f"{MARK}-u", email=f"{MARK}@example.com", roles=["Administrator"], **names
    )
    user = User.objects.get(username=f"{MARK}-u")
    submit_form(ada, f"/users/{user.pk}", first_name=f"Gertrud-{MARK}")
    user = User.objects.get(pk=user.pk)
    hers = as_user(user)
    hers.get("/account")
    submit_form(
        hers,
        "/api-keys/new",
        name=f"Script of {MARK}",
        owner=user.pk,
        scopes=["facility:read", "facility:write"],
    )
    script = ApiClient(key_of(user, name=f"Key {MARK}"))
    script.patch(f"/v2/objects/{records.object.pk}", {"securityCode": "1", "contactName": str(user)})
    script.get(f"/v2/objects/{records.object.pk}")
    hers.post(f"/objects/{records.object.pk}/secrets")
    script.patch(f"/v2/complaints/{records.complaint.pk}",
                 {"userId": user.pk, "contactName": "G.", "contact": {"email": f"{MARK}@example.com"}})  # fmt: skip
    script.post(f"/iptv/supportcase/{records.case.pk}", {"employee": user.pk, "response": {"answer": "Yes"},
                "comments": [*({"_id": each["id"]} for each in records.case.comments), {"comment": "Seen"}]})  # fmt: skip
    script.post(
        "/iptv/supportcase", {"name": "Mine", "customer": cast.resold.pk, "comments": [{"comment": "Hm"}]}
    )
    script.post(f"/iptv/supportcase/{records.case.pk}", {"employeeName": f"Fru {MARK}"})
    Sender(key_of(user)).sent(FILES, PDF + MARK.encode(), filename=f"{MARK}.pdf")
    document = json.loads(export_text("articles"))[:1]
    file = folder.parent / f"articles-{user.pk}.json"
    file.write_text(json.dumps([document[0] | {"unit": "box"}]))
    call_command("import_documents", "articles", str(file), "--as", user.username, stdout=io.StringIO())
    return user

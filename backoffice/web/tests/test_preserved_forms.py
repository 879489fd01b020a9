"""Tests that the input of a form survives an ended session, an old token or an outage, for its author
only."""

import re

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from backoffice.accounts import preserved_forms
from backoffice.accounts.preserved_forms import open_form
from backoffice.bulk.models import Job
from backoffice.forms.tests.pages import form_data
from backoffice.people.tests.factories import PASSWORD
from backoffice.uploads.models import Upload
from backoffice.web.tests.forms import (
    end_session,
    form_controls,
    make_file,
    preserved_input,
    sign_in,
    sign_in_and_return,
    soup,
)
from facility.models import Complaint

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
STILL_HERE = "Your text is still here; it is not saved yet."


@pytest.fixture
def alice(cast, as_user):
    return as_user(cast.alice)


def test_a_restored_record_form_is_merged_with_other_changes(cast, records, alice):
    address = f"/complaints/{records.complaint.pk}"
    sent = form_controls(soup(alice.get(address)), address)
    sent |= {
        "contact_name": "Bo “<Lund>” & søn",
        "desc": "Linje 1\r\nLinje 2",
        "say-comment": "Halv",
        "priority": "3",
    }
    end_session(alice)
    signed_out = alice.post(address, sent, headers={"referer": f"http://testserver{address}?list="})
    text = signed_out.content.decode()
    assert "You were signed out. " + STILL_HERE in text
    assert "Lund" not in text
    Complaint.objects.filter(pk=records.complaint.pk).update(room_description="Kælder")
    page = sign_in_and_return(alice, cast.alice, signed_out)
    assert STILL_HERE in page.content.decode()
    found = form_controls(soup(page), address)
    assert {name: found[name] for name in ("contact_name", "desc", "priority")} == {
        name: sent[name] for name in ("contact_name", "desc", "priority")
    }
    assert found["say-comment"] == "Halv"
    assert alice.post(address, found).status_code == 302
    saved = Complaint.objects.get(pk=records.complaint.pk)
    assert (saved.contact_name, saved.desc, saved.comment) == (
        "Bo “<Lund>” & søn",
        "Linje 1\r\nLinje 2",
        "Halv",
    )
    assert STILL_HERE not in alice.get(address).content.decode()


def forms_by_name(cast, records, alice) -> dict[str, tuple[str, dict, str]]:
    """Return various forms by name as (page, action, input)."""
    complaint, case = f"/complaints/{records.complaint.pk}", f"/cases/{records.case.pk}"
    return {
        "comment": (complaint, f"{complaint}/say/comment", {"say-comment": "Nøglen mangler"}),
        "answer": (complaint, f"{complaint}/say/answer", {"say-answer": "Vi kommer i morgen"}),
        "new": ("/complaints/new", "/complaints/new", {"desc": "Dryp", "priority": "2"}),
        "view": ("/complaints", "/complaints/views", {"name": "Mine egne", "shared": "on"}),
        "preferences": ("/account/preferences", "/account/preferences", {"theme": "dark"}),
        "columns": ("/complaints", "/complaints/columns", {}),
        "quick": (f"{complaint}/quick/user", f"{complaint}/quick/user", {}),
        "act": (complaint, f"{complaint}/act/take", {}),
        "remove": (f"{complaint}/remove", f"{complaint}/remove", {}),
    } | ({} if alice else {"case": (case, case, {})})


SELDOM = ["answer", "view", "preferences", "columns", "quick", "act", "remove"]


@pytest.mark.parametrize(
    "name", ["comment", "new", *(pytest.param(name, marks=pytest.mark.deep) for name in SELDOM)]
)
def test_every_form_is_restored(name, cast, records, alice):
    page, action, typed = forms_by_name(cast, records, alice)[name]
    opened = soup(alice.get(page))
    sent = form_controls(opened, action) | typed
    end_session(alice)
    signed_out = alice.post(action, sent, headers={"referer": f"http://testserver{page}"})
    back = sign_in_and_return(alice, cast.alice, signed_out)
    assert back.status_code == 200
    assert back.request["PATH_INFO"] == page
    found = form_controls(soup(back), action)
    assert {key: found.get(key) for key in typed} == typed
    assert "You were signed out." in back.content.decode()
    if name in ("act", "remove"):
        assert "Nothing was done" in back.content.decode()
    before = Complaint.objects.count()
    assert alice.post(action, found).status_code in (200, 302)
    assert Complaint.objects.count() - before == {"new": 0, "remove": -1}.get(name, 0) or name == "new"


@pytest.mark.deep
def test_added_rows_are_restored(cast, records, as_user):
    ada = as_user(cast.ada)
    address = f"/objects/{records.object.pk}"
    sent = form_controls(soup(ada.get(address)), address)
    total = next(name for name in sent if name.startswith("tags") and name.endswith("TOTAL_FORMS"))
    prefix = total.removesuffix("TOTAL_FORMS")
    rows = int(sent[total])
    field = next(name.rpartition("-")[2] for name in sent if re.match(rf"{prefix}0-", name))
    sent |= {total: str(rows + 3)} | {f"{prefix}{rows + n}-{field}": f"tag {n}" for n in range(3)}
    end_session(ada)
    found = form_controls(soup(sign_in_and_return(ada, cast.ada, ada.post(address, sent))), address)
    assert [found[f"{prefix}{rows + n}-{field}"] for n in range(3)] == ["tag 0", "tag 1", "tag 2"]


@pytest.mark.deep
def test_admin_forms_are_restored(cast, records, as_user):
    ada = as_user(cast.root)
    for address, typed in {
        f"/admin/facility/complaint/{records.complaint.pk}/change/": {"contact_name": "Bo Lund"},
        "/admin/facility/article/add/": {"name": "Pære"},
        f"/admin/auth/group/{Group.objects.first().pk}/change/": {"name": "Et andet navn"},
    }.items():
        ada.post("/account/confirm", {"password-again": PASSWORD})
        sent = form_data(
            max(soup(ada.get(address)).find_all("form"), key=lambda form: len(form.find_all("input")))
        )
        end_session(ada)
        back = sign_in_and_return(ada, cast.root, ada.post(address, sent | typed))
        assert back.request["PATH_INFO"] == address
        found = form_data(max(soup(back).find_all("form"), key=lambda form: len(form.find_all("input"))))
        assert {name: found[name] for name in typed} == typed
        assert STILL_HERE in back.content.decode()
        end_session(ada)
        ada.force_login(cast.root)


@pytest.mark.deep
def test_bulk_edits_are_restored_at_each_step(cast, records, alice):
    action = soup(alice.get("/complaints")).select_one("#bulk-bar")["action"]
    sent = form_data(soup(alice.get("/complaints")).select_one("#bulk-bar"))
    sent |= {"chosen": [records.complaint.pk], "which": "chosen"}
    end_session(alice)
    signed_out = alice.post(action, sent, headers={"referer": "http://testserver/complaints"})
    back = soup(sign_in_and_return(alice, cast.alice, signed_out))
    assert [box["value"] for box in back.select("input[name=chosen][checked]")] == [records.complaint.pk]
    job = alice.post(action, form_data(back.select_one("#bulk-bar")) | sent)["Location"]
    form = form_data(soup(alice.get(job)).select_one(".bulk-form"))
    form |= {"contact_name": "Bo Lund", "set": "contact_name"}
    end_session(alice)
    back = sign_in_and_return(alice, cast.alice, alice.post(job, form))
    assert back.request["PATH_INFO"] == job
    found = form_data(soup(back).select_one(".bulk-form"))
    assert (found["contact_name"], found["set"]) == ("Bo Lund", "contact_name")
    assert Job.objects.get().wanted == []


@pytest.mark.deep
def test_stored_files_stay_and_others_must_be_selected_again(cast, records, as_user):
    sven = as_user(cast.sven)
    address = f"/cases/{records.case.pk}"
    say = f"{address}/say/comment"
    opened = soup(sven.get(address))
    sent = form_controls(opened, say)
    first = sven.post(say, sent | {"say-comment": "", "say-comment-files": [make_file("a.png")]})
    upload = Upload.objects.get()
    assert upload.pk in first.content.decode()
    sent = form_controls(soup(first), say) | {
        "say-comment-waiting": [upload.pk],
        "say-comment": "Se billedet",
    }
    end_session(sven)
    signed_out = sven.post(say, sent | {"say-comment-files": [make_file("b.png")]})
    assert "Selected files are kept. Choose the others again." in signed_out.content.decode()
    assert Upload.objects.count() == 1
    back = soup(sign_in_and_return(sven, cast.sven, signed_out))
    assert back.select_one("[name=say-comment-waiting]")["value"] == upload.pk
    assert back.select_one("#say-comment").text.strip() == "Se billedet"


@pytest.mark.parametrize(
    ("waits", "comes", "message"),
    [
        (True, True, "Selected files are kept. Choose the others again."),
        (False, True, "Files are not kept. Choose them again."),
        (True, False, ""),
    ],
)
def test_waiting_files_of_a_new_record_need_not_be_selected_again(
    waits, comes, message, cast, records, alice
):
    address = "/complaints/new"
    form = form_data(soup(alice.get(address)).select_one("form.record-form")) | {"desc": ""}
    if waits:
        page = soup(alice.post(address, form | {"files-images": make_file("a.png")}))
        form = form_data(page.select_one("form.record-form"))
        assert form["files-images-waiting"] == Upload.objects.get().pk
    end_session(alice)
    signed_out = alice.post(address, form | ({"files-images": make_file("b.png")} if comes else {}))
    back = sign_in_and_return(alice, cast.alice, signed_out)
    for answer in (signed_out, back):
        text = answer.content.decode()
        assert message in text
        assert ("Choose the" in text) == comes
    assert bool(soup(back).select("[name=files-images-waiting][checked]")) == waits


@pytest.mark.attack
def test_another_user_gets_none_of_it(cast, records, alice, as_user):
    address = f"/complaints/{records.complaint.pk}"
    sent = form_controls(soup(alice.get(address)), address) | {"contact_name": "text-marker"}
    end_session(alice)
    signed_out = alice.post(address, sent)
    answer = sign_in(alice, cast.ada, signed_out)
    for place in (answer["Location"], address, f"{address}/say/comment"):
        page = alice.get(place, follow=True).content.decode()
        assert "text-marker" not in page
        assert STILL_HERE not in page
    assert "preserved_form" not in alice.session
    # The data in the page is of no use at the restore URL, in another browser or in another company.
    for user in (cast.ada, cast.charlie):
        other = as_user(user)
        assert other.post("/restore", {"preserved-form": preserved_input(signed_out)})["Location"] == "/"
        assert "text-marker" not in other.get(address).content.decode()
    # Another signed-in user does not get the input.
    victim = as_user(cast.vera)
    request_key = soup(as_user(cast.alice).get("/account/preferences")).select_one("[name=request-key]")[
        "value"
    ]
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = victim.cookies
    attack = strict.post(address, {"contact_name": "text-marker", "request-key": request_key})
    assert attack.status_code == 403
    assert "text-marker" not in attack.content.decode()
    assert "preserved_form" not in victim.session


@pytest.mark.attack
@pytest.mark.parametrize("key", ["", "x", "507f1f77bcf86cd799439011.abc:1:forged"])
def test_input_of_anonymous_users_is_not_kept(key, cast, records, client):
    address = f"/complaints/{records.complaint.pk}"
    answer = client.post(address, {"contact_name": "text-marker", "request-key": key})
    assert (answer.status_code, answer["Location"]) == (302, f"/sign-in?next={address}")
    assert "sessionid" not in client.cookies


@pytest.mark.attack
def test_secrets_are_never_in_it(cast, records, as_user):
    ada = as_user(cast.ada)
    address = f"/objects/{records.object.pk}"
    sent = form_controls(soup(ada.get(address)), address)
    sent |= {
        "security_code": "door-marker",
        "key": "key-marker",
        "description": "Port i gården",
        "new_password1": "pass-marker",
    }
    end_session(ada)
    signed_out = ada.post(address, sent)
    form = open_form(preserved_input(signed_out))
    assert "marker" not in str(form)
    assert form.values["description"] == ["Port i gården"]
    assert "Enter them again" in signed_out.content.decode()
    case = f"/cases/{records.case.pk}"
    sven = as_user(cast.sven)
    sent = form_controls(soup(sven.get(case)), case) | {"private_information": "note-marker"}
    boxes = [name for name in sent if name.startswith("say-") and not name.endswith("version")]
    sent |= dict.fromkeys(boxes, "box-marker")
    end_session(sven)
    form = open_form(preserved_input(sven.post(case, sent)))
    assert "note-marker" not in str(form)
    assert "private_information" not in form.values


@pytest.mark.attack
def test_its_time_and_size_are_limited(cast, records, alice, monkeypatch):
    address = f"/complaints/{records.complaint.pk}"
    sent = form_controls(soup(alice.get(address)), address)
    end_session(alice)
    long = alice.post(address, sent | {"desc": "x" * 200_001})
    assert "too long to be kept" in long.content.decode()
    assert len(long.content) < 20_000
    signed_out = alice.post(address, sent | {"contact_name": "Bo Lund"})
    monkeypatch.setattr(preserved_forms, "LIFETIME", -1)
    answer = sign_in(alice, cast.alice, signed_out)
    assert answer.status_code == 302
    assert "Bo Lund" not in alice.get(address).content.decode()

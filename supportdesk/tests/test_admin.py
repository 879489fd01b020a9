"""Support cases in the admin: comments with files, and guarded properties."""

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Group, Permission

from backoffice.admin.tests.pages import admin_url, open_admin_form, save_form
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel, Installation
from backoffice.records.history import history_of
from backoffice.records.models import History
from supportdesk import models


def reload(case):
    return models.SupportCase.objects.get(pk=case.pk)


@pytest.fixture
def ada(cast, client):
    client.force_login(cast.ada)
    return cast.ada


@pytest.fixture
def auditor(cast, client):
    """A user who may see and delete support cases in the admin, but not administer them."""
    group = Group.objects.create(name="Auditors")
    codenames = ["enter_admin", "view_supportcase", "delete_supportcase", "view_history"]
    group.permissions.set(Permission.objects.filter(codename__in=codenames))
    cast.vera.groups.set([group])
    client.force_login(cast.vera)
    return cast.vera


@pytest.mark.slow
def test_comments_and_files_are_saved_with_the_case(ada, records, client):
    before = History.objects.count()
    response = save_form(
        client, admin_url(records.case), solved="on", device="IOS", response_answer="Prøv igen nu",
        comments__0__comment="Rettet", comments__0__files__0__url="https://files.example.com/log.txt",
        comments__0__files__0__type="DOC", comments__1__comment="Ja, stadig sort",
        comments__1__files__0__url="https://files.example.com/2.jpeg", files__0__DELETE="on",
        files__1__url="https://files.example.com/3.jpeg",
    )  # fmt: skip
    assert response.status_code == 302
    kept = reload(records.case)
    assert (kept.solved, kept.device, kept.response_employee_id, kept.version) == (True, "IOS", ada.pk, 2)
    first, second = kept.comments
    assert (first["comment"], [file["type"] for file in first["files"]]) == ("Rettet", ["DOC"])
    assert (second["comment"], second["employee"], second["is_support"]) == ("Ja, stadig sort", ada.pk, True)
    assert [file["url"] for file in second["files"]] == ["https://files.example.com/2.jpeg"]
    assert [file["url"] for file in kept.files] == ["https://files.example.com/3.jpeg"]
    assert History.objects.count() == before + 1
    assert history_of(kept).first().via == "admin"
    save_form(client, admin_url(records.case), comments__0__files__0__DELETE="on", comments__1__DELETE="on")
    assert [(comment["comment"], comment["files"]) for comment in reload(kept).comments] == [("Rettet", [])]


@pytest.mark.slow
def test_an_error_of_a_row_is_shown_at_the_row(ada, records, client):
    response = save_form(
        client, admin_url(records.case), comments__0__comment="", comments__1__comment="typed",
        comments__1__files__0__url="no uri", files__1__url="neither",
    )  # fmt: skip
    assert response.status_code == 200
    assert reload(records.case).version == 1
    page = BeautifulSoup(response.content, "lxml")
    assert "This field cannot be blank." in page.find(id="comments-0").text
    row = page.find(id="comments-1")
    assert "Enter a valid URI" in row.text
    assert row.find("textarea", {"name": "comments-1-comment"}).text.strip() == "typed"
    assert row.find("input", {"name": "comments-1-files-0-url"})["value"] == "no uri"
    assert "Enter a valid URI" in page.find(id="files-1").text


def test_concurrent_comments_never_conflict(ada, cast, records, client):
    sent = open_admin_form(client, admin_url(records.case))
    case = reload(records.case)
    theirs = [*case.comments, {"comment": "from Sven"}]
    services.update(
        case, {"comments": theirs}, actor=cast.sven, context=ChangeContext(Channel.BROWSER), base=1
    )
    assert client.post(admin_url(case), sent | {"comments-1-comment": "from Ada"}).status_code == 302
    assert {comment["comment"] for comment in reload(case).comments} >= {"from Sven", "from Ada"}


def test_a_new_case_is_created(ada, cast, client):
    save_form(
        client, admin_url(models.SupportCase, "add"), name="Intet lyd", customer=cast.resold.pk,
        private_information="private", comments__0__comment="Første", files__0__url="https://files.example.com/9.png",
    )  # fmt: skip
    made = models.SupportCase.objects.get(name="Intet lyd")
    assert (made.employee_id, made.customer_name, made.private_information) == (
        ada.pk,
        str(cast.resold),
        "private",
    )
    assert [(comment["comment"], comment["employee"]) for comment in made.comments] == [("Første", ada.pk)]
    assert [(row.via, row.action) for row in history_of(made)] == [("admin", "create")]


@pytest.mark.slow
def test_guarded_properties_are_hidden_everywhere(auditor, cast, records, client):
    planned = services.update(records.case, {"private_information": "private-marker-2", "response_employee_name": "employee-marker",
                                  "response_answer": "answer-marker"}, actor=cast.sven, context=ChangeContext(Channel.BROWSER))  # fmt: skip
    row = history_of(planned.record).first()
    found = {}
    for url in (admin_url(records.case), admin_url(records.case, "history"), admin_url(records.case, "delete"),
                admin_url(models.SupportCase, ""), admin_url(row), admin_url(History, ""), "/admin/"):  # fmt: skip
        response = client.get(url)
        assert response.status_code == 200, url
        found[url] = response.content.decode()
        assert "private-marker" not in found[url], url
        assert "employee-marker" not in found[url], url
        assert "Internal note" not in found[url], url
    assert "answer-marker" in found[admin_url(records.case)]
    assert "answer-marker" in found[admin_url(row)]
    for words in ("private-marker-2", "employee-marker"):
        for model in (models.SupportCase, models.Comment, History):
            assert client.get(admin_url(model, "") + f"?q={words}").context["cl"].result_count == 0
    assert client.post(admin_url(records.case), {"solved": "on"}).status_code == 403


def test_the_history_shows_that_a_guarded_property_changed(ada, cast, records, client):
    save_form(client, admin_url(records.case), private_information="new-marker")
    assert reload(records.case).private_information == "new-marker"
    page = client.get(admin_url(records.case, "history")).content.decode()
    assert "Internal note: changed (hidden)" in page
    assert "new-marker" not in page


@pytest.mark.slow
def test_comments_and_files_are_read_only(ada, cast, records, client):
    case = records.case
    comments = [{"id": case.comments[0]["id"], "files": [{"url": "https://files.example.com/c.png"}]}]
    services.update(case, {"comments": comments}, actor=cast.sven, context=ChangeContext(Channel.BROWSER))
    theirs = [{"comment": "their-words", "files": [{"url": "https://x.example/y"}]}]
    services.update(
        records.their_case, {"comments": theirs}, actor=Installation(), context=ChangeContext(Channel.COMMAND)
    )
    for model in (models.Comment, models.CaseFile, models.CommentFile):
        page = client.get(admin_url(model, "")).content.decode()
        ours = [row for row in model.objects.all() if admin_url(row) in page]
        assert len(ours) == 1
        assert client.get(admin_url(ours[0])).status_code == 200
    theirs = models.CommentFile.objects.get(url="https://x.example/y")
    assert client.get(admin_url(theirs)).status_code == 404
    assert client.get(admin_url(theirs.record)).status_code == 404
    assert b"their-words" not in client.get(admin_url(models.Comment, "")).content
    assert client.get(admin_url(models.CommentFile, "") + "?q=intet+BILLEDE").context["cl"].result_count == 1
    assert client.get(admin_url(models.Comment, "") + "?is_support__exact=1").context["cl"].result_count == 1

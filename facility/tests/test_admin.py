"""Objects and complaints in the admin: one form with inlines, one transaction."""

import pytest
from bs4 import BeautifulSoup
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission

from backoffice.admin.tests.pages import admin_url, open_admin_form, read_outcomes, save_form
from backoffice.forms.tests.pages import form_data, record_form
from backoffice.people.tests.factories import CustomerFactory
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.exceptions import Conflict
from backoffice.records.history import history_of
from backoffice.records.models import History
from backoffice.records.tests.parameters import deep_only
from facility import models
from facility.forms import ComplaintForm
from facility.tests.factories import ArticleFactory, ComplaintFactory

BY_BROWSER = ChangeContext(Channel.BROWSER)


def reload(record):
    return type(record).objects.get(pk=record.pk)


@pytest.fixture
def ada(cast, client):
    client.force_login(cast.ada)
    return cast.ada


def test_form_and_inlines_are_saved_in_one_transaction(ada, cast, records, client):
    place, soap = records.object, ArticleFactory(company=cast.company, name="Soap")
    before = History.objects.count()
    response = save_form(
        client, admin_url(place), name="Rådhuset, nord", rating="4", tags__0__DELETE="on", tags__2__text="south",
        material__0__article=soap.pk, material__0__budget="12.5",
    )  # fmt: skip
    assert response.url == admin_url(models.CustomerObject, "")
    kept = reload(place)
    assert (kept.name, kept.rating, kept.tags, kept.version) == ("Rådhuset, nord", 4.0, ["north", "south"], 2)
    assert kept.material == [{"article": soap.pk, "budget": 12.5}]
    assert History.objects.count() == before + 1
    row = history_of(kept).first()
    assert (row.via, row.who, row.user_id, row.action) == ("admin", "Ada", ada.pk, "change")
    assert row.request_id == response["X-Request-ID"]
    assert {entry["property"] for entry in row.changes} == {"name", "rating", "tags", "material"}
    save_form(client, admin_url(place), material__0__budget="13", material__1__article=records.article.pk)
    assert [entry["budget"] for entry in reload(place).material] == [13.0, None]
    save_form(client, admin_url(place), material__0__DELETE="on")
    assert reload(place).material == [{"article": records.article.pk, "budget": None}]
    assert [row.via for row in history_of(place)] == ["admin"] * 3 + ["command"]
    assert LogEntry.objects.count() == 0


def test_a_new_object_with_its_material_is_one_history_row(ada, cast, records, client):
    response = save_form(
        client, admin_url(models.CustomerObject, "add"), customer=cast.resold.pk, address_street="Torvet 1",
        material__0__article=records.article.pk, material__0__budget="3",
    )  # fmt: skip
    assert response.status_code == 302
    made = models.CustomerObject.objects.get(address_street="Torvet 1")
    assert (made.company_id, made.created_by_id) == (cast.company.pk, ada.pk)
    assert made.material == [{"article": records.article.pk, "budget": 3.0}]
    assert [(row.via, row.action) for row in history_of(made)] == [("admin", "create")]


@pytest.mark.slow
def test_a_validation_error_is_shown_at_its_field_and_keeps_the_input(ada, records, client):
    response = save_form(
        client, admin_url(records.object), name="typed", rating="6", material__0__article=records.article.pk,
        material__0__budget="much", tags__2__text="north", description="a long\r\ntext",
    )  # fmt: skip
    assert response.status_code == 200
    assert reload(records.object).version == 1
    page = BeautifulSoup(response.content, "lxml")
    rating = page.find(class_="field-rating")
    assert "Ensure this value is less than or equal to 5." in rating.text
    assert rating.find("input")["value"] == "6"
    row = page.find(id="material-0")
    assert "Enter a number, such as 2.5." in row.find(class_="field-budget").text
    assert row.find("input", {"name": "material-0-budget"})["value"] == "much"
    assert page.find("input", {"name": "name"})["value"] == "typed"
    assert page.find("textarea", {"name": "description"}).text.split("\n")[-2:] == ["a long", "text"]
    assert "This occurs twice in the list." in page.find(class_="field-tags").text
    assert page.find("input", {"name": "tags-2-text"})["value"] == "north"


@pytest.mark.slow
def test_concurrent_changes_are_merged_or_reported(ada, cast, records, client):
    sent = open_admin_form(client, admin_url(records.complaint))
    services.update(
        records.complaint, {"priority": 4, "desc": "Their text"}, actor=cast.alice, context=BY_BROWSER
    )
    assert client.post(admin_url(records.complaint), sent | {"comment": "mine"}).status_code == 302
    kept = reload(records.complaint)
    assert (kept.priority, kept.desc, kept.comment, kept.version) == (4, "Their text", "mine", 3)
    assert "Alice saved other changes in the meantime" in client.get("/admin/").content.decode()
    response = client.post(admin_url(records.complaint), sent | {"desc": "My text"})
    page = BeautifulSoup(response.content, "lxml")
    assert "Choose which version to keep." in page.find(class_="field-desc").text
    assert "Alice changed “Description” too" in page.find(id="settle-desc").text
    assert page.find("textarea", {"name": "desc"}).text.strip() == "My text"
    assert "Their text" in page.find(id="settle-desc").text
    assert reload(records.complaint).version == 3
    again = form_data(record_form(response.content))
    assert client.post(admin_url(records.complaint), again).status_code == 200
    assert client.post(admin_url(records.complaint), again | {"settle-desc": "mine"}).status_code == 302
    kept = reload(records.complaint)
    assert (kept.desc, kept.priority, kept.comment, kept.version) == ("My text", 4, "mine", 4)


@deep_only
def test_a_concurrent_write_before_the_commit_is_merged_or_reported(ada, cast, records, client, monkeypatch):
    commit = ComplaintForm.commit
    concurrent_changes = [{"priority": 4}, {"desc": "Their text"}, None]

    def lost(form, context):
        others = concurrent_changes.pop(0) if concurrent_changes else {}
        if others is None:
            services.delete(reload(form.present), actor=cast.alice, context=BY_BROWSER)
        else:
            services.update(reload(form.present), others, actor=cast.alice, context=BY_BROWSER)
        return commit(form, context)

    sent = open_admin_form(client, admin_url(records.complaint))
    monkeypatch.setattr(ComplaintForm, "commit", lost)
    assert client.post(admin_url(records.complaint), sent | {"comment": "mine"}).status_code == 302
    assert (reload(records.complaint).priority, reload(records.complaint).comment) == (4, "mine")
    response = client.post(admin_url(records.complaint), sent | {"desc": "My text"})
    assert response.status_code == 200
    assert "Alice changed “Description” too" in response.content.decode()
    assert b"My text" in response.content
    assert client.post(admin_url(records.complaint), sent | {"room_description": "x"}).status_code == 404


def test_a_user_who_loses_every_race_keeps_the_input(ada, records, client, monkeypatch):
    def outrun(form, context):
        raise Conflict([], "")

    monkeypatch.setattr(ComplaintForm, "commit", outrun)
    response = save_form(client, admin_url(records.complaint), desc="typed")
    assert response.status_code == 200
    assert b"This was changed in the meantime." in response.content
    assert BeautifulSoup(response.content, "lxml").find("textarea", {"name": "desc"}).text.strip() == "typed"


@pytest.mark.slow
def test_conflicts_of_secrets_are_resolved_without_showing_them(ada, cast, records, client):
    sent = open_admin_form(client, admin_url(records.object))
    services.update(
        records.object, {"tags": ["theirs"], "key": "key-marker"}, actor=cast.alice, context=BY_BROWSER
    )
    response = client.post(admin_url(records.object), sent | {"tags-0-text": "mine", "key": "my-key"})
    page = BeautifulSoup(response.content, "lxml").find(class_="conflicts")
    assert {box["id"] for box in page.find_all("fieldset")} == {"settle-tags", "settle-key"}
    assert "key-marker" not in response.content.decode()
    again = form_data(record_form(response.content)) | {"settle-tags": "theirs", "settle-key": "mine"}
    client.post(admin_url(records.object), again | {"key": "my-key"})
    kept = reload(records.object)
    assert (kept.tags, kept.key) == (["theirs"], "my-key")


def test_pop_ups_disclose_no_property(ada, records, client):
    assert client.get(admin_url(records.object) + "?_to_field=key").status_code == 400
    sent = {"_popup": "1", "_to_field": "key", "name": "x"}
    assert client.post(admin_url(records.object), sent).status_code == 400


def test_a_concurrently_deleted_object_gets_404(ada, cast, records, client, monkeypatch):
    """Another user deletes the object between the confirmation page and its answer."""

    delete = services.delete

    def twice(record, **how):
        delete(record, actor=cast.alice, context=BY_BROWSER)
        delete(record, **how)

    monkeypatch.setattr(services, "delete", twice)
    assert client.post(admin_url(records.complaint, "delete"), {"post": "yes"}).status_code == 404
    chosen = {"action": "delete_selected", "_selected_action": records.article.pk, "post": "yes"}
    text = client.post(admin_url(models.Article, ""), chosen).content.decode()
    assert list(read_outcomes(text).values()) == [("Rejected", "It was deleted in the meantime.")]


def test_a_number_taken_before_the_commit_is_an_error(ada, cast, records, client, monkeypatch):
    commit = ComplaintForm.commit

    def taken(form, context):
        ComplaintFactory(company=cast.company, object=records.object.pk, number=77)
        monkeypatch.setattr(ComplaintForm, "commit", commit)
        return commit(form, context)

    monkeypatch.setattr(ComplaintForm, "commit", taken)
    response = save_form(
        client, admin_url(models.Complaint, "add"), object=records.object.pk, desc="Dør", number="77"
    )
    assert response.status_code == 200
    assert b"This number is already in use." in response.content
    assert not models.Complaint.objects.filter(desc="Dør").exists()


@pytest.mark.slow
def test_secrets_stay_hidden(ada, cast, records, client):
    values = {"security_code": "code-marker", "key": {"box": "key-marker"}}
    services.update(records.object, values, actor=cast.alice, context=BY_BROWSER)
    for url in (admin_url(records.object), admin_url(records.object, "history"), admin_url(models.CustomerObject, ""), "/admin/"):  # fmt: skip
        assert b"-marker" not in client.get(url).content, url
    found = client.get(admin_url(models.CustomerObject, "") + "?q=code-marker").context["cl"]
    assert found.result_count == 0
    found = client.get(admin_url(models.CustomerObject, "") + "?q=code-marker").context["cl"]
    assert found.result_count == 0
    save_form(client, admin_url(records.object), name="Other")
    assert reload(records.object).security_code == "code-marker"
    save_form(client, admin_url(records.object), security_code="other-marker")
    assert reload(records.object).security_code == "other-marker"
    assert "marker" not in str(history_of(records.object).first().changes)
    assert b"changed (hidden)" in client.get(admin_url(records.object, "history")).content


@pytest.mark.slow
def test_users_without_the_permission_see_no_secrets(cast, records, client):
    auditors = Group.objects.create(name="Auditors")
    auditors.permissions.set(Permission.objects.filter(codename__in=["enter_admin", "view_customerobject",
                                                                     "change_customerobject"]))  # fmt: skip
    cast.vera.groups.set([auditors])
    services.update(records.object, {"key": "key-marker"}, actor=cast.alice, context=BY_BROWSER)
    client.force_login(cast.vera)
    assert "key" not in open_admin_form(client, admin_url(records.object))
    assert b"Key" not in client.get(admin_url(records.object, "history")).content
    response = client.post(
        admin_url(records.object), open_admin_form(client, admin_url(records.object)) | {"key": "mine"}
    )
    assert response.status_code == 302
    assert reload(records.object).key == "key-marker"


def test_read_only_users_see_disabled_fields(cast, records, client):
    cast.vera.user_permissions.add(Permission.objects.get(codename="enter_admin"))
    services.update(
        records.object,
        {"material": [{"article": records.article.pk, "budget": 3}]},
        actor=cast.alice,
        context=BY_BROWSER,
    )
    client.force_login(cast.vera)
    page = BeautifulSoup(client.get(admin_url(records.object)).content, "lxml")
    assert page.find("input", {"name": "name"})["value"] == "Rådhuset"
    named = page.select(
        "#customerobject_form input[name], #customerobject_form select, #customerobject_form textarea"
    )
    hidden = {"csrfmiddlewaretoken", "_changelist_filters"}
    open_ones = [
        control["name"]
        for control in named
        if control.get("type") != "hidden"
        and not control.has_attr("disabled")
        and not control.find_parent("template")
    ]
    assert set(open_ones) <= hidden
    assert page.find("input", {"name": "material-0-budget"})["value"] == "3"
    assert not page.select(".submit-row input[type=submit]")


def test_lists_can_be_searched_and_filtered(ada, cast, records, client):
    ComplaintFactory(
        company=cast.company, object=records.object.pk, desc="Ødelagt dør", priority=4, user=cast.alice.pk
    )
    url = admin_url(models.Complaint, "")

    def found(query):
        return [record.desc for record in client.get(url + query).context["cl"].result_list]

    assert found("?q=øDELAGT") == ["Ødelagt dør"] == found("?priority__exact=4")
    assert (
        found(f"?user__id__exact={cast.alice.pk}")
        == ["Ødelagt dør"]
        == found("?complaint_status__exact=assigned")
    )
    assert found("?q=" + "+".join(["lampen"] * 500)) == []  # too long text is refused, not truncated
    page = client.get(url).content.decode()
    assert "Critical" in page
    assert f"user__id__exact={cast.alice.pk}" in page
    assert f"user__id__exact={cast.charlie.pk}" not in page


def test_lists_refuse_undeclared_lookups(ada, records, client):
    for query in ("comment__startswith=a", "object__security_code__startswith=4", "user__password__startswith=a",
                  "search_text=a", "user__groups__name=x", "_to_field=search_text", "nothing=1",
                  "priority__regex=.*"):  # fmt: skip
        assert client.get(admin_url(models.Complaint, "") + "?" + query).status_code == 400, query


@deep_only
def test_malformed_list_parameters_cause_no_server_error(ada, records, client):
    for query in ("priority__exact=x", "priority__exact=" + "9" * 40, "p=x", "p=9999", "o=99.x", "all=", "e=1",
                  "user__id__exact=nonsense", "user__isnull=x", "_popup=1", "_to_field=id", "q=%00",
                  "_facets=True"):  # fmt: skip
        assert client.get(admin_url(models.Complaint, "") + "?" + query, follow=True).status_code == 200, (
            query
        )
    for query in ("status__exact=%FF", "q=%FF", "%FF=1"):  # not UTF-8
        answer = client.get(admin_url(models.Complaint, "") + "?" + query, follow=True)
        assert (answer.status_code, answer["Content-Type"]) == (400, "text/html; charset=utf-8"), query


def test_referenced_records_are_not_deleted(ada, records, client):
    response = client.post(admin_url(records.object, "delete"), {"post": "yes"})
    assert b"This cannot be deleted because other records depend on it: 1 complaints." in response.content
    assert reload(records.object).version == 1
    page = client.get(admin_url(records.complaint, "delete"))
    assert b"Are you sure" in page.content
    sent = open_admin_form(client, admin_url(records.complaint, "delete"))
    services.update(records.complaint, {"priority": 2}, actor=ada, context=BY_BROWSER)
    response = client.post(admin_url(records.complaint, "delete"), sent)
    assert b"This was changed in the meantime." in response.content
    response = client.post(
        admin_url(records.complaint, "delete"),
        open_admin_form(client, admin_url(records.complaint, "delete")),
    )
    assert response.url == admin_url(models.Complaint, "")
    row = history_of(records.complaint).first()
    assert (row.action, row.via, row.user_id) == ("remove", "admin", ada.pk)
    assert LogEntry.objects.count() == 0


def test_selected_records_are_deleted_one_by_one(ada, cast, records, client):
    free = [CustomerFactory(company=cast.company, name=f"Free {number}", status=2) for number in range(2)]
    active = CustomerFactory(company=cast.company, name="Active")
    services.update(cast.resold, {"status": 2}, actor=cast.ada, context=BY_BROWSER)
    chosen = {
        "action": "delete_selected",
        "_selected_action": [
            active.pk,
            free[0].pk,
            free[1].pk,
            cast.resold.pk,
            records.their_customer.pk,
            "nonsense",
        ],
    }
    url = admin_url(type(free[0]), "")
    page = client.post(url, chosen).content.decode()
    assert "Free 0" in page
    assert "Zunft" not in page
    assert reload(free[0])
    text = client.post(url, chosen | {"post": "yes"}, follow=True).content.decode()
    assert read_outcomes(text) == {
        "Active": ("Rejected", "Archive the customer before you delete it."),
        "Free 0": ("Done", ""),
        "Free 1": ("Done", ""),
        "Hansen Boligforening ApS": (
            "Rejected",
            "This cannot be deleted because other records depend on it: 1 contacts, 1 customer objects, 1 support cases.",
        ),
    }
    assert "2 of the selected records no longer exist." in text
    names = set(type(free[0]).objects.values_list("name", flat=True))
    assert names >= {"Active", "Hansen Boligforening ApS", "Zunft zum Beispiel"}
    assert not {name for name in names if name.startswith("Free")}
    rows = History.objects.filter(action="remove")
    assert {(row.record_id, row.via) for row in rows} == {(record.pk, "bulk") for record in free}


def test_the_history_page_has_readable_sentences(ada, records, client):
    save_form(client, admin_url(records.complaint), priority="3", room_description="Kælder")
    page = BeautifulSoup(client.get(admin_url(records.complaint, "history")).content, "lxml")
    text = " ".join(page.find(id="change-history").text.split())
    assert "Ada changed this, in admin." in text
    assert "Priority: from “Low” to “High”" in text
    assert "Room: set to “Kælder”" in text


def test_a_superuser_without_company_changes_records_of_every_company(cast, records, client):
    cast.root.__class__._base_manager.filter(pk=cast.root.pk).update(company=None)
    client.force_login(cast.root)
    save_form(client, admin_url(records.their_complaint), priority="2")
    row = history_of(records.their_complaint).first()
    assert (row.via, row.company_id) == ("admin", cast.elsewhere.pk)

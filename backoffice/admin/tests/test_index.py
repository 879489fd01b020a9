"""The index and the navigation of admin: groups by task, no sublists, words of the reader's language."""

import pytest
from bs4 import BeautifulSoup

from backoffice.admin.tests.pages import admin_url, save_form
from backoffice.people.models import Company
from facility.models import Complaint, ObjectTag

GROUPS = {
    "People": ["Users", "API keys", "Customers", "Contacts"],
    "Facility": ["Complaints", "Customer objects", "Articles"],
    "Support": ["Support cases"],
    "Privacy and security": ["History", "Secret access log"],
    "Company": ["Companies", "Saved replies", "Mail templates", "Mail senders", "Background jobs"],
}
SUBLISTS = {"Material", "Invoice copies", "Contacts of objects", "Tags of objects", "Tags of complaints",
            "Messages of complaints"}  # fmt: skip


def groups_of(client, url: str, within: str = "#content") -> dict[str, list[str]]:
    """Return the links of each group of a page."""
    response = client.get(url)
    assert response.status_code == 200, url
    page = BeautifulSoup(response.content, "lxml")
    return {
        group.caption.get_text(strip=True): [link.get_text(strip=True) for link in group.select("th a")]
        for group in page.select(f"{within} .admin-group")
    }


def test_the_index_and_the_navigation_are_grouped_by_task(cast, records, client):
    client.force_login(cast.ada)
    assert list(groups_of(client, "/admin/").items()) == list(GROUPS.items())
    assert groups_of(client, admin_url(Complaint, ""), "#nav-sidebar") == GROUPS
    client.force_login(cast.root)
    found = groups_of(client, "/admin/")
    assert found["People"] == ["Users", "Roles", *GROUPS["People"][1:]]
    assert found["Company"] == [
        "Companies",
        "Saved replies",
        "Mail templates",
        "Mail senders",
        "Number series",
        "Background jobs",
    ]


@pytest.mark.parametrize(
    ("language", "titles"),
    [
        ("da", ["Personer", "Drift", "Support", "Privatliv og sikkerhed", "Virksomhed"]),
        ("de", ["Personen", "Facility-Service", "Support", "Datenschutz und Sicherheit", "Firma"]),
    ],
)
def test_groups_are_in_the_language_of_the_reader(language, titles, cast, client):
    client.force_login(cast.ada)
    client.post("/language", {"language": language})
    assert list(groups_of(client, "/admin/")) == titles


def test_sublists_are_only_on_the_page_of_their_app(cast, records, client):
    client.force_login(cast.ada)
    assert not SUBLISTS & {name for names in groups_of(client, "/admin/").values() for name in names}
    found = groups_of(client, "/admin/facility/")
    assert found == {"Facility": GROUPS["Facility"], "Related lists": [*found["Related lists"]]}
    assert set(found["Related lists"]) == SUBLISTS
    page = BeautifulSoup(client.get("/admin/").content, "lxml")
    assert page.select_one("caption a[href='/admin/facility/']")
    assert client.get(admin_url(ObjectTag, "")).status_code == 200
    assert client.get("/admin/uploads/").status_code == client.get("/admin/nowhere/").status_code == 404


def test_a_user_sees_only_the_groups_of_their_permissions(cast, client):
    from django.contrib.auth.models import Permission

    cast.vera.user_permissions.add(Permission.objects.get(codename="enter_admin"))
    client.force_login(cast.vera)
    found = groups_of(client, "/admin/")
    assert "Privacy and security" not in found
    assert found["People"] == ["Users", "Customers", "Contacts"]
    cast.vera.groups.clear()
    assert groups_of(client, "/admin/") == {}
    assert "Your roles include nothing to administer." in client.get("/admin/").content.decode()


def test_a_record_links_to_its_page_in_the_browser(cast, records, client):
    client.force_login(cast.ada)
    page = BeautifulSoup(client.get(admin_url(records.complaint)).content, "lxml")
    link = page.find("a", string="Open in Caretaker")
    assert link["href"] == f"/complaints/{records.complaint.pk}"
    assert client.get(link["href"]).status_code == 200
    assert b"Open in Caretaker" not in client.get(admin_url(Company.objects.get(pk=cast.company.pk))).content


@pytest.mark.parametrize("theme", ["light", "dark", "system"])
def test_admin_has_the_theme_of_the_preferences(theme, cast, client):
    client.force_login(cast.ada)
    client.post("/account/preferences", {"theme": theme, "density": "comfortable"})
    page = BeautifulSoup(client.get("/admin/").content, "lxml")
    expected = "light dark" if theme == "system" else theme
    assert page.select_one("meta[name=color-scheme]")["content"] == expected


def test_a_refused_form_begins_with_links_to_its_errors(cast, records, client):
    client.force_login(cast.ada)
    response = save_form(client, admin_url(records.object), contract_start_date="nonsense", number="x")
    page = BeautifulSoup(response.content, "lxml")
    links = {link["href"]: link.get_text() for link in page.select(".error-links a")}
    assert links == {
        "#id_contract_start_date": "Contract start: Enter a date, such as 31 Dec 2026.",
        "#id_number": "Number: Enter a whole number, such as 1234.",
    }
    assert all(page.select_one(address) for address in links)

"""The admin page of a company's mail sender: what it accepts, what it shows, and what it never shows."""

import io
import logging
import sys

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.core.signals import got_request_exception
from django.views.debug import ExceptionReporter

from backoffice.accounts.preserved_forms import is_secret
from backoffice.admin.tests.pages import admin_url, open_admin_form, save_form
from backoffice.exchange.exportables import exportable_for
from backoffice.forms.tests.pages import form_data, record_form
from backoffice.mail.models import MailSender
from backoffice.mail.tests.factories import MailSenderFactory
from backoffice.mail.tests.servers import BANNER, PASSWORD, USER
from backoffice.mail.tests.test_sender import change
from backoffice.people.models import User
from backoffice.records.history import history_of
from backoffice.records.models import History

pytestmark = [pytest.mark.django_db, pytest.mark.attack]
ADD = admin_url(MailSender, "add")


@pytest.fixture
def ada(cast, client):
    client.force_login(cast.ada)
    return client


def errors_of(response) -> dict[str, str]:
    """Return the error beside each field, by its name."""
    page = BeautifulSoup(response.content, "lxml")
    rows = {line: line.find_parent(class_="form-row") for line in page.select(".errorlist li")}
    names = {line: row and row.select_one("input, textarea, select")["name"] for line, row in rows.items()}
    return {name: line.get_text(strip=True) for line, name in names.items() if name}


def test_an_administrator_saves_a_sender_with_a_server(ada, cast, start_mail_server):
    server = start_mail_server()
    response = save_form(ada, ADD, sender_name="Firm", reply_to="desk@firm.example", smtp_url=server.url())
    assert response.status_code == 302, errors_of(response)
    sender = MailSender.objects.get()
    assert (sender.company_id, sender.smtp_url) == (cast.company.pk, server.url())
    assert set(server.inbox.logins) == {USER} and server.inbox.mails == []
    assert "/admin/mail/mailsender/" in ada.get("/admin/").content.decode()
    assert [(row.via, row.action) for row in history_of(sender)] == [("admin", "create")]


def test_the_page_says_which_addresses_and_which_server_are_used(ada):
    page = BeautifulSoup(ada.get(ADD).content, "lxml").get_text(" ", strip=True)
    for sentence in (
        "Replies go to this address (Reply-To).",
        "Only with your own mail server; empty: the reply address.",
        "Without one, mails come from the address of this installation, with the sender name.",
        "Leave empty to use the mail server of this installation.",
        "The password is never shown again.",
    ):
        assert sentence in page


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("reply_to", "", "This field cannot be blank."),
        ("reply_to", "desk", "Enter a valid email address."),
        ("reply_to", "desk@firm.example\r\nBcc: x@y.example", "Enter a valid email address."),
        ("reply_to", "desk@fi rm.example", "Enter a valid email address."),
        ("reply_to", "dæsk@firm.example", "Enter a valid email address."),
        ("reply_to", "desk@-bücher-.example", "Enter a valid email address."),
        ("reply_to", f"desk@{'ü' * 70}.example", "Enter a valid email address."),
        ("from_address", "desk@firm.example\nx", "Enter a valid email address."),
        ("sender_name", "Firm\r\nBcc: x@y.example", "Enter the name in one line."),
        ("smtp_url", "smtp://desk:pw@mail.firm.example:2525", "Enter an address such as smtp://"),
        (
            "smtp_url",
            "mail.firm.example",
            "Enter an address such as smtp://user:password@mail.example.com:587",
        ),
        ("smtp_url", "smtp://desk@mail.firm.example:587", "Enter an address such as smtp://"),
        ("smtp_url", "smtp://desk:pw@127.0.0.1:25", "This server is in a private or reserved network."),
        ("smtp_url", "smtp://desk:pw@nowhere.invalid:587", "The name of the server was not found."),
    ],
)
def test_errors_stand_beside_their_field(name, value, words, ada):
    response = save_form(ada, ADD, **({"reply_to": "desk@firm.example"} | {name: value}))
    assert response.status_code == 200
    errors = errors_of(response)
    assert list(errors) == [name] and errors[name].startswith(words)
    assert (
        not MailSender.objects.exists() and not History.objects.filter(record_type="mail.mailsender").exists()
    )


def test_an_address_with_an_umlaut_in_its_domain_is_accepted(ada):
    assert save_form(ada, ADD, reply_to="post@bücher.example").status_code == 302


def test_a_failed_trial_saves_nothing_and_shows_neither_password_nor_banner(ada, start_mail_server):
    server = start_mail_server()
    response = save_form(ada, ADD, reply_to="desk@firm.example", smtp_url=server.url(f"{USER}:wr0ng@"))
    assert errors_of(response) == {"smtp_url": "The server did not accept the user name and password."}
    page = response.content.decode()
    assert "wr0ng" not in page and BANNER not in page
    shown = BeautifulSoup(page, "lxml").select_one("[name=smtp_url]")["value"]
    assert shown == f"smtp://{USER}@localhost:{server.port}"
    assert not MailSender.objects.exists()


def test_the_password_is_nowhere_after_saving(ada, cast, start_mail_server, caplog, tmp_path):
    server = start_mail_server()
    with caplog.at_level(logging.INFO):
        sender = MailSenderFactory(company=cast.company, smtp_url=server.url())
        save_form(ada, admin_url(sender), sender_name="Other")
        save_form(ada, admin_url(sender), smtp_url=server.url().replace("localhost", "LOCALHOST"))
        pages = [
            admin_url(MailSender, ""),
            admin_url(sender),
            admin_url(sender, "history"),
            admin_url(sender, "delete"),
        ]
        pages += ["/admin/", "/admin/records/history/"]
        texts = {url: ada.get(url, follow=True).content.decode() for url in pages}
    assert f"smtp://{USER}@LOCALHOST:{server.port}" in texts[admin_url(sender)]
    assert sender.reply_to in texts[admin_url(sender, "history")]
    texts |= {"log": caplog.text, "history": str(list(History.objects.values()))}
    texts["rows"] = str(list(MailSender.objects.values()))
    for command in (["dumpdata", "mail"], ["check_secrets"]):
        out = io.StringIO()
        call_command(*command, stdout=out)
        texts[command[0]] = out.getvalue()
    assert "mailsender" in texts["dumpdata"]
    assert {name for name, text in texts.items() if PASSWORD in text} == set()
    assert exportable_for(MailSender) is None
    assert PASSWORD in MailSender.objects.get().smtp_url


def test_the_saved_server_stays_until_another_or_none_is_entered(ada, cast, start_mail_server):
    first, second = start_mail_server(), start_mail_server()
    sender = MailSenderFactory(company=cast.company, smtp_url=first.url())
    trials = len(first.inbox.logins)
    assert open_admin_form(ada, admin_url(sender))["smtp_url"] == f"smtp://{USER}@localhost:{first.port}"
    assert save_form(ada, admin_url(sender), sender_name="Other").status_code == 302
    assert MailSender.objects.get().smtp_url == first.url()
    assert len(first.inbox.logins) == trials
    # Another host does not get the password of the first one.
    response = save_form(ada, admin_url(sender), smtp_url=f"smtp://{USER}@localhost:{second.port}")
    assert "with the password" in errors_of(response)["smtp_url"]
    assert second.inbox.logins == []
    assert save_form(ada, admin_url(sender), smtp_url=second.url()).status_code == 302
    assert MailSender.objects.get().smtp_url == second.url()
    assert save_form(ada, admin_url(sender), smtp_url="").status_code == 302
    assert MailSender.objects.get().smtp_url == ""


@pytest.fixture
def changed_meanwhile(ada, cast, start_mail_server):
    """A sender whose server another person has replaced since the form was opened: the form, both servers."""
    first, second = start_mail_server(), start_mail_server()
    sender = MailSenderFactory(company=cast.company, smtp_url=first.url())
    sent = open_admin_form(ada, admin_url(sender)) | {"_save": "Save"}
    change(sender, smtp_url=second.url())
    return sender, sent, first, second


def test_a_conflict_does_not_show_the_password(ada, changed_meanwhile):
    sender, sent, first, second = changed_meanwhile
    mine = first.url().replace("localhost", "LOCALHOST")
    response = ada.post(admin_url(sender), sent | {"smtp_url": mine})
    page = response.content.decode()
    assert response.status_code == 200 and "Choose which version to keep." in page
    assert PASSWORD not in page
    again = form_data(record_form(response.content)) | {"_save": "Save", "settle-smtp_url": "theirs"}
    assert ada.post(admin_url(sender), again).status_code == 302
    assert MailSender.objects.get().smtp_url == second.url()


def test_a_company_has_one_sender(ada, cast):
    MailSenderFactory(company=cast.company)
    response = save_form(ada, ADD, reply_to="other@firm.example")
    assert "This company already has a mail sender. Change that one." in response.content.decode()
    assert MailSender.objects.count() == 1


def test_only_who_may_change_the_company_gets_to_its_sender(cast, client):
    sender, theirs = MailSenderFactory(company=cast.company), MailSenderFactory(company=cast.elsewhere)
    client.force_login(cast.vera)
    cast.vera.user_permissions.add(Permission.objects.get(codename="enter_admin"))
    assert client.get(admin_url(sender)).status_code == 403
    cast.vera.user_permissions.add(Permission.objects.get(codename="view_company"))
    page = client.get(admin_url(sender)).content.decode()
    assert sender.reply_to in page and "smtp_url" not in page
    assert client.post(admin_url(sender), {"reply_to": "x@y.example"}).status_code == 403
    assert client.get(ADD).status_code == 403
    client.force_login(cast.ada)
    assert client.get(admin_url(sender)).status_code == 200
    assert client.get(admin_url(theirs)).status_code == 404
    assert client.post(admin_url(theirs), {"reply_to": "x@y.example"}).status_code == 404


def test_a_superuser_chooses_the_company(cast, client):
    User.objects.filter(pk=cast.root.pk).update(company=None)
    client.force_login(cast.root)
    assert list(errors_of(save_form(client, ADD, reply_to="desk@firm.example"))) == ["company"]
    save_form(client, ADD, reply_to="desk@firm.example", company=cast.elsewhere.pk)
    assert MailSender.objects.get().company_id == cast.elsewhere.pk


def test_the_url_is_left_out_of_preserved_forms_and_error_reports(ada, monkeypatch, caplog):
    assert is_secret("smtp_url")
    failed = []
    remember = lambda sender, request, **kwargs: failed.append(ExceptionReporter(request, *sys.exc_info()))  # noqa: E731
    got_request_exception.connect(remember)
    monkeypatch.setattr("backoffice.mail.sender.try_server", lambda server: 1 / 0)
    ada.raise_request_exception = False
    url = f"smtp://{USER}:{PASSWORD}@mail.firm.example:587"
    assert save_form(ada, ADD, reply_to="desk@firm.example", smtp_url=url).status_code == 500
    got_request_exception.disconnect(remember)
    report = failed[0].get_traceback_text()
    assert (
        "ZeroDivisionError" in report and "desk@firm.example" in report and "ZeroDivisionError" in caplog.text
    )
    assert PASSWORD not in report + caplog.text

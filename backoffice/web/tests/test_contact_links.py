"""Tests of `mailto:` and `tel:` links."""

import re
from urllib.parse import unquote, urlsplit

import pytest

from backoffice.web.contact_links import email_link, mailto_uri, phone_link, tel_uri
from facility.tests.factories import ComplaintFactory

MAIL = {
    "astrid@example.com": "mailto:astrid@example.com",
    " astrid.holm+desk@example.com ": "mailto:astrid.holm+desk@example.com",
    "a?bcc=x@evil.example": "mailto:a%3Fbcc%3Dx@evil.example",
    "a?subject=x&body=y@evil.example": "mailto:a%3Fsubject%3Dx%26body%3Dy@evil.example",
    "a%3Fbcc=x@evil.example": "mailto:a%253Fbcc%3Dx@evil.example",
    "o'hara/b#c@example.com": "mailto:o%27hara%2Fb%23c@example.com",
    "jörg@example.com": "",
    "info@müller.example": "mailto:info@m%C3%BCller.example",
    "info@a。evil.example": "",
    "info@a\u202eb.example": "",
    '"a,x@evil.example,"@example.com': "",
    '"a?bcc=x"@example.com': "",
    "a@[127.0.0.1]": "",
    "a@example.com, b@example.com": "",
    "a@example.com?bcc=b@example.com": "",
    "a@example.com\nbcc: b@example.com": "",
    "Astrid <a@example.com>": "",
    "javascript:alert(1)": "",
    "none": "",
    "": "",
    None: "",
}
CALLS = {
    "+45 33 12 34 56": "tel:+4533123456",
    "+41\u00a099\u202f755\u2009102\u20110": "tel:+41997551020",
    "\u202a+45 33 12\u200b 34 56\u202c": "tel:+4533123456",
    "0045 33123456": "tel:004533123456",
    "089/12 34 56-78": "tel:08912345678",
    "089 / 123456": "tel:089123456",
    "(030) 12.34.56": "tel:030123456",
    "+49 (0)89 1234": "tel:+49891234",
    "+49(0) 89-1234": "tel:+49891234",
    "＋４５ ３３１２３４５６": "tel:+4533123456",
    "112": "tel:112",
    "Tlf. 33 12 34 56": "tel:33123456",
    "Tel.: +45 33 12 34 56 (mobil)": "tel:+4533123456",
    "33 12 34 56 efter arbejdstid": "tel:33123456",
    "33 12 34 56 ext. 12": "tel:33123456;ext=12",
    "33 12 34 56 lokal 7": "tel:33123456;ext=7",
    "089 123456, Durchwahl: 44": "tel:089123456;ext=44",
    "33123456x12": "tel:33123456;ext=12",
    "33123456;ext=12": "tel:33123456;ext=12",
    "33123456;phone-context=evil.example": "tel:33123456",
    "*21*004533123456#": "",
    "＊21＊0045＃": "",
    "#31#33123456": "",
    "33123456,,1#": "",
    "33123456,,1234": "",
    "33 12 34 56 efter kl. 16": "",
    "33 12 34 56 / 44 12 34 56": "",
    "1234567/7654321": "",
    "089 1234 / 089 4321": "",
    "33123456 eller 44123456": "",
    "0800-FLOWERS": "",
    "0800 FLOWERS": "",
    "A33123456": "",
    "Room 112": "",
    "12": "",
    "1234567890123456": "",
    "+0 12345": "",
    "33+12345678": "",
    "?body=x": "",
    "ask Astrid": "",
    "": "",
    None: "",
}


@pytest.mark.attack
@pytest.mark.parametrize(("typed", "uri"), MAIL.items(), ids=ascii)
def test_a_mailto_link_has_one_recipient_and_no_headers(typed, uri):
    assert mailto_uri(typed) == uri
    parts = urlsplit(uri)
    assert not parts.query and not parts.fragment
    assert unquote(parts.path) == (typed.strip() if uri else "")


@pytest.mark.attack
@pytest.mark.parametrize(("typed", "uri"), CALLS.items(), ids=ascii)
def test_a_tel_link_needs_exactly_one_number_in_the_text(typed, uri):
    assert tel_uri(typed) == uri
    assert not uri or re.fullmatch(r"tel:\+?[0-9]{3,15}(;ext=[0-9]{1,7})?", uri)


def test_a_value_that_cannot_be_a_link_is_shown_as_text():
    assert email_link("<b>") == "&lt;b&gt;"
    assert phone_link("*21*1#<") == "*21*1#&lt;"
    assert phone_link("+45 1<2 34") == "+45 1&lt;2 34"
    assert email_link(None) == phone_link("") == ""
    assert phone_link("+45 33 12") == '<a href="tel:+453312">+45 33 12</a>'


@pytest.mark.attack
@pytest.mark.django_db
def test_a_list_shows_hostile_contacts_as_text(cast, records, client):
    ComplaintFactory(
        company=cast.company,
        object=records.object.pk,
        contact_email="a?bcc=x@evil.example",
        contact_telephone="*21*004533123456#",
    )
    client.force_login(cast.alice)
    page = client.get("/complaints?columns=contact_email,contact_telephone").content.decode()
    assert 'href="mailto:a%3Fbcc%3Dx@evil.example"' in page
    assert "bcc=x@evil.example</a>" in page
    assert "*21*004533123456#" in page and "tel:*" not in page

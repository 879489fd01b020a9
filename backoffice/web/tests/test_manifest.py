"""Tests of the web app manifest and the icons."""

import pytest
from bs4 import BeautifulSoup
from django.contrib.staticfiles import finders
from django.urls import set_script_prefix
from PIL import Image

from backoffice.workplace.models import Preferences

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["", "/care/taker"])
def prefix(request, settings):
    """Return the path prefix of the site."""
    if request.param:
        settings.FORCE_SCRIPT_NAME = request.param
    set_script_prefix(f"{request.param}/")
    yield request.param
    set_script_prefix("/")


def test_the_manifest_links_to_the_product_and_its_icons(prefix, client):
    page = client.get("/sign-in")
    head = BeautifulSoup(page.content, "lxml").head
    address = head.select_one("link[rel=manifest]")["href"]
    assert address == f"{prefix}/manifest.webmanifest"
    assert "manifest-src 'self'" in page["Content-Security-Policy"]
    response = client.get(address.removeprefix(prefix))
    assert (response.status_code, response["Content-Type"]) == (200, "application/manifest+json")
    manifest = response.json()
    assert manifest["name"] == manifest["short_name"] == "Caretaker"
    assert manifest["start_url"] == manifest["scope"] == manifest["id"] == f"{prefix}/"
    assert manifest["theme_color"] and manifest["background_color"] and manifest["display"] == "standalone"
    icons = {(icon["sizes"], icon["purpose"]): icon for icon in manifest["icons"]}
    assert {("any", "any"), ("192x192", "any"), ("512x512", "any"), ("512x512", "maskable")} <= icons.keys()
    addresses = [icon["src"] for icon in manifest["icons"]]
    addresses += [
        head.select_one("link[rel=apple-touch-icon]")["href"],
        client.get("/favicon.ico")["Location"],
    ]
    for source in addresses:
        file = finders.find(source.rpartition("static/")[2])
        assert file, source
    for (sizes, _purpose), icon in icons.items():
        if icon["type"] == "image/png":
            width, height = Image.open(finders.find(icon["src"].rpartition("static/")[2])).size
            assert f"{width}x{height}" == sizes


@pytest.mark.parametrize(
    ("theme", "colours"), [("system", ["#ffffff", "#1a1f21"]), ("light", ["#ffffff"]), ("dark", ["#1a1f21"])]
)
def test_the_theme_colour_is_that_of_the_page(theme, colours, cast, as_user):
    Preferences.objects.create(user_id=cast.alice.pk, theme=theme)
    page = BeautifulSoup(as_user(cast.alice).get("/account").content, "lxml")
    found = page.select("meta[name=theme-color]")
    assert [each["content"] for each in found] == colours
    assert all(each.get("media") for each in found) == (theme == "system")

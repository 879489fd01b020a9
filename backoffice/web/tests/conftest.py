"""Fixtures for tests of pages."""

import pytest

from backoffice.web.tests.list_pages import ListPage


@pytest.fixture
def open_list(client):
    """Return a function `open_list(user, url)` that opens a list."""

    def looked(person, address) -> ListPage:
        client.force_login(person)
        return ListPage(client, address)

    return looked

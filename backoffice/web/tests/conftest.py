"""Fixtures for tests of pages."""

import pytest

from backoffice.web.tests.list_pages import Listed


@pytest.fixture
def look(client):
    """Return a function `look(user, url)` that opens a list."""

    def looked(person, address) -> Listed:
        client.force_login(person)
        return Listed(client, address)

    return looked

import pytest

from backoffice.exchange.tests.files import Folder
from backoffice.exchange.tests.installation import new_installation


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


@pytest.fixture(scope="session")
def _empty_installation(tmp_path_factory):
    return new_installation(tmp_path_factory.mktemp("empty"))


@pytest.fixture
def installation(_empty_installation, tmp_path):
    """An empty installation."""
    return _empty_installation.copy(tmp_path)

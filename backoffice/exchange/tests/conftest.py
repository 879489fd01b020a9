import pytest

from backoffice.exchange.tests.files import Folder


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)

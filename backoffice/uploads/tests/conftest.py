import pytest

from backoffice.uploads.tests.upload_requests import Sender


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def alice(cast, key_of):
    return Sender(key_of(cast.alice))


@pytest.fixture
def sven(cast, key_of):
    return Sender(key_of(cast.sven))

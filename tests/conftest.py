import io

import pytest
from django.core.management import call_command

from tests.support.browser import browser, one_request_at_a_time, visitor

__all__ = ["browser", "one_request_at_a_time", "visitor"]


@pytest.fixture
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def redact(folder, django_capture_on_commit_callbacks):
    """`redact(…)`: run the command and its on-commit callbacks, which delete files; return its output."""

    def run(*words) -> str:
        output = io.StringIO()
        with django_capture_on_commit_callbacks(execute=True):
            call_command("redact", *words, stdout=output)
        return output.getvalue()

    return run

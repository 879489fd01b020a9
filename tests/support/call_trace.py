"""A trace of the calls of our own functions."""

import sys
from collections.abc import Callable
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from django.conf import settings

ROOT = f"{settings.BASE_DIR}/"
NOT_TRACED = ("/tests/", "/.venv", "/conftest.py")


class Call(NamedTuple):
    module: str
    function: str
    """The qualified name: `Merge.onto`, `endpoint.answer`."""
    caller: str
    """The module of the calling function, empty if that is not ours."""


def trace(work: Callable[[], object]) -> tuple[object, list[Call]]:
    """Return the result of `work` and the calls of our functions, in order. A module is named by its path."""
    calls: list[Call] = []

    def note(frame, event, _argument) -> None:
        if event == "call" and (module := _module_of(frame)):
            calls.append(
                Call(module, frame.f_code.co_qualname.replace("<locals>.", ""), _module_of(frame.f_back))
            )

    sys.setprofile(note)
    try:
        result = work()
    finally:
        sys.setprofile(None)
    return result, calls


def _module_of(frame) -> str:
    path = frame.f_code.co_filename
    is_ours = path.startswith(ROOT) and not any(part in path for part in NOT_TRACED)
    return str(Path(path).relative_to(ROOT)) if is_ours else ""


def stays(calls: list[Call]) -> list[str]:
    """Return the modules in the order in which the calls enter them: consecutive calls in one module are one
    stay."""
    return [module for module, _calls in groupby(call.module for call in calls)]

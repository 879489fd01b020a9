"""A pytest plugin for `make test-quick`: the first case of each test, on a database without migrations.

It leaves out tests that commit: after each of them every table is emptied."""

import pytest


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    seen, selected, deselected = set(), [], []
    for item in items:
        test = item.nodeid.partition("[")[0]
        is_quick = test not in seen and not _commits(item)
        (selected if is_quick else deselected).append(item)
        seen.add(test)
    config.hook.pytest_deselected(items=deselected)
    items[:] = selected


@pytest.fixture(scope="session", autouse=True)
def migrated_roles(django_db_setup, django_db_blocker):
    """Create the roles, which migrations create otherwise."""
    from conftest import make_roles

    with django_db_blocker.unblock():
        make_roles()


def _commits(item) -> bool:
    return any(mark.kwargs.get("transaction") for mark in item.iter_markers("django_db"))

"""The modules in which apps register what they have: `api`, `views`."""

from collections.abc import Iterator
from importlib import import_module
from types import ModuleType

from django.apps import AppConfig, apps
from django.utils.module_loading import module_has_submodule


def sorted_apps() -> list[AppConfig]:
    """Return the installed apps: first those outside `backoffice`, which have records of their own."""
    return sorted(apps.get_app_configs(), key=lambda config: config.name.startswith("backoffice."))


def import_modules(name: str) -> Iterator[ModuleType]:
    """Import the module of this name of each app that has one."""
    for config in sorted_apps():
        if module_has_submodule(config.module, name):
            yield import_module(f"{config.name}.{name}")

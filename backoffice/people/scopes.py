"""The scopes of API keys: reading or writing the records of one app."""

from django.apps import AppConfig
from django.utils.module_loading import module_has_submodule
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from backoffice.records.app_modules import sorted_apps


def _label(config: AppConfig) -> str:
    """Return the label of an app's scopes; empty if it has none, because scripts do not reach its records."""
    has_operations = hasattr(config, "grants") and module_has_submodule(config.module, "api")
    return getattr(config, "scopes_label", config.verbose_name if has_operations else "")


SCOPES = {
    f"{config.label}:{mode}": format_lazy("{}: {}", label, how)
    for config in sorted_apps()
    if (label := _label(config))
    for mode, how in (("read", _("read")), ("write", _("write")))
}

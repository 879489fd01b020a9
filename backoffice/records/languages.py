"""The languages that lists are sorted by."""

from django.apps import apps
from django.conf import settings

from backoffice.db.queries import CompiledQuery


def default_language() -> str:
    """Return the language of the installation."""
    code = settings.LANGUAGE_CODE.partition("-")[0]
    return code if code in dict(settings.LANGUAGES) else "en"


def company_language(company_id: str | None) -> str:
    """Return the language of a company; without a company, that of the installation."""
    rows = _language_query(company_id) if company_id else ()
    return rows[0][0] if rows else default_language()


_language_query = CompiledQuery(
    lambda pk: apps.get_model("people.company")._base_manager.order_by().filter(pk=pk).values_list("language")
)

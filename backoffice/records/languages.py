"""The languages by whose alphabets lists are sorted."""

from django.apps import apps
from django.conf import settings

from backoffice.db.queries import CompiledQuery


def default_language() -> str:
    """The language of the installation."""
    code = settings.LANGUAGE_CODE.partition("-")[0]
    return code if code in dict(settings.LANGUAGES) else "en"


def company_language(company_id: str | None) -> str:
    """The language of a company; without one, that of the installation."""
    found = _LANGUAGES(company_id) if company_id else ()
    return found[0][0] if found else default_language()


_LANGUAGES = CompiledQuery(
    lambda pk: apps.get_model("people.company")._base_manager.order_by().filter(pk=pk).values_list("language")
)

"""The language of pages: chosen at their foot, or what the browser prefers."""

from django.http import HttpRequest
from django.middleware.locale import LocaleMiddleware
from django.utils import translation


def language_of(request: HttpRequest) -> str:
    """The language in which to answer: that of the cookie, of the browser, of the installation, the first of them
    that there is."""
    return translation.get_language_from_request(request)


class LanguageMiddleware(LocaleMiddleware):
    """Django's, for pages that have the same address in every language."""

    def process_request(self, request):
        translation.activate(language_of(request))
        request.LANGUAGE_CODE = translation.get_language()

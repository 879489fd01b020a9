"""The language of pages: chosen at their foot or among one's preferences, or what the browser prefers. It is in a cookie,
so that pages speak it before anybody has signed in; whoever does brings along what they prefer."""

from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.middleware.locale import LocaleMiddleware
from django.shortcuts import redirect
from django.utils import timezone, translation
from django.views.i18n import set_language

from backoffice.workplace.models import Preferences


def language_of(request: HttpRequest) -> str:
    """The language in which to answer: that of the cookie, of the browser, of the installation, the first of them
    that there is."""
    return translation.get_language_from_request(request)


class CalendarZone(ZoneInfo):
    """A time zone in which every instant has a time: at either end of the calendar that of UTC. Such instants are refused
    (`InstantField`), but older versions took them."""

    def fromutc(self, dt):
        try:
            return super().fromutc(dt)
        except OverflowError:
            return dt


class LanguageMiddleware(LocaleMiddleware):
    """Django's, for pages that have the same address in every language. Django's own templates and administration write
    dates in the time zone that is active."""

    def process_request(self, request):
        timezone.activate(CalendarZone(settings.TIME_ZONE))
        translation.activate(language_of(request))
        request.LANGUAGE_CODE = translation.get_language()


def set_language_cookie(response: HttpResponse, language: str) -> None:
    """Have the browser ask for a language from now on; `""`: for the one that it prefers itself."""
    name, path = settings.LANGUAGE_COOKIE_NAME, settings.LANGUAGE_COOKIE_PATH
    if not language:
        response.delete_cookie(name, path=path, samesite=settings.LANGUAGE_COOKIE_SAMESITE)
        return
    response.set_cookie(
        name,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        path=path,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite=settings.LANGUAGE_COOKIE_SAMESITE,
    )


def set_preferred_language(response: HttpResponse, user) -> None:
    """Somebody has just signed in: what they prefer goes before what this browser spoke."""
    language = Preferences.of(user).language
    if language:
        set_language_cookie(response, language)


def choose_language(request: HttpRequest) -> HttpResponse:
    """Django's view behind the buttons at the foot; it is remembered with the account, if there is one."""
    if request.method in ("GET", "HEAD"):
        return redirect("web:home")
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    language = request.POST.get("language")
    if request.user.is_authenticated and translation.check_for_language(language or ""):
        Preferences.objects.update_or_create(user_id=request.user.pk, defaults={"language": language})
    return set_language(request)

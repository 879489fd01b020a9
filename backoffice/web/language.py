"""Language of pages: the user's choice, else the browser's preference. It is kept in a cookie, so that it
applies before sign-in; signing in sets the cookie to the user's preference."""

from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.middleware.locale import LocaleMiddleware
from django.shortcuts import redirect
from django.utils import timezone, translation
from django.views.i18n import set_language

from backoffice.workplace.models import Preferences


def language_of(request: HttpRequest) -> str:
    """Return the language of the response: from the cookie, else the Accept-Language header, else the
    settings."""
    return translation.get_language_from_request(request)


class CalendarZone(ZoneInfo):
    """A time zone that falls back to UTC for instants at the limits of the calendar, where the conversion
    overflows. `InstantField` refuses such instants, but older versions stored them."""

    def fromutc(self, dt):
        try:
            return super().fromutc(dt)
        except OverflowError:
            return dt


class LanguageMiddleware(LocaleMiddleware):
    """Django's middleware without language prefixes in URLs. It also activates the time zone, which Django's
    templates and admin use for dates."""

    def process_request(self, request):
        timezone.activate(CalendarZone(settings.TIME_ZONE))
        translation.activate(language_of(request))
        request.LANGUAGE_CODE = translation.get_language()


def set_language_cookie(response: HttpResponse, language: str) -> None:
    """Set the language cookie; delete it for `""`, so that the browser's preference applies."""
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
    """Set the language cookie to the user's preference, if they have one. Call it after sign-in."""
    language = Preferences.for_user(user).language
    if language:
        set_language_cookie(response, language)


def choose_language(request: HttpRequest) -> HttpResponse:
    """Set the language with Django's view, and save it in the preferences of a signed-in user."""
    if request.method in ("GET", "HEAD"):
        return redirect("web:home")
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    language = request.POST.get("language")
    if request.user.is_authenticated and translation.check_for_language(language or ""):
        Preferences.objects.update_or_create(user_id=request.user.pk, defaults={"language": language})
    return set_language(request)

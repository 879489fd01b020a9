"""What is asked of somebody's session before their page is made."""

from django.conf import settings

from backoffice.signin.sessions import renew


class SessionsMiddleware:
    """Sessions in use go on. What speaks JSON is left alone: it takes keys, and no cookies."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or getattr(view, "csrf_exempt", False):
            return
        if not request.user.is_authenticated:
            return
        renew(request)

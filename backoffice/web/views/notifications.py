"""The pages of notifications: the list behind the bell, and following a record."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from backoffice.db.object_ids import is_object_id
from backoffice.db.search import MAX_SEARCH_LENGTH
from backoffice.notifications import services
from backoffice.notifications.models import Notification
from backoffice.notifications.shown import show
from backoffice.web.mixins import RecordTypeView, SignedInView
from backoffice.web.redirects import redirect_target
from backoffice.web.viewsets import viewset_for

SHOWN = 50
"""The most notifications on a page."""


class NotificationsView(SignedInView):
    """The user's notifications, the newest first; and marking some or all of them as read."""

    def get(self, request: HttpRequest) -> HttpResponse:
        rows = Notification.objects.filter(user_id=request.user.pk).order_by("-created_at", "-pk")
        before = request.GET.get("before", "")
        if is_object_id(before):
            last = Notification.objects.filter(user_id=request.user.pk, pk=before).first()
            rows = rows.filter(created_at__lte=last.created_at).exclude(pk=before) if last else rows
        page = list(rows[: SHOWN + 1])
        older = page[SHOWN - 1].pk if len(page) > SHOWN else ""
        items = [
            (
                item,
                viewset_for(type(item.record)),
                viewset_for(type(item.record)).url("record", item.record.pk),
            )
            for item in show(page[:SHOWN], request.user)
        ]
        context = {
            "items": items,
            "older": older,
            "has_unread": bool(services.count_unread(request.user)),
        }
        return render(request, "web/notifications.html", context)

    def post(self, request: HttpRequest) -> HttpResponse:
        ids = [pk for pk in request.POST.getlist("read")[:SHOWN] if is_object_id(pk)]
        services.mark_read(request.user, ids=None if "all" in request.POST else ids)
        return redirect("web:notifications")


class FollowView(RecordTypeView):
    """Follows a record, or stops following it (`follow=0`). With `seen=1`, marks the notifications of a record as
    read instead: a script of its page sends that."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: str) -> HttpResponse:
        record = request.user.find_visible(self.viewset.model, pk)
        if record is None:
            raise Http404
        if "seen" in request.POST:
            services.mark_read(request.user, record_id=record.pk)
            return HttpResponse(status=204)
        is_following = request.POST.get("follow") == "1"
        services.follow(request.user, record, is_following)
        text = _("You follow this now.") if is_following else _("You do not follow this any more.")
        messages.success(request, text)
        return redirect(redirect_target(request, self.viewset.url("record", pk)))


class MentionsView(RecordTypeView):
    """Colleagues whom an internal note may mention: `static/mentions.js` requests `…/<id>/mentions?q=al`."""

    def get(self, request: HttpRequest, pk: str) -> HttpResponse:
        record = request.user.find_visible(self.viewset.model, pk)
        if record is None:
            raise Http404
        trigger = services.find_mention_trigger(self.viewset.model)
        if trigger is None or not request.user.may("view", record, trigger.property):
            raise PermissionDenied
        text = request.GET.get("q", "").replace("\x00", "").strip()[:MAX_SEARCH_LENGTH]
        users = services.find_mentionable(record, trigger, text, request.user)
        return JsonResponse({"users": [{"username": each.username, "name": str(each)} for each in users]})

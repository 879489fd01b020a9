"""What open pages ask for every half minute: unread notifications, new records of a list, and what others changed in a
record. `static/polling.js` requests it. Most answers are 304, which cost a few queries (see docs/performance.md)."""

import hashlib
from datetime import datetime, timezone

from django import forms
from django.apps import apps
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.utils.http import urlencode
from django.utils.text import get_text_list
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from backoffice.notifications.services import MAX_COUNT, count_unread
from backoffice.records.fields import now
from backoffice.records.history import describe_action, format_moment, history_of, list_entries
from backoffice.records.models import Entity, Record
from backoffice.web.listing import RecordListing
from backoffice.web.mixins import SignedInView
from backoffice.web.viewsets import RecordViewSet, all_viewsets, viewset_for

MAX_NEW = 200
"""The most new records that are compared with the filters of a list."""
MAX_CHANGES, MAX_SHOWN = 20, 3
"""The most changes that are read, and said."""


def build_query(viewset: RecordViewSet, **parameters: object) -> str:
    """Return the query by which a page asks: `record` and `version`, or `list` (its own query) and the present time."""
    since = {} if "record" in parameters else {"since": int(now().timestamp() * 1000)}
    return urlencode({"model": viewset.model._meta.label_lower} | since | parameters)


class PageQueryForm(forms.Form):
    """The query parameters."""

    model = forms.TypedChoiceField(
        required=False,
        choices=lambda: [(each.model._meta.label_lower, each.label) for each in all_viewsets()],
        coerce=lambda label: viewset_for(apps.get_model(label)),
        empty_value=None,
    )
    record = forms.CharField(required=False)
    version = forms.IntegerField(required=False, min_value=0)
    since = forms.IntegerField(required=False, min_value=0, max_value=10**14)
    list = forms.CharField(required=False)


class PageStateView(SignedInView):
    """The state of an open page as JSON, or 304 if the page has it already. Asking is no use of the session, and
    records no visit. `count` counts requests, and returns the seconds to wait if there are too many."""

    count = None

    def get(self, request: HttpRequest) -> HttpResponse:
        user, form = request.user, PageQueryForm(request.GET)
        if self.count and (wait := self.count(settings.RATE_LIMIT_PAGES, "pages", user.pk)):
            return HttpResponse(status=429, headers={"Retry-After": str(wait)})
        if not form.is_valid():
            return JsonResponse({"errors": form.errors}, status=400)
        query, record, new = form.cleaned_data, None, []
        viewset, version = query["model"], query["version"] or 0
        if viewset is not None and not user.may("view", viewset.model):
            raise PermissionDenied
        if viewset is not None and query["record"]:
            record = self._find_changed(viewset, query["record"], version)
        elif viewset is not None and issubclass(viewset.model, Record):
            new = self._find_new(viewset, query["since"] or 0)
        unread = count_unread(user)
        state = (user.pk, get_language(), unread, record and record.version, new)
        headers = {"ETag": f'"{hashlib.sha256(repr(state).encode()).hexdigest()[:32]}"'}
        if request.headers.get("If-None-Match") == headers["ETag"]:
            return HttpResponseNotModified(headers=headers)
        news = self._describe_changes(record, version) if record else []
        if new:
            listing = RecordListing.from_query(viewset, user, query["list"])
            count = listing.filters.qs.filter(pk__in=[pk for pk, _version in new]).order_by().count()
            text = ngettext("%(n)s new in this list", "%(n)s new in this list", count)
            news = [text % {"n": count}] if count else []
        shown = f"{MAX_COUNT}+" if unread > MAX_COUNT else str(unread or "")
        return JsonResponse({"unread": shown, "news": news}, headers=headers)

    def _find_changed(self, viewset: RecordViewSet, pk: str, version: int) -> Entity | None:
        """Return the record if it has changed. People from outside do not learn when: None."""
        record = self.request.user.find_visible(viewset.model, pk)
        if record is None:
            raise Http404
        return record if record.version > version and not self.request.user.customer_id else None

    def _find_new(self, viewset: RecordViewSet, since: int) -> list[tuple[str, int]]:
        """Return (id, version) of the newest records since a time. (Records have an index for it.)"""
        rows = viewset.model.objects.visible_to(self.request.user)
        rows = rows.filter(created_at__gt=datetime.fromtimestamp(since / 1000, timezone.utc))
        return list(rows.order_by("-created_at", "-id").values_list("pk", "version")[:MAX_NEW])

    def _describe_changes(self, record: Entity, version: int) -> list[str]:
        """Say who else changed what, as far as the user may see it, the newest first."""
        user, lines = self.request.user, []
        rows = history_of(record).filter(version__gt=version)[:MAX_CHANGES]
        others = [row for row in rows if not row.was_made_by(user.pk)]
        for entry in list_entries(others, type(record), record, user):
            labels = list(dict.fromkeys(str(each.label) for each in entry.sentences if each.label))
            names = {"who": entry.who, "names": get_text_list(labels, _("and"))}
            text = entry.label or (entry.action == "change" and labels and _("%(who)s changed %(names)s"))
            text = text % names if text else describe_action(entry.who, entry.action)
            lines.append(f"{text} ({format_moment(entry.at)})")
        return lines[:MAX_SHOWN] + ["…"] * (len(lines) > MAX_SHOWN)

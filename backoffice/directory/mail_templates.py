"""The texts of mails to customers: their form and viewset, and the preview with a real record."""

from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from backoffice.db.transactions import with_retry
from backoffice.forms.fieldsets import CUSTOMER, FieldGroup
from backoffice.forms.record_form import record_form
from backoffice.lists.filters import RecordFilterSet, RecordStatusFilter
from backoffice.mail.customer_events import declared, event_choices
from backoffice.mail.customer_mails import TEST, compose, is_limit_reached
from backoffice.mail.models import Delivery, MailTemplate
from backoffice.mail.outgoing import has_mail_server, prints_mail, queue_mail
from backoffice.records.models import ACTIVE, Record
from backoffice.web import cells
from backoffice.web.mixins import SignedInView
from backoffice.web.page_parts import Link, Panel, register_panel
from backoffice.web.viewsets import CHANGED, ListColumn, RecordViewSet, register, viewset_for

MAX_DIGITS = 9
SHOWN_TESTS = 3


class MailTemplateForm(
    record_form(
        MailTemplate,
        groups=(
            FieldGroup(gettext_lazy("Mail"), "event", "language", "subject", "text", tone=CUSTOMER),
            FieldGroup(gettext_lazy("Administrative"), "status"),
        ),
        only_on_creation=frozenset({"event", "language"}),
    )
):
    """The form of a text. A new one starts with the standard text of the event that the link names; without one, it
    lists the placeholders of every event."""

    def __init__(self, data=None, files=None, *, initial=None, **kwargs):
        chosen = dict(initial or {})
        event = declared.get(chosen.get("event"))
        if event is not None:
            with override(_read_language(chosen.get("language"), settings.LANGUAGE_CODE)):
                standard = {"subject": str(event.standard.subject), "text": str(event.standard.text)}
            chosen = standard | chosen
        super().__init__(data, files, initial=chosen, **kwargs)
        if "event" in self.fields:
            self.fields["event"].choices = event_choices()
        event = event or declared.get(self.present.event)
        if "text" in self.fields:
            first, *others = [event] if event is not None else declared.values()
            known = [name for name in first.placeholders if all(name in each.placeholders for each in others)]
            names = ", ".join(f"{{{{ {name} }}}}" for name in known)
            self.fields["text"].help_text = _(
                "These placeholders are replaced: %(names)s. Leave an empty line between paragraphs."
            ) % {"names": names}


class MailTemplateFilters(RecordFilterSet):
    record = RecordStatusFilter()

    main_filters = ("record",)


@register
class MailTemplateViewSet(RecordViewSet):
    model = MailTemplate
    slug = "mail-templates"
    icon = "envelope-paper"
    new_label = gettext_lazy("New mail template")
    order = 95
    on_rail = False
    filterset_class = MailTemplateFilters
    form_class = MailTemplateForm
    note_template = "directory/mail_templates_note.html"
    default_sort = "event"
    columns = (
        ListColumn(
            name="event",
            label=gettext_lazy("Mail"),
            value=MailTemplate.get_event_display,
            sort=("event",),
            css="subject",
        ),
        ListColumn(name="language", label=gettext_lazy("Language"), value=MailTemplate.get_language_display),
        ListColumn(name="subject", label=gettext_lazy("Subject"), show=cells.excerpt, css="wide"),
        CHANGED,
    )
    events = staticmethod(event_choices)


def _read_language(text: str | None, default: str) -> str:
    return text if text in dict(settings.LANGUAGES) else default


def _describe_state(delivery: Delivery) -> str:
    """Return what became of a test mail."""
    is_printed = prints_mail() and delivery.state == Delivery.State.SENT
    return _("Printed in the terminal") if is_printed else delivery.get_state_display()


def preview_url(name: str, language: str, number: object = "") -> str:
    """Return the URL of the preview of the mails about an event."""
    query = urlencode({"language": language, "number": number})
    return f"{reverse('directory:mail_preview', args=[name])}?{query}"


@register_panel(MailTemplate)
def preview_of_template(record, actor):
    """A link to the preview of a text."""
    text = _("Preview and test mail")
    link = Link(url=preview_url(record.event, record.language), text=text)
    return Panel(title=_("Preview"), icon="eye", items=[link])


class MailPreviewView(SignedInView):
    """Shows the mail about an event with a record that the user may see, and sends it to the user as a test."""

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and not request.user.may("change", MailTemplate):
            raise PermissionDenied
        if request.user.is_authenticated and kwargs["event"] not in declared:
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def find_record(self, event: str, number: str) -> Record | None:
        """Return the record with a number, or the newest one, if the user may see it."""
        user, model = self.request.user, declared[event].mails.model
        if not user.may("view", model):
            return None
        rows = model.objects.visible_to(user).order_by("-number", "pk")
        if number:
            is_number = number.isascii() and number.isdigit() and len(number) <= MAX_DIGITS
            rows = rows.filter(number=int(number)) if is_number else rows.none()
        return rows.first()

    def find_obstacle(self) -> str:
        """Return why no test mail can be sent; empty if one can."""
        if not has_mail_server():
            return _("This installation sends no mail.")
        if not self.request.user.email:
            return _("You have no e-mail address.")
        tests = Delivery.objects.filter(event=TEST, user_id=self.request.user.pk)
        is_limited = is_limit_reached(settings.MAIL_LIMIT_COMPANY, tests)
        return _("You sent too many test mails. Try again later.") if is_limited else ""

    def get(self, request: HttpRequest, event: str) -> HttpResponse:
        user, number = request.user, request.GET.get("number", "").strip()
        home = user.company.language if user.company else settings.LANGUAGE_CODE
        language = _read_language(request.GET.get("language"), home)
        record, viewset = self.find_record(event, number), viewset_for(MailTemplate)
        own = MailTemplate.objects.visible_to(user).filter(event=event, language=language, status=ACTIVE)
        own = own.filter(company_id=record.company_id if record else user.company_id).first()
        chosen = {"event": event, "language": language}
        tests = Delivery.objects.filter(event=TEST, user_id=user.pk).order_by("-created_at", "-pk")[:50]
        context = {
            "viewset": viewset,
            "label": declared[event].standard.label,
            "mail_language": language,
            "languages": settings.LANGUAGES,
            "number": record.number if record else number,
            "mail": compose(declared[event], record, language, address=user.email) if record else None,
            "own": own,
            "url": viewset.url("record", own.pk) if own else f"{viewset.url('new')}?{urlencode(chosen)}",
            "tests": [(_describe_state(row), row) for row in tests if row.params == chosen][:SHOWN_TESTS],
            "obstacle": self.find_obstacle(),
        }
        return render(request, "directory/mail_preview.html", context)

    def post(self, request: HttpRequest, event: str) -> HttpResponse:
        language = _read_language(request.POST.get("language"), settings.LANGUAGE_CODE)
        record = self.find_record(event, request.POST.get("number", "").strip())
        if record is None:
            raise Http404
        if obstacle := self.find_obstacle():
            messages.error(request, obstacle)
        else:
            to = {
                "company_id": record.company_id,
                "user_id": request.user.pk,
                "request_id": request.request_id,
            }
            with_retry(lambda: queue_mail(TEST, record, params={"event": event, "language": language}, **to))
            messages.success(request, _("The test mail is queued. This page shows when it is sent."))
        return redirect(preview_url(event, language, record.number))

"""The page that creates a record, of any kind, with the files that belong to it."""

from dataclasses import dataclass, field

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from backoffice.accounts.preserved_forms import restored_data
from backoffice.accounts.request_keys import form_key
from backoffice.forms.record_form import save_with_retry
from backoffice.records.idempotency import KeyInUse, KeyReused, find_repeated
from backoffice.uploads.ingestion import MAX_FILES
from backoffice.uploads.models import Upload
from backoffice.web.components.attachments import Attached, attached
from backoffice.web.components.form_layout import helper_for
from backoffice.web.mixins import RecordTypeView, via_browser
from backoffice.web.page_parts import UploadArea


@dataclass
class UploadField:
    """The upload field of a list of files, and what came for it."""

    drawer: UploadArea
    attached: Attached = field(default_factory=Attached)

    @property
    def name(self) -> str:
        return f"files-{self.drawer.property}"


class NewRecordView(RecordTypeView):
    """Makes a record. Properties in the address (`?object=…`) are filled in beforehand."""

    form_for = "add"

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and not request.user.may("add", self.kind.model):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def initial(self) -> dict:
        named = self.kind.form_class.properties
        return {name: value for name, value in self.request.GET.items() if name in named}

    def fetch_uploads(self, data=None) -> list[UploadField]:
        """The upload fields for this person, with the files that came for them. `data` is what was sent, if anything."""
        kind, user = self.kind, self.request.user
        form = kind.form_class(actor=user)
        if not user.may("add", Upload) or form.present.home_company_id() is None:
            return []
        fields = [UploadField(drawer) for drawer in kind.drawers if form.is_theirs(drawer.property)]
        for found in fields if data is not None else ():
            waiting = data.getlist(f"{found.name}-waiting")
            drawer = found.drawer
            found.attached = attached(
                self.request,
                found.name,
                drawer.entry,
                form.present,
                user,
                kind.slug,
                waiting,
                drawer.documents,
            )
        return fields

    def page(self, form, uploads: list[UploadField]):
        form.helper = helper_for(form)
        context = {
            "kind": self.kind,
            "title": self.kind.new_label,
            "form": form,
            "uploads": uploads,
            "has_refused_files": any(each.attached.refused for each in uploads),
            "limit": settings.UPLOAD_MAX_MB,
            "most_files": MAX_FILES,
            "urls": {"list": self.kind.url("list")},
        }
        return TemplateResponse(self.request, "web/records/new.html", context)

    def get(self, request):
        data = restored_data(request, request.path)
        form = self.kind.form_class(data, actor=request.user, initial=self.initial())
        return self.page(form.unjudged() if data else form, self.fetch_uploads(data))

    def post(self, request):
        uploads: list[UploadField] = []

        def sent():
            form = self.kind.form_class(
                request.POST, request.FILES, actor=request.user, initial=self.initial()
            )
            form.uploads = {each.drawer.property: each.attached.entries for each in uploads}
            return form

        key = form_key(request)
        try:
            if earlier := find_repeated(key):
                return self.made_before(earlier.record_id)
            uploads = self.fetch_uploads(request.POST)
            if any(each.attached.refused for each in uploads) and not find_repeated(key):
                return self.page(sent(), uploads)
            form, draft = save_with_retry(sent, via_browser(request, key))
        except KeyReused as error:
            form = sent()
            if not form.is_valid():
                return self.page(form, uploads)
            return self.made_another(form, uploads, error.earlier.record_id)
        except KeyInUse:
            return self.post(request)  # the same form came twice at once, and the other one was faster
        if draft is None:
            return self.page(form, uploads)
        record = draft.record
        shown = self.kind.created(request, record)
        if shown is not None:
            return shown
        messages.success(
            request, _("Created: %(kind)s “%(name)s”.") % {"kind": record._meta.verbose_name, "name": record}
        )
        visible = self.kind.model.objects.visible_to(request.user).filter(pk=record.pk).exists()
        return redirect(self.kind.url("record", record.pk) if visible else self.kind.url("list"))

    def made_before(self, pk: str):
        """The same form came twice: show what the first one made."""
        record = self.request.user.find_visible(self.kind.model, pk)
        messages.info(self.request, _("This was sent twice and created once."))
        return redirect(self.kind.url("record", pk) if record else self.kind.url("list"))

    def made_another(self, form, uploads: list[UploadField], pk: str):
        """The same page was sent before with something else in it: ask whether this is to be a second one."""
        record = self.request.user.find_visible(self.kind.model, pk)
        told = _(
            "From this page you have created %(name)s already. To create another one, press the button again."
        )
        messages.warning(self.request, told % {"name": self.kind.subject(record) if record else pk})
        return self.page(form, uploads)

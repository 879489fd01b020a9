"""Page that creates a record of any model, with its files."""

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from backoffice.accounts.preserved_forms import restored_data
from backoffice.accounts.request_keys import form_key
from backoffice.forms.record_form import save_with_retry
from backoffice.mail.customer_mails import report_mail
from backoffice.records.idempotency import KeyInUse, KeyReused, find_repeated
from backoffice.uploads.ingestion import MAX_FILES
from backoffice.uploads.models import Upload
from backoffice.web.components.attachments import collect_attachments
from backoffice.web.components.composer_state import UploadAreaState
from backoffice.web.components.form_layout import helper_for
from backoffice.web.mixins import RecordTypeView, browser_context


class NewRecordView(RecordTypeView):
    """Creates a record. Query parameters (`?object=…`) are the initial values of properties."""

    form_for = "add"

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and not request.user.may("add", self.viewset.model):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def initial(self) -> dict:
        properties = self.viewset.form_class.properties
        return {name: value for name, value in self.request.GET.items() if name in properties}

    def fetch_uploads(self, data=None) -> list[UploadAreaState]:
        """Return the upload fields that the user may fill, with the files sent in them if `data` is given."""
        viewset, user = self.viewset, self.request.user
        form = viewset.form_class(actor=user)
        if not user.may("add", Upload) or form.present.home_company_id() is None:
            return []
        fields = [UploadAreaState(area) for area in viewset.upload_areas if form.can_edit(area.property)]
        for upload_field in fields if data is not None else ():
            waiting = data.getlist(f"{upload_field.name}-waiting")
            area = upload_field.area
            upload_field.attachments = collect_attachments(
                self.request,
                upload_field.name,
                area.build_entry,
                form.present,
                user,
                viewset.slug,
                waiting,
                area.accepts_documents,
            )
        return fields

    def page(self, form, uploads: list[UploadAreaState]):
        form.helper = helper_for(form)
        context = {
            "viewset": self.viewset,
            "title": self.viewset.new_label,
            "form": form,
            "uploads": uploads,
            "has_refused_files": any(each.attachments.refusals for each in uploads),
            "limit": settings.UPLOAD_MAX_MB,
            "max_files": MAX_FILES,
            "urls": {"list": self.viewset.url("list")},
        }
        return TemplateResponse(self.request, "web/records/new.html", context)

    def get(self, request):
        data = restored_data(request, request.path)
        form = self.viewset.form_class(data, actor=request.user, initial=self.initial())
        return self.page(form.without_errors() if data else form, self.fetch_uploads(data))

    def post(self, request):
        uploads: list[UploadAreaState] = []

        def build_form():
            form = self.viewset.form_class(
                request.POST, request.FILES, actor=request.user, initial=self.initial()
            )
            form.uploads = {each.area.property: each.attachments.entries for each in uploads}
            return form

        key = form_key(request)
        try:
            if earlier := find_repeated(key):
                return self.answer_repeated(earlier.record_id)
            uploads = self.fetch_uploads(request.POST)
            if any(each.attachments.refusals for each in uploads) and not find_repeated(key):
                return self.page(build_form(), uploads)
            form, planned = save_with_retry(build_form, browser_context(request, key))
        except KeyReused as error:
            form = build_form()
            if not form.is_valid():
                return self.page(form, uploads)
            return self.confirm_another(form, uploads, error.earlier.record_id)
        except KeyInUse:
            return self.post(
                request
            )  # a concurrent request with the same form won; now it counts as repeated
        if planned is None:
            return self.page(form, uploads)
        record = planned.record
        response = self.viewset.response_after_creation(request, record)
        if response is not None:
            return response
        messages.success(
            request, _("Created: %(kind)s “%(name)s”.") % {"kind": record._meta.verbose_name, "name": record}
        )
        if report := report_mail(planned):
            messages.info(request, report)
        visible = self.viewset.model.objects.visible_to(request.user).filter(pk=record.pk).exists()
        return redirect(self.viewset.url("record", record.pk) if visible else self.viewset.url("list"))

    def answer_repeated(self, pk: str):
        """Answer a form that was sent twice: redirect to the record that the first submission created."""
        record = self.request.user.find_visible(self.viewset.model, pk)
        messages.info(self.request, _("The form was sent twice. Only one record was created."))
        return redirect(self.viewset.url("record", pk) if record else self.viewset.url("list"))

    def confirm_another(self, form, uploads: list[UploadAreaState], pk: str):
        """Answer a form that was sent before with other content: ask whether to create a second record."""
        record = self.request.user.find_visible(self.viewset.model, pk)
        message = _(
            "You have already created %(name)s from this page. To create another one, press the button again."
        )
        messages.warning(self.request, message % {"name": self.viewset.subject(record) if record else pk})
        return self.page(form, uploads)

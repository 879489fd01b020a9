"""Admin of companies, users, customers, contacts, API keys and roles, and of the history."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import quote
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group as Role
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.accounts.reauthentication import require_password
from backoffice.accounts.totp import remove_second_factor
from backoffice.admin.base import BaseAdmin
from backoffice.admin.filters import LabelledChoicesFilter, VisibleReferenceFilter
from backoffice.admin.history import HistoryAdmin, NumberSeriesAdmin, SecretReadingAdmin
from backoffice.admin.reauthentication import ReauthenticationMixin
from backoffice.admin.record_admin import RecordAdmin
from backoffice.directory.forms import ApiKeyForm, ContactForm, CustomerForm, UserForm
from backoffice.directory.open_work import warn_about_open_work
from backoffice.forms.fieldsets import FieldGroup
from backoffice.forms.record_form import record_form
from backoffice.people.models import ApiKey, Company, Contact, Customer, User
from backoffice.people.password_validation import PASSWORD_RULES
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.exceptions import Forbidden
from backoffice.records.models import History, NumberSeries, SecretReading

CompanyForm = record_form(
    Company,
    properties=("name", "language", "status"),
    groups=(FieldGroup(gettext_lazy("Company"), "name", "language", "status"),),
)


@admin.register(Company)
class CompanyAdmin(RecordAdmin):
    form = CompanyForm
    list_display = ("name", "language", "status", "created_at", "last_modified_at")


@admin.register(Customer)
class CustomerAdmin(RecordAdmin):
    form = CustomerForm
    list_display = ("number", "name", "email", "phone", "address", "parent_reseller", "last_modified_at")
    list_display_links = ("number", "name")
    list_filter = (("parent_reseller", VisibleReferenceFilter), ("status", LabelledChoicesFilter))

    @admin.display(description=gettext_lazy("address"), ordering="address_city")
    def address(self, record):
        return record.address_line()


@admin.register(Contact)
class ContactAdmin(RecordAdmin):
    form = ContactForm
    list_display = ("number", "__str__", "role", "customer", "email", "phone", "last_modified_at")
    list_display_links = ("number", "__str__")
    list_filter = (("customer", VisibleReferenceFilter), ("status", LabelledChoicesFilter))


class PasswordForm(SetPasswordForm):
    """A form that sets a user's password through the write service."""

    def __init__(self, user, *args, actor=None, context=None, **kwargs):
        super().__init__(user, *args, **kwargs)
        self.actor, self.context = actor, context
        self.fields["new_password1"].help_text = PASSWORD_RULES

    def set_password_and_save(self, user, password_field_name="new_password1", commit=True):  # noqa: S107 # nosec B107 # a field's name
        password = make_password(self.cleaned_data[password_field_name])
        return services.update(user, {"password": password}, actor=self.actor, context=self.context).record


@admin.register(User)
class UserAdmin(ReauthenticationMixin, RecordAdmin):
    form = UserForm
    change_form_template = "admin/user_change_form.html"
    list_display = ("username", "full_name", "email", "is_active", "customer", "last_login")
    list_filter = ("is_active", ("customer", VisibleReferenceFilter), ("status", LabelledChoicesFilter))

    @admin.display(description=gettext_lazy("name"))
    def full_name(self, user):
        return user.get_full_name()

    def get_urls(self):
        guarded = self.admin_site.admin_view
        return [
            path("<path:object_id>/password/", guarded(self.password_view), name="people_user_password"),
            path(
                "<path:object_id>/second-factor/",
                guarded(self.second_factor_view),
                name="people_user_second_factor",
            ),
            *super().get_urls(),
        ]

    def password_view(self, request, object_id):
        """Set a user's password."""
        user = self.get_record_or_404(request, object_id)
        if not self.has_change_permission(request, user) or not request.user.may("change", user, "password"):
            raise PermissionDenied
        if asking := require_password(request):
            return asking
        sent = request.POST if request.method == "POST" else None
        form = PasswordForm(
            user, sent, actor=request.user, context=ChangeContext(Channel.ADMIN, request.request_id)
        )
        if form.is_valid():
            try:
                saved = form.save()
            except Forbidden as error:
                form.add_error(None, forms.ValidationError(str(error)))
            else:
                if saved.pk == request.user.pk:
                    update_session_auth_hash(request, saved)  # the new password would end this session
                self.message_user(
                    request, _("%(user)s has a new password.") % {"user": saved}, messages.SUCCESS
                )
                return HttpResponseRedirect(reverse("admin:people_user_change", args=[quote(saved.pk)]))
        return self.page(request, "user_password", _("New password: %(user)s") % {"user": user}, user, form)

    def second_factor_view(self, request, object_id):
        """Remove a user's second factor."""
        user = self.get_record_or_404(request, object_id)
        if not self.has_change_permission(request, user) or not request.user.may(
            "change", user, "totp_secret"
        ):
            raise PermissionDenied
        if not user.has_second_factor:
            raise Http404
        if asking := require_password(request):
            return asking
        if request.method == "POST":
            saved = remove_second_factor(user, request.user, ChangeContext(Channel.ADMIN, request.request_id))
            if saved.pk == request.user.pk:
                update_session_auth_hash(request, saved)
            self.message_user(request, _("Two-factor sign-in has been removed."), messages.SUCCESS)
            return HttpResponseRedirect(reverse("admin:people_user_change", args=[quote(saved.pk)]))
        return self.page(
            request, "user_second_factor", _("Two-factor sign-in: %(user)s") % {"user": user}, user, None
        )

    def page(self, request, name, title, user, form):
        """Render an additional page about one user."""
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "form": form,
            "original": user,
            "opts": self.opts,
        }
        return TemplateResponse(request, f"admin/{name}.html", context)

    def response_after_save(self, request, planned, is_new):
        warn_about_open_work(request, planned)
        return super().response_after_save(request, planned, is_new)

    def response_add(self, request, obj, post_url_continue=None):
        """Warn that the new user has no password, with ways to set one."""
        note = _("{user} has no password yet. They can choose one on the page for forgotten "
                 "passwords, or you can <a href=\"{url}\">set one</a>.")  # fmt: skip
        url = reverse("admin:people_user_password", args=[quote(obj.pk)])
        self.message_user(request, format_html(note, user=obj, url=url), messages.WARNING)
        return super().response_add(request, obj, post_url_continue)


@admin.register(ApiKey)
class ApiKeyAdmin(ReauthenticationMixin, RecordAdmin):
    form = ApiKeyForm
    list_display = ("name", "owner", "prefix", "scope_list", "expires_at", "last_used_at", "created_at")
    list_filter = (("owner", VisibleReferenceFilter), ("status", LabelledChoicesFilter))

    @admin.display(description=gettext_lazy("scopes"))
    def scope_list(self, record):
        return ", ".join(record.scopes)

    def response_add(self, request, obj, post_url_continue=None):
        """Show the new key in this response only: a message would store it in a cookie."""
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "title": _("API key: %(name)s") % {"name": obj},
            "record": obj,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/new_key.html", context)


admin.site.register(History, HistoryAdmin)
admin.site.register(SecretReading, SecretReadingAdmin)
admin.site.register(NumberSeries, NumberSeriesAdmin)
admin.site.unregister(Role)


@admin.register(Role)
class RoleAdmin(ReauthenticationMixin, BaseAdmin, GroupAdmin):
    """The permissions of roles in all companies, for superusers only. Roles are not records, so their pages
    have no history. A role that a user holds cannot be deleted."""

    actions = None
    change_form_template = "admin/form_without_history.html"
    list_display = ("name",)
    search_fields = ("name",)

    def rows(self, request):
        return Role.objects.all()

    def get_search_results(self, request, queryset, search_term):
        return GroupAdmin.get_search_results(self, request, queryset, search_term)

    def has_view_permission(self, request, obj=None):
        return request.user.is_superuser

    def has_add_permission(self, request):
        return request.user.is_superuser

    def has_change_permission(self, request, obj=None):
        return request.user.is_superuser

    def has_delete_permission(self, request, obj=None):
        return request.user.is_superuser and (obj is None or not obj.user_set.exists())

    def has_module_permission(self, request):
        return request.user.is_superuser

    def history_view(self, request, object_id, extra_context=None):
        raise Http404

"""Admin of companies, users, customers, contacts and API keys, and of the history."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import quote
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group as Role
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from backoffice.accounts.reauthentication import require_password
from backoffice.accounts.totp import remove_second_factor
from backoffice.admin.bulk import BulkAction, SetAction, delete_selected, restore
from backoffice.admin.filters import LabelledChoicesFilter, PeriodFilter, VisibleReferenceFilter
from backoffice.admin.groups import COMPANY, PEOPLE
from backoffice.admin.history import HistoryAdmin, NumberSeriesAdmin, SecretReadingAdmin
from backoffice.admin.jobs import JobAdmin
from backoffice.admin.reauthentication import ReauthenticationMixin
from backoffice.admin.record_admin import RecordAdmin
from backoffice.directory.canned_answers import CannedAnswerForm
from backoffice.directory.cells import ACCOUNT_STATES, account_state
from backoffice.directory.forms import ApiKeyForm, ContactForm, CustomerForm, UserForm
from backoffice.directory.mail_sender_admin import MailSenderAdmin
from backoffice.directory.mail_templates import MailTemplateForm
from backoffice.directory.open_work import describe_open_work, warn_about_open_work
from backoffice.directory.role_admin import RoleAdmin
from backoffice.forms.fields import BLANK
from backoffice.forms.fieldsets import FieldGroup
from backoffice.forms.record_form import record_form
from backoffice.jobs.models import QueuedJob
from backoffice.mail.models import MailSender, MailTemplate
from backoffice.mail.outgoing import has_mail_server
from backoffice.people.models import SCOPES, ApiKey, Company, Contact, Customer, KeyState, User
from backoffice.people.password_validation import PASSWORD_RULES, PASSWORD_RULES_FOR_OTHERS
from backoffice.people.roles import role_label
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.exceptions import Forbidden
from backoffice.records.fields import now
from backoffice.records.models import ACTIVE, ARCHIVED, History, NumberSeries, SecretReading
from backoffice.workplace.models import CannedAnswer


class PasswordForm(SetPasswordForm):
    """A form that sets a user's password through the write service."""

    def __init__(self, user, *args, actor=None, context=None, **kwargs):
        super().__init__(user, *args, **kwargs)
        self.actor, self.context = actor, context
        self.label_suffix = ""
        for field in self.fields.values():
            field.error_messages["required"] = BLANK
        is_own = actor is not None and actor.pk == user.pk
        self.fields["new_password1"].help_text = PASSWORD_RULES if is_own else PASSWORD_RULES_FOR_OTHERS

    def set_password_and_save(self, user, password_field_name="new_password1", commit=True):  # noqa: S107 # nosec B107 # a field's name
        password = make_password(self.cleaned_data[password_field_name])
        return services.update(user, {"password": password}, actor=self.actor, context=self.context).record


class RoleListFilter(admin.SimpleListFilter):
    """Users with a role."""

    title = gettext_lazy("role")
    parameter_name = "role"

    def lookups(self, request, model_admin):
        return [(str(role.pk), role_label(role.name)) for role in Role.objects.order_by("name")]

    def queryset(self, request, queryset):
        known = {value for value, _label in self.lookup_choices}
        return queryset.filter(groups=self.value()) if self.value() in known else queryset


class AccountStateFilter(admin.SimpleListFilter):
    """Users by what the column Status says."""

    title = pgettext_lazy("account", "Status")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return ACCOUNT_STATES

    def queryset(self, request, queryset):
        if self.value() == "archived":
            return queryset.exclude(status=ACTIVE)
        if self.value() in dict(ACCOUNT_STATES):
            return queryset.filter(status=ACTIVE, is_active=self.value() == "active")
        return queryset


class InviteUsers(BulkAction):
    """Sends invitations to users without a password."""

    def act(self, record, actor, sent, base, context):
        if not has_mail_server():
            raise ValidationError({"invited_at": [_("This installation sends no mail.")]})
        values = {"invited_at": now()}
        planned = services.update(record, values, actor=actor, context=context, base=base, action="invite")
        return bool(planned.changes)


class ArchiveUsers(SetAction):
    """Asks for confirmation, and shows the open work of each user."""

    confirmation = "admin/bulk_archive_users.html"

    def confirmation_context(self, records, request):
        return {"rows": [(user, describe_open_work(user, request.user)) for user in records]}


@admin.register(User)
class UserAdmin(ReauthenticationMixin, RecordAdmin):
    form = UserForm
    group = PEOPLE
    summary = gettext_lazy("Add colleagues, change their roles, set passwords, stop access")
    change_form_template = "admin/user_change_form.html"
    list_display = ("username", "full_name", "role_list", "account_state", "customer", "last_login")
    actions = (
        InviteUsers("invite", gettext_lazy("Send invitations to selected users")),
        ArchiveUsers("archive", gettext_lazy("Archive selected users"), "status", ARCHIVED),
        restore,
        delete_selected,
    )
    list_filter = (
        AccountStateFilter,
        RoleListFilter,
        ("last_login", PeriodFilter),
        ("customer", VisibleReferenceFilter),
    )

    @admin.display(description=pgettext_lazy("account", "Status"), ordering="is_active")
    def account_state(self, user):
        return account_state(user)

    @admin.display(description=gettext_lazy("name"))
    def full_name(self, user):
        return user.get_full_name()

    @admin.display(description=gettext_lazy("roles"))
    def role_list(self, user):
        return ", ".join(role_label(name) for name in user.roles)

    def get_changelist_instance(self, request):
        """Load the roles of all users of the page at once."""
        changelist = super().get_changelist_instance(request)
        users = list(changelist.result_list)
        roles = User.properties["roles"].load([user.pk for user in users])
        for user in users:
            user.roles = roles[user.pk]
        changelist.result_list = users
        return changelist

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
        user = self.get_user_to_change(request, object_id, "password")
        if asking := require_password(request):
            return asking
        sent = request.POST if request.method == "POST" else None
        context = ChangeContext(Channel.ADMIN, request.request_id)
        form = PasswordForm(user, sent, actor=request.user, context=context)
        if form.is_valid():
            try:
                saved = form.save()
            except Forbidden as error:
                form.add_error(None, forms.ValidationError(str(error)))
            else:
                return self.confirm(request, saved, _("%(user)s has a new password.") % {"user": saved})
        title = _("New password: %(user)s") % {"user": user}
        return self.render_page(request, "admin/user_password.html", title, original=user, form=form)

    def second_factor_view(self, request, object_id):
        """Remove a user's second factor."""
        user = self.get_user_to_change(request, object_id, "totp_secret")
        if not user.has_second_factor:
            raise Http404
        if asking := require_password(request):
            return asking
        if request.method == "POST":
            saved = remove_second_factor(user, request.user, ChangeContext(Channel.ADMIN, request.request_id))
            return self.confirm(request, saved, _("Two-factor sign-in has been removed."))
        title = _("Two-factor sign-in: %(user)s") % {"user": user}
        return self.render_page(request, "admin/user_second_factor.html", title, original=user, form=None)

    def get_user_to_change(self, request, object_id, name):
        """Return the user if the actor may change this property of the user."""
        user = self.get_record_or_404(request, object_id)
        if not self.has_change_permission(request, user) or not request.user.may("change", user, name):
            raise PermissionDenied
        return user

    def confirm(self, request, saved, message):
        """Redirect to the user with a message. Keep the session of a user who has changed themselves."""
        if saved.pk == request.user.pk:
            update_session_auth_hash(request, saved)
        self.message_user(request, message, messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:people_user_change", args=[quote(saved.pk)]))

    def response_after_save(self, request, planned, is_new):
        response = super().response_after_save(request, planned, is_new)
        warn_about_open_work(request, planned)
        return response

    def response_add(self, request, obj, post_url_continue=None):
        """Warn that the new user has no password, with ways to set one."""
        response = super().response_add(request, obj, post_url_continue)
        note = (
            _(
                '{user} has no password yet. <a href="{page}">Send an invitation</a>, or <a href="{url}">set one</a>.'
            )
            if obj.email
            else _(
                "{user} has no password yet, and no e-mail address for a link to choose one. "
                '<a href="{url}">Set a password</a>, or add an e-mail address.'
            )
        )
        url = reverse("admin:people_user_password", args=[quote(obj.pk)])
        self.message_user(
            request,
            format_html(note, user=obj, url=url, page=self.get_view_on_site_url(obj)),
            messages.WARNING,
        )
        return response


admin.site.unregister(Role)
admin.site.register(Role, RoleAdmin)


class KeyStateFilter(admin.SimpleListFilter):
    """Keys that work, and those that do not, by reason. (The parameter is that of the filter by record status.)"""

    title = gettext_lazy("status")
    parameter_name = "status__exact"

    def lookups(self, request, model_admin):
        return KeyState.choices

    def queryset(self, request, queryset):
        return queryset.in_state(self.value()) if self.value() in KeyState else queryset


@admin.register(ApiKey)
class ApiKeyAdmin(ReauthenticationMixin, RecordAdmin):
    form = ApiKeyForm
    group = PEOPLE
    summary = gettext_lazy("Give scripts access, and revoke it")
    actions = (
        SetAction("archive", gettext_lazy("Revoke selected API keys"), "status", ARCHIVED),
        delete_selected,
    )
    list_display = ("name", "owner", "prefix", "scope_list", "state", "expires_at", "last_used_at")
    list_filter = (("owner", VisibleReferenceFilter), ("last_used_at", PeriodFilter), KeyStateFilter)

    @admin.display(description=gettext_lazy("scopes"))
    def scope_list(self, record):
        """Return the scopes by app: `Facility: read, write; Support: read`."""
        modes: dict[str, list[str]] = {}
        for scope in record.scopes:
            app, _colon, mode = str(SCOPES.get(scope, scope)).rpartition(": ")
            modes.setdefault(app, []).append(mode)
        return "; ".join(f"{app}: {', '.join(found)}" for app, found in modes.items())

    @admin.display(description=gettext_lazy("status"))
    def state(self, record):
        return record.state.label

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        """Offer one way to save a new key, because the next page shows the key."""
        if add:
            context |= {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().render_change_form(request, context, add, change, form_url, obj)

    def response_add(self, request, obj, post_url_continue=None):
        """Show the new key in this response only: a message would store it in a cookie."""
        return self.render_page(
            request, "admin/new_key.html", _("API key: %(name)s") % {"name": obj}, record=obj
        )


@admin.register(Customer)
class CustomerAdmin(RecordAdmin):
    form = CustomerForm
    group = PEOPLE
    summary = gettext_lazy("The customers and their resellers")
    list_display = ("number", "name", "email", "phone", "address", "parent_reseller", "last_modified_at")
    list_display_links = ("number", "name")
    list_filter = (("parent_reseller", VisibleReferenceFilter), ("status", LabelledChoicesFilter))

    @admin.display(description=gettext_lazy("address"), ordering="address_city")
    def address(self, record):
        return record.address_line()


@admin.register(Contact)
class ContactAdmin(RecordAdmin):
    form = ContactForm
    group = PEOPLE
    summary = gettext_lazy("People at customers")
    list_display = ("number", "__str__", "role", "customer", "email", "phone", "last_modified_at")
    list_display_links = ("number", "__str__")
    list_filter = (("customer", VisibleReferenceFilter), ("status", LabelledChoicesFilter))


CompanyForm = record_form(
    Company,
    groups=(FieldGroup(gettext_lazy("Company"), "name", "language", "mail_customers", "status"),),
)


@admin.register(Company)
class CompanyAdmin(RecordAdmin):
    form = CompanyForm
    group = COMPANY
    summary = gettext_lazy("Name, language and mails to customers")
    list_display = ("name", "language", "status_label", "created_at", "last_modified_at")
    list_filter = ("language", ("status", LabelledChoicesFilter))


@admin.register(CannedAnswer)
class CannedAnswerAdmin(RecordAdmin):
    form = CannedAnswerForm
    group = COMPANY
    summary = gettext_lazy("Texts that staff insert into replies")
    list_display = ("title", "text_start", "last_modified_at")
    list_filter = (("status", LabelledChoicesFilter),)

    @admin.display(description=gettext_lazy("text"))
    def text_start(self, record):
        return Truncator(record.text).chars(120)


@admin.register(MailTemplate)
class MailTemplateAdmin(RecordAdmin):
    form = MailTemplateForm
    group = COMPANY
    summary = gettext_lazy("Texts of mails to customers")
    list_display = ("__str__", "subject", "last_modified_at")
    list_filter = ("language", ("status", LabelledChoicesFilter))

    def has_module_permission(self, request):
        return self.has_view_permission(request)


admin.site.register(MailSender, MailSenderAdmin)
admin.site.register(History, HistoryAdmin)
admin.site.register(SecretReading, SecretReadingAdmin)
admin.site.register(NumberSeries, NumberSeriesAdmin)
admin.site.register(QueuedJob, JobAdmin)

"""Admin of roles."""

from copy import copy
from functools import partial

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group as Role
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.admin.base import BaseAdmin
from backoffice.admin.groups import PEOPLE
from backoffice.admin.reauthentication import ReauthenticationMixin
from backoffice.db.transactions import with_retry
from backoffice.directory import role_history
from backoffice.directory.role_form import RoleForm
from backoffice.people.roles import role_label


class RoleAdmin(ReauthenticationMixin, BaseAdmin, GroupAdmin):
    """The permissions of roles in all companies, for superusers only. A role that a user holds cannot be deleted."""

    group = PEOPLE
    summary = gettext_lazy("What the members of each role may do")
    form = RoleForm
    filter_horizontal = ()
    actions = None
    delete_confirmation_template = "admin/record_remove.html"
    list_display = ("label", "member_count", "permission_count")
    search_fields = ("name",)

    def __init__(self, model, admin_site):
        super().__init__(model, admin_site)
        self.opts = copy(self.opts)  # with our word for Django's groups
        self.opts.verbose_name, self.opts.verbose_name_plural = gettext_lazy("role"), gettext_lazy("roles")

    def get_urls(self):
        all_roles = self.admin_site.admin_view(self.history_of_all_view)
        return [path("history/", all_roles, name="auth_group_history_of_all"), *super().get_urls()]

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        view = partial(super().changeform_view, request, object_id, form_url, extra_context)
        return self._in_transaction(request, view)

    def delete_view(self, request, object_id, extra_context=None):
        """Say why a role in use cannot be deleted, with a link to its members."""
        role = self.get_object(request, unquote(object_id))
        if self.has_view_permission(request) and role is not None and role.user_set.exists():
            members = f"{reverse('admin:people_user_changelist')}?role={role.pk}"
            note = _(
                'This role is in use, so it cannot be deleted. <a href="{url}">Show the users who have it</a>.'
            )
            self.message_user(request, format_html(note, url=members), messages.ERROR)
            return redirect("admin:auth_group_change", role.pk)
        return self._in_transaction(request, partial(super().delete_view, request, object_id, extra_context))

    @staticmethod
    def _in_transaction(request, view):
        """Write a role and its history in one transaction, on every database."""
        return with_retry(view) if request.method == "POST" else view()

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        title = _("Create %s") if add else _("Edit %s")
        context["title"] = title % self.opts.verbose_name
        context["subtitle"] = role_label(obj.name) if obj else None
        return super().render_change_form(request, context, add, change, form_url, obj)

    @admin.display(description=gettext_lazy("role"), ordering="name")
    def label(self, role):
        return role_label(role.name)

    @admin.display(description=gettext_lazy("members"))
    def member_count(self, role):
        return role.member_count

    @admin.display(description=gettext_lazy("permissions"))
    def permission_count(self, role):
        return role.permission_count

    def get_changelist_instance(self, request):
        """Count the members and permissions of all roles of the page at once."""
        changelist = super().get_changelist_instance(request)
        changelist.result_list = roles = list(changelist.result_list)
        for name, links in (
            ("member_count", get_user_model().groups.through),
            ("permission_count", Role.permissions.through),
        ):
            counts = dict(links._base_manager.values_list("group_id").annotate(models.Count("pk")))
            for role in roles:
                setattr(role, name, counts.get(role.pk, 0))
        return changelist

    def rows(self, request):
        return Role.objects.all()

    def get_search_results(self, request, queryset, search_term):
        return GroupAdmin.get_search_results(self, request, queryset, search_term)

    def has_view_permission(self, request, obj=None):
        return request.user.is_superuser

    has_add_permission = has_change_permission = has_module_permission = has_view_permission

    def has_delete_permission(self, request, obj=None):
        return request.user.is_superuser and (obj is None or not obj.user_set.exists())

    def construct_change_message(self, request, form, formsets, add=False):
        """Return the changes for `log_addition` and `log_change`."""
        names = role_history.permission_names
        before = {"name": form.initial.get("name"), "permissions": names(form.initial.get("permissions", ()))}
        after = {"name": form.instance.name, "permissions": names(form.cleaned_data["permissions"])}
        return role_history.find_changes({} if add else before, after)

    def log_addition(self, request, obj, message):
        role_history.log_change(request, obj.name, "create", message)

    def log_change(self, request, obj, message):
        if message:
            role_history.log_change(request, obj.name, "change", message)

    def log_deletions(self, request, queryset):
        for role in queryset:
            names = role_history.permission_names(role.permissions.select_related("content_type"))
            changes = role_history.find_changes({"name": role.name, "permissions": names}, {})
            role_history.log_change(request, role.name, "remove", changes)

    def history_view(self, request, object_id, extra_context=None):
        """Show the changes of a role."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        role = self.get_object(request, unquote(object_id))
        if role is None:
            raise Http404
        return self._history_page(request, role, _("History: %(name)s") % {"name": role_label(role.name)})

    def history_of_all_view(self, request):
        """Show the changes of all roles, with those that were deleted."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return self._history_page(request, None, _("History of roles"))

    def _history_page(self, request, role, title):
        page = self.get_paginator(request, role_history.rows_of(role), 100).get_page(request.GET.get("p", 1))
        return self.render_page(
            request,
            "admin/record_history.html",
            title,
            entries=role_history.list_entries(list(page)),
            page=page,
            object=role,
            module_name=capfirst(self.opts.verbose_name_plural),
        )

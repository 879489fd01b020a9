"""Admin of support cases."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from backoffice.admin.base import ChildRowAdmin
from backoffice.admin.bulk import ChooseAction, SetAction
from backoffice.admin.filters import LabelledChoicesFilter, PeriodFilter, VisibleReferenceFilter
from backoffice.admin.inlines import StackedRows, TabularRows
from backoffice.admin.messages import MessageAdmin
from backoffice.admin.record_admin import RecordAdmin
from supportdesk import models
from supportdesk.forms import SupportCaseForm


class CommentRows(StackedRows):
    model = models.Comment
    list_name = "comments"


class FileRows(TabularRows):
    model = models.CaseFile
    list_name = "files"


@admin.register(models.SupportCase)
class SupportCaseAdmin(RecordAdmin):
    form = SupportCaseForm
    summary = _("What IPTV customers need help with")
    actions = (
        ChooseAction("assign", _("Assign selected %(verbose_name_plural)s"), "assignee"),
        ChooseAction("set_priority", _("Set the priority of selected %(verbose_name_plural)s"), "priority"),
        SetAction("mark_solved", _("Mark selected %(verbose_name_plural)s as solved"), "solved", True),
        SetAction("mark_unsolved", _("Mark selected %(verbose_name_plural)s as open"), "solved", False),
        *RecordAdmin.actions,
    )
    inlines = (CommentRows, FileRows)
    list_display = (
        "number",
        "name",
        "priority_label",
        "customer",
        "employee",
        "device",
        "solved",
        "assignee",
        "date",
        "last_modified_at",
    )
    list_display_links = ("number", "name")
    list_filter = (
        "solved",
        ("priority", LabelledChoicesFilter),
        ("assignee", VisibleReferenceFilter),
        "device",
        ("date", PeriodFilter),
        ("employee", VisibleReferenceFilter),
        ("customer", VisibleReferenceFilter),
        ("status", LabelledChoicesFilter),
    )


@admin.register(models.Comment)
class CommentAdmin(ChildRowAdmin):
    list_display = ("__str__", "employee_name", "customer_name", "is_support", "date", "record")
    list_filter = ("is_support",)


@admin.register(models.CaseFile, models.CommentFile)
class FileAdmin(ChildRowAdmin):
    list_display = ("url", "type", "record")
    list_display_links = ("url",)
    list_filter = ("type",)


@admin.register(models.CaseMessage)
class CaseMessageAdmin(MessageAdmin):
    pass

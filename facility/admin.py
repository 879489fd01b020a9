"""Admin of objects, complaints and articles."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from backoffice.admin.base import ChildRowAdmin
from backoffice.admin.bulk import ChooseAction
from backoffice.admin.filters import LabelledChoicesFilter, PeriodFilter, VisibleReferenceFilter
from backoffice.admin.inlines import TabularRows
from backoffice.admin.messages import MessageAdmin
from backoffice.admin.record_admin import RecordAdmin
from facility import models
from facility.forms import ArticleForm, ComplaintForm, CustomerObjectForm


class MaterialRows(TabularRows):
    model = models.Material
    list_name = "material"


@admin.register(models.Complaint)
class ComplaintAdmin(RecordAdmin):
    form = ComplaintForm
    summary = _("What was reported about objects, and who handles it")
    actions = (
        ChooseAction("assign", _("Assign selected %(verbose_name_plural)s"), "user"),
        ChooseAction("set_priority", _("Set the priority of selected %(verbose_name_plural)s"), "priority"),
        *RecordAdmin.actions,
    )
    list_display = (
        "number",
        "__str__",
        "object",
        "priority_label",
        "complaint_status",
        "user",
        "last_modified_at",
    )
    list_display_links = ("number", "__str__")
    list_filter = (
        "complaint_status",
        ("priority", LabelledChoicesFilter),
        ("user", VisibleReferenceFilter),
        ("object", VisibleReferenceFilter),
        ("created_at", PeriodFilter),
        ("status", LabelledChoicesFilter),
    )


@admin.register(models.CustomerObject)
class CustomerObjectAdmin(RecordAdmin):
    form = CustomerObjectForm
    summary = _("Buildings and places, and what was agreed about them")
    actions = (
        ChooseAction(
            "assign", _("Choose an object manager for selected %(verbose_name_plural)s"), "object_manager"
        ),
        *RecordAdmin.actions,
    )
    inlines = (MaterialRows,)
    list_display = ("number", "__str__", "customer", "address", "object_manager", "last_modified_at")
    list_display_links = ("number", "__str__")
    list_filter = (
        ("object_manager", VisibleReferenceFilter),
        ("customer", VisibleReferenceFilter),
        ("status", LabelledChoicesFilter),
    )

    @admin.display(description=_("address"), ordering="address_city")
    def address(self, record):
        return record.address_line()


@admin.register(models.Article)
class ArticleAdmin(RecordAdmin):
    form = ArticleForm
    summary = _("What objects are supplied with")
    list_display = ("number", "name", "unit", "last_modified_at")
    list_display_links = ("number", "name")
    list_filter = (("status", LabelledChoicesFilter),)


@admin.register(models.Material)
class MaterialAdmin(ChildRowAdmin):
    list_display = ("article", "budget", "record")
    list_display_links = ("article",)


@admin.register(models.InvoiceCCRecipient, models.ObjectContact)
class ContactRowAdmin(ChildRowAdmin):
    list_display = ("contact", "record")
    list_display_links = ("contact",)


@admin.register(models.ObjectTag, models.ComplaintTag)
class TagAdmin(ChildRowAdmin):
    list_display = ("text", "record")
    list_display_links = ("text",)


@admin.register(models.ComplaintMessage)
class ComplaintMessageAdmin(MessageAdmin):
    pass

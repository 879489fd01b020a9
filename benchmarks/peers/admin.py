"""Django admin: the changelist and the change form of complaints."""

from django.contrib import admin
from django.urls import path

from benchmarks.peers.desk.models import Complaint


@admin.register(Complaint)
class ComplaintAdmin(admin.ModelAdmin):
    list_display = ["number", "desc", "object", "priority", "complaint_status", "user", "last_modified_at"]
    list_select_related = ["object", "user"]
    list_filter = ["complaint_status", "priority"]
    list_per_page = 50
    search_fields = ["desc", "contact_name"]
    raw_id_fields = ["object"]
    show_full_result_count = False


urlpatterns = [path("admin/", admin.site.urls)]

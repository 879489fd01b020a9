"""The root URL configuration."""

from django.contrib import admin
from django.urls import include, path

from backoffice.api.openapi import openapi_view, reference_urls
from backoffice.api.operations import serve_thumbnail, serve_upload
from backoffice.api.transport import count_event
from backoffice.records.app_modules import import_modules
from backoffice.web.page_state import PageStateView
from backoffice.web.record_urls import urls_of_registered
from config.api import FACILITY, SUPPORT_DESK

_views = [*import_modules("views")]  # they register the viewsets of the apps

urlpatterns = [
    *FACILITY.urls(path("openapi.json", openapi_view(FACILITY), name="openapi")),
    *SUPPORT_DESK.urls(path("openapi.json", openapi_view(SUPPORT_DESK), name="openapi")),
    path("notifications/state", PageStateView.as_view(count=count_event), name="page_state"),
    path("", include("backoffice.web.urls")),
    *urls_of_registered(),
    path("", include("backoffice.directory.urls")),
    path("", include("backoffice.exchange.urls")),
    path("admin/", admin.site.urls),
    path("uploads/<str:id>", serve_thumbnail, name="thumbnail"),
    path("uploads/<str:id>/<str:name>", serve_upload, name="upload"),
    *reference_urls({"facility": FACILITY, "support-desk": SUPPORT_DESK}),
]

handler500 = "backoffice.web.outages.server_error"

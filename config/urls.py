"""Every address there is."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("backoffice.web.urls")),
    path("", include("facility.urls")),
    path("", include("supportdesk.urls")),
    path("", include("backoffice.directory.urls")),
    path("admin/", admin.site.urls),
]

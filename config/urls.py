"""Every address there is."""

from django.contrib import admin
from django.urls import include, path, re_path

from backoffice.api.dialect import PLAND, TELECOMX
from backoffice.api.endpoint import nowhere

urlpatterns = [
    path("", include("backoffice.web.urls")),
    path("", include("facility.urls")),
    path("", include("supportdesk.urls")),
    path("", include("backoffice.directory.urls")),
    path("admin/", admin.site.urls),
    path("v2/", include("facility.api")),
    re_path(r"^v2(?:/|$)", nowhere(PLAND)),
    path("iptv/", include("supportdesk.api")),
    re_path(r"^iptv(?:/|$)", nowhere(TELECOMX)),
]

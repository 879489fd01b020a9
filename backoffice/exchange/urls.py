"""URLs of exports."""

from django.urls import path

from backoffice.exchange.views import ExportView

app_name = "exchange"
urlpatterns = [path("<slug:slug>/export", ExportView.as_view(), name="export")]

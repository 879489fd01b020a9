"""The addresses of exports."""

from django.urls import path

from backoffice.exchange.views import Export

app_name = "exchange"
urlpatterns = [path("<slug:slug>/export", Export.as_view(), name="export")]

"""The directory's pages: customers, contacts, users, API keys."""

from backoffice.directory import views
from backoffice.web.record_urls import record_urls

app_name = "people"
urlpatterns = [
    address
    for kind in (views.CustomerViewSet, views.ContactViewSet, views.UserViewSet, views.ApiKeyViewSet)
    for address in record_urls(kind)
]

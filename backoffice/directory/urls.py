"""URLs of the pages of customers, contacts, users and API keys."""

from backoffice.directory import views
from backoffice.web.record_urls import record_urls

app_name = "people"
urlpatterns = [
    pattern
    for viewset in (views.CustomerViewSet, views.ContactViewSet, views.UserViewSet, views.ApiKeyViewSet)
    for pattern in record_urls(viewset)
]

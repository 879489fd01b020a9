"""The directory's pages: customers, contacts, users, API keys."""

from backoffice.directory import views
from backoffice.web.record_urls import addresses

app_name = "people"
urlpatterns = [
    address
    for kind in (views.Customers, views.Contacts, views.Users, views.ApiKeys)
    for address in addresses(kind)
]

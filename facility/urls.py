"""The facility desk's pages."""

from backoffice.web.record_urls import addresses
from facility import views

app_name = "facility"
urlpatterns = [
    address
    for kind in (views.Complaints, views.CustomerObjects, views.Articles)
    for address in addresses(kind)
]

"""The facility desk's pages."""

from backoffice.web.record_urls import record_urls
from facility import views

app_name = "facility"
urlpatterns = [
    address
    for kind in (views.ComplaintViewSet, views.CustomerObjectViewSet, views.ArticleViewSet)
    for address in record_urls(kind)
]

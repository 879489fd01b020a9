"""URLs of the pages of facility."""

from backoffice.web.record_urls import record_urls
from facility import views

app_name = "facility"
urlpatterns = [
    pattern
    for viewset in (views.ComplaintViewSet, views.CustomerObjectViewSet, views.ArticleViewSet)
    for pattern in record_urls(viewset)
]

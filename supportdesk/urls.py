"""URLs of the pages of the support desk."""

from backoffice.web.record_urls import record_urls
from supportdesk import views

app_name = "supportdesk"
urlpatterns = record_urls(views.SupportCaseViewSet)

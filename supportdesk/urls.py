"""The support desk's pages."""

from backoffice.web.record_urls import addresses
from supportdesk import views

app_name = "supportdesk"
urlpatterns = addresses(views.SupportCases)

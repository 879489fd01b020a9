"""The support desk's pages."""

from backoffice.web.addresses import addresses
from supportdesk import views

app_name = "supportdesk"
urlpatterns = addresses(views.SupportCases)

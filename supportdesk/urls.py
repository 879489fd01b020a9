"""The support desk's pages."""

from supportdesk import views

app_name = "supportdesk"
urlpatterns = views.SupportCases.urls()

"""The facility desk's pages."""

from facility import views

app_name = "facility"
urlpatterns = [
    address for kind in (views.Complaints, views.CustomerObjects, views.Articles) for address in kind.urls()
]

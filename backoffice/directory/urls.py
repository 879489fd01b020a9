"""URLs of pages that belong to no record."""

from django.urls import path

from backoffice.directory.mail_templates import MailPreviewView

app_name = "directory"
urlpatterns = [
    path("mail-templates/preview/<str:event>", MailPreviewView.as_view(), name="mail_preview"),
]

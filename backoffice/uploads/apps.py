from django.apps import AppConfig


class UploadsConfig(AppConfig):
    name = "backoffice.uploads"
    label = "uploads"
    verbose_name = "Uploads"

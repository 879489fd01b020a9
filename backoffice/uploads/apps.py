from django.apps import AppConfig


class UploadsConfig(AppConfig):
    name = "backoffice.uploads"
    label = "uploads"
    verbose_name = "Uploads"

    def ready(self):
        from backoffice.uploads import forgetting  # noqa: F401 (registers what it forgets)

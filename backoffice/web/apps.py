from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "backoffice.web"
    label = "web"

    def ready(self):
        from backoffice.web import checks  # noqa: F401 (registers them)

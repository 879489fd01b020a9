from django.apps import AppConfig


class MovingConfig(AppConfig):
    name = "backoffice.moving"

    def ready(self):
        from backoffice.moving import checks  # noqa: F401 (registers its check)

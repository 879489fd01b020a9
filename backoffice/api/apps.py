from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "backoffice.api"
    label = "api"

    def ready(self) -> None:
        from backoffice.api.transport.ratelimit import check_settings

        check_settings()

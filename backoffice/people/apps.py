from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "backoffice.people"
    label = "people"
    verbose_name = "People"

    def ready(self):
        from backoffice.people import forgetting  # noqa: F401 (registers what it forgets)

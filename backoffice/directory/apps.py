from django.apps import AppConfig


class DirectoryConfig(AppConfig):
    name = "backoffice.directory"
    label = "directory"

from typing import Any

import django
from django.conf import settings
from django.core.management.base import BaseCommand, no_translations


class Command(BaseCommand):
    help = "Print the versions of Caretaker and of Django."
    requires_system_checks = []

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Caretaker {settings.VERSION} (Django {django.get_version()})")

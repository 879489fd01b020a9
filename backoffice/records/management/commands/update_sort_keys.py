from django.core.management.base import BaseCommand, no_translations

from backoffice.records.languages import company_language
from backoffice.records.writes.derived_text import text_models, update_company_sort_keys, update_outdated


class Command(BaseCommand):
    help = (
        "Update outdated sort keys and search texts of all records. Run this if the server was stopped while a company's "
        "language was being changed. The command can be interrupted and run again."
    )

    @no_translations
    def handle(self, **options: object) -> None:
        count = sum(map(update_outdated, text_models()))
        companies = next(model for model in text_models() if model._meta.label_lower == "people.company")
        for pk in companies._base_manager.order_by("pk").values_list("pk", flat=True):
            count += update_company_sort_keys(pk, company_language(pk))
        self.stdout.write(f"{count} records updated." if count else "All records are up to date.")

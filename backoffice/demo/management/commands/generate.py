import hashlib
import secrets
import time
from importlib import import_module

from django.apps import apps
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, no_translations
from django.utils.module_loading import module_has_submodule

from backoffice.demo.generated import GENERATED_MODELS, username
from backoffice.demo.generator import AUTHOR_NAME, MAX_COUNT, GeneratedCompany, GeneratedModel
from backoffice.people.models import Company, User
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel, Installation
from backoffice.records.history import history_of
from backoffice.records.management.progress import progress_bar

REPORT_INTERVAL = 20
"""Seconds between progress lines where there is no progress bar."""


def generated_models() -> list[GeneratedModel]:
    """Return the generated models of all apps. Each comes after those that it refers to."""
    models: list[GeneratedModel] = [*GENERATED_MODELS]
    for config in apps.get_app_configs():
        if module_has_submodule(config.module, "demo.generated"):
            models += import_module(f"{config.name}.demo.generated").GENERATED_MODELS
    return models


class Command(BaseCommand):
    help = (
        "Fill a separate company with any number of records, for load tests. The numbers are totals: run it again with "
        "larger ones to add records. An interrupted run can be continued by the same command. The same seed makes the "
        "same records."
    )

    def add_arguments(self, parser):
        for model in generated_models():
            parser.add_argument(
                f"--{model.name}",
                type=_count,
                default=model.default_count,
                metavar="N",
                help=f"default: {model.default_count}",
            )
        parser.add_argument("--company", default="Generated A/S", metavar="NAME", help="the company to fill")
        parser.add_argument(
            "--seed", default="1", help="another seed makes other records, in the same company too"
        )
        parser.add_argument("--password", help="the password of its users (default: a random one)")

    @no_translations
    def handle(self, *, company, seed, password, **options):
        counts = {model.name: options[model.name] for model in generated_models()}
        for model in generated_models():
            for need in model.requires:
                if counts[model.name] and not counts[need]:
                    raise CommandError(f"There are no {model.name} without {need}.")
        text = password or secrets.token_urlsafe(9)
        generated = GeneratedCompany(
            self._company(company, seed).pk, seed, generated_models(), counts, make_password(text)
        )
        new = not User._base_manager.filter(username=username(generated, 0)).exists()
        try:
            for model in generated.models_to_fill:
                self._fill(generated, model)
        except KeyboardInterrupt:
            raise CommandError(
                f"Interrupted. {generated.added} records were added. Run the same command again to continue."
            ) from None
        except ValidationError as error:
            raise CommandError(
                f"The generated records conflict with existing data: {'; '.join(error.messages)}"
            ) from error
        self.stdout.write(
            f"{generated.added} records added." if generated.added else "All generated records exist already."
        )
        if new and counts["people"]:
            self.stdout.write(f"Sign in as {username(generated, 0)}, password {text}")

    def _company(self, name: str, seed: str) -> Company:
        """Return the company to fill, created if it does not exist. Raises CommandError for a real company,
        in which generated records could not be told from others."""
        existing = Company._base_manager.filter(name=name).first()
        if existing is not None:
            creation = history_of(existing).last()
            if creation is None or creation.who != AUTHOR_NAME:
                raise CommandError(
                    f"“{name}” is a company in use. Generated records need a company of their own: choose a new name "
                    "with --company."
                )
            return existing
        pk = hashlib.sha256(f"{seed} {name}".encode()).hexdigest()[:24]
        actor, context = Installation(name=AUTHOR_NAME), ChangeContext(Channel.COMMAND)
        try:
            return services.create(Company, {"name": name}, actor=actor, context=context, id=pk).record
        except ValidationError as error:
            raise CommandError(
                f"The company name “{name}” is not valid: {'; '.join(error.messages)}"
            ) from error

    def _fill(self, generated: GeneratedCompany, model: GeneratedModel) -> None:
        count, done, reported_at = generated.counts[model.name], 0, time.monotonic()
        with progress_bar(model.name, count, unit="") as bar:
            for size in generated.fill(model):
                bar.update(size)
                done += size
                if bar.disable and time.monotonic() - reported_at > REPORT_INTERVAL and done < count:
                    reported_at = time.monotonic()
                    self.stdout.write(f"  {model.name}: {done} of {count}")
        self.stdout.write(f"  {model.name}: {count}")


def _count(text: str) -> int:
    count = int(text)
    if not 0 <= count <= MAX_COUNT:
        raise ValueError(text)
    return count

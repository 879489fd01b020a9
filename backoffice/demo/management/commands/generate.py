import hashlib
import secrets
import time
from importlib import import_module

from django.apps import apps
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, no_translations
from django.utils.module_loading import module_has_submodule

from backoffice.demo import load_data
from backoffice.demo.generator import MOST, WHO, GeneratedCompany, GeneratedModel
from backoffice.demo.load_data import username
from backoffice.people.models import Company, User
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel, Installation
from backoffice.records.history import history_of
from backoffice.records.management.progress import progress_bar

SECONDS = 20
"""How often a line says how far it is, where nobody sees a bar."""


def kinds() -> list[GeneratedModel]:
    """What the apps can generate, in an order in which each finds there what it points at."""
    found: list[GeneratedModel] = [*load_data.KINDS]
    for config in apps.get_app_configs():
        if module_has_submodule(config.module, "demo"):
            found += import_module(f"{config.name}.demo.generated").KINDS
    return found


class Command(BaseCommand):
    help = (
        "Fill a company of its own with as many records as you like, to see how fast everything is with them. Each "
        "number says how many there are to be: run it again with a larger one to add more. It may be interrupted, and "
        "goes on where it was. The same seed makes the same records."
    )

    def add_arguments(self, parser):
        for kind in kinds():
            parser.add_argument(
                f"--{kind.name}", type=_count, default=kind.usual, metavar="N", help=f"usually {kind.usual}"
            )
        parser.add_argument("--company", default="Generated A/S", metavar="NAME", help="the company to fill")
        parser.add_argument(
            "--seed", default="1", help="other seeds make other records, also in the same company"
        )
        parser.add_argument("--password", help="the password of its people (otherwise a random one)")

    @no_translations
    def handle(self, *, company, seed, password, **options):
        asked = {kind.name: options[kind.name] for kind in kinds()}
        for kind in kinds():
            for need in kind.needs:
                if asked[kind.name] and not asked[need]:
                    raise CommandError(f"There are no {kind.name} without {need}.")
        text = password or secrets.token_urlsafe(9)
        yard = GeneratedCompany(self._company(company, seed).pk, seed, kinds(), asked, make_password(text))
        new = not User._base_manager.filter(username=username(yard, 0)).exists()
        try:
            for kind in yard.kinds:
                self._fill(yard, kind)
        except KeyboardInterrupt:
            raise CommandError(
                f"Interrupted. {yard.added} records were added; the same command goes on."
            ) from None
        except ValidationError as error:
            raise CommandError(f"These records do not fit here: {'; '.join(error.messages)}") from error
        self.stdout.write(f"{yard.added} records added." if yard.added else "All of it was there already.")
        if new and asked["people"]:
            self.stdout.write(f"Sign in as {username(yard, 0)}, password {text}")

    def _company(self, name: str, seed: str) -> Company:
        """The company to fill. One that is in use is refused: what is generated could not be told from the rest."""
        found = Company._base_manager.filter(name=name).first()
        if found is not None:
            if history_of(found).last().who != WHO:
                raise CommandError(
                    f"“{name}” is a company in use. Generated records are put into one of their own: "
                    "name one that is not there yet by --company."
                )
            return found
        pk = hashlib.sha256(f"{seed} {name}".encode()).hexdigest()[:24]
        actor, via = Installation(name=WHO), ChangeContext(Channel.COMMAND)
        try:
            return services.create(Company, {"name": name}, actor=actor, via=via, id=pk).record
        except ValidationError as error:
            raise CommandError(f"No company can be called “{name}”: {'; '.join(error.messages)}") from error

    def _fill(self, yard: GeneratedCompany, kind: GeneratedModel) -> None:
        count, done, told = yard.counts[kind.name], 0, time.monotonic()
        with progress_bar(kind.name, count, unit="") as bar:
            for many in yard.fill(kind):
                bar.update(many)
                done += many
                if bar.disable and time.monotonic() - told > SECONDS and done < count:
                    told = time.monotonic()
                    self.stdout.write(f"  {kind.name}: {done} of {count}")
        self.stdout.write(f"  {kind.name}: {count}")


def _count(text: str) -> int:
    count = int(text)
    if not 0 <= count <= MOST:
        raise ValueError(text)
    return count

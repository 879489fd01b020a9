import secrets
from importlib import import_module

from django.apps import apps
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, no_translations
from django.utils.module_loading import module_has_submodule

from backoffice.db.transactions import atomic
from backoffice.demo import directory
from backoffice.demo.base import DemoBuilder, person_id
from backoffice.demo.directory import PEOPLE
from backoffice.people.models import User
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel, Installation


class Command(BaseCommand):
    help = (
        "Add the demo data: two companies with their people, customers, objects, complaints and support cases. "
        "It is the same every time; what is there already is left alone."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--password", help="the password of all demo users (otherwise new ones get a random one)"
        )
        parser.add_argument(
            "--if-empty",
            action="store_true",
            help="do nothing but name the demo users if there are users already",
        )

    @no_translations
    def handle(self, *, password, if_empty, **options):
        if if_empty and User._base_manager.exists():
            self._remind()
            return
        if password:
            try:
                validate_password(password)
            except ValidationError as error:
                raise CommandError(" ".join(error.messages)) from error
        self.stdout.write("Adding the demo data …")
        before = self._present()
        text = password or secrets.token_urlsafe(9)
        sample = DemoBuilder(lambda: make_password(text), self._progress)
        try:
            # All or nothing: a load that was interrupted leaves an empty database, and no user whose random
            # password nobody was told.
            with atomic():
                directory.add(sample)
                for config in apps.get_app_configs():
                    if module_has_submodule(config.module, "demo"):
                        import_module(f"{config.name}.demo").add(sample)
        except ValidationError as error:
            raise CommandError(
                "The demo data does not fit beside what is in this database "
                f"(give it an empty one by DATABASE_URL): {'; '.join(error.messages)}"
            ) from error
        if password:
            self._set_password(before, password)
        new = [username for username in PEOPLE if password or username not in before]
        self.stdout.write(
            f"{sample.added} records added." if sample.added else "All of it was there already."
        )
        if new:
            self._sign_ins(new, text)
        else:
            self._remind()

    def _present(self) -> dict[str, User]:
        """The demo users that are there, by their username in the demo."""
        names = {person_id(username): username for username in PEOPLE}
        return {names[user.pk]: user for user in User._base_manager.filter(pk__in=names)}

    def _set_password(self, users: dict[str, User], password: str) -> None:
        for user in users.values():
            if not user.check_password(password):
                values = {"password": make_password(password)}
                services.update(
                    user, values, actor=Installation(name="Demo data"), via=ChangeContext(Channel.COMMAND)
                )

    def _progress(self, what: str, done: int, of: int) -> None:
        if self.stdout.isatty():
            self.stdout.write(f"\r  {what}: {done} of {of} ", ending="\n" if done == of else "")
            self.stdout.flush()
        elif done == of:
            self.stdout.write(f"  {what}: {of}")

    def _sign_ins(self, usernames: list[str], password: str) -> None:
        self.stdout.write("\nDemo sign-ins:")
        for username in usernames:
            self.stdout.write(f"  {username:8} {PEOPLE[username].role}{PEOPLE[username].note}")
        self.stdout.write(f"  password of each: {password}\n")

    def _remind(self) -> None:
        present = self._present()
        if present:
            listed = ", ".join(username for username in PEOPLE if username in present)
            self.stdout.write(
                f"Demo sign-ins: {listed}. To set their password: manage.py demo --password TEXT"
            )

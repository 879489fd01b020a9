import secrets

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, no_translations

from backoffice.db.transactions import atomic
from backoffice.demo.builder import build_demo, find_users, read_records
from backoffice.people.models import User
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel, Installation


class Command(BaseCommand):
    help = (
        "Add the demo data: three companies with their people, customers, objects, complaints and support cases. "
        "Its dates are relative to the day of loading. Existing records are not changed."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--password", help="the password of all demo users (otherwise new ones get a random one)"
        )
        parser.add_argument(
            "--if-empty",
            action="store_true",
            help="only list the demo users if the database has users already",
        )

    @no_translations
    def handle(self, *, password, if_empty, **options):
        records = read_records()
        self.users = {name: user for name, user in find_users(records).items() if "sign_in" in user}
        if if_empty and User._base_manager.exists():
            self._show_reminder()
            return
        if password:
            try:
                validate_password(password)
            except ValidationError as error:
                raise CommandError(" ".join(error.messages)) from error
        self.stdout.write("Adding the demo data …")
        before = self._existing_users()
        text = password or secrets.token_urlsafe(9)
        try:
            # All or nothing: an interrupted run must not leave users whose random password was never shown.
            with atomic():
                added = build_demo(records, lambda: make_password(text), self._report_progress)
        except ValidationError as error:
            raise CommandError(
                "The demo data conflicts with the data in this database "
                f"(set DATABASE_URL to an empty one): {'; '.join(error.messages)}"
            ) from error
        if password:
            self._set_password(before, password)
        new = [username for username in self.users if password or username not in before]
        self.stdout.write(f"{added} records added." if added else "All demo records exist already.")
        if new:
            self._show_sign_ins(new, text)
        else:
            self._show_reminder()

    def _existing_users(self) -> dict[str, User]:
        """Return the existing demo users by their username in the demo."""
        names = {user["id"]: username for username, user in self.users.items()}
        return {names[user.pk]: user for user in User._base_manager.filter(pk__in=names)}

    def _set_password(self, users: dict[str, User], password: str) -> None:
        for user in users.values():
            if not user.check_password(password):
                values = {"password": make_password(password)}
                services.update(
                    user, values, actor=Installation(name="Demo data"), context=ChangeContext(Channel.COMMAND)
                )

    def _report_progress(self, label: str, done: int, total: int) -> None:
        if self.stdout.isatty():
            self.stdout.write(f"\r  {label}: {done} of {total} ", ending="\n" if done == total else "")
            self.stdout.flush()
        elif done == total:
            self.stdout.write(f"  {label}: {total}")

    def _show_sign_ins(self, usernames: list[str], password: str) -> None:
        self.stdout.write("\nDemo sign-ins:")
        for username in usernames:
            self.stdout.write(f"  {username:8} {self.users[username]['sign_in']}")
        self.stdout.write(f"  password of each: {password}\n")

    def _show_reminder(self) -> None:
        existing = self._existing_users()
        if existing:
            usernames = ", ".join(username for username in self.users if username in existing)
            self.stdout.write(
                f"Demo sign-ins: {usernames}. To set their password: .venv/bin/python manage.py demo --password TEXT"
            )

import getpass

from django.contrib.auth.hashers import make_password
from django.contrib.auth.management.commands import changepassword
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, no_translations

from backoffice.people.models import User
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel, Installation

ATTEMPTS = 3


class Command(changepassword.Command):
    """Django's command, through the write service: Django's own would bypass the history."""

    help = "Change a user's password."

    @no_translations
    def handle(self, *args, username, **options):
        username = username or getpass.getuser()
        user = User._base_manager.filter(username=username).first()
        if user is None:
            raise CommandError(f"There is no user “{username}”.")
        self.stdout.write(f"Changing the password of {user}.")
        services.update(
            user,
            {"password": make_password(self._ask(user))},
            actor=Installation(),
            context=ChangeContext(Channel.COMMAND),
        )
        self.stdout.write(f"The password of {user} has been changed.")

    def _ask(self, user: User) -> str:
        for _attempt in range(ATTEMPTS):
            password = self._get_pass()
            if password != self._get_pass("Password (again): "):
                self.stderr.write("The passwords do not match. Try again.")
                continue
            try:
                validate_password(password, user)
            except ValidationError as error:
                self.stderr.write("\n".join(error.messages))
                continue
            return password
        raise CommandError(f"Nothing was changed after {ATTEMPTS} attempts.")

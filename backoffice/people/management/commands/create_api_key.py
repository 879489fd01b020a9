from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, no_translations

from backoffice.people.models import ApiKey, User
from backoffice.people.models.keys import SCOPES
from backoffice.records import services
from backoffice.records.actors import COMMAND_LINE, ChangeContext, Channel, Installation

LISTED = 10


class Command(BaseCommand):
    help = "Create an API key that acts for a user, and print it. The key is shown only once."

    def add_arguments(self, parser):
        parser.add_argument("username", metavar="USERNAME", help="the user whose rights the key has")
        parser.add_argument("--name", default=COMMAND_LINE, metavar="TEXT", help="what the key is for")
        parser.add_argument("--read-only", action="store_true", help="the key can read, but not write")

    @no_translations
    def handle(self, *, username, name, read_only, **options):
        owner = User._base_manager.filter(username=username).first()
        if owner is None or not owner.can_sign_in:
            raise CommandError(self._describe_users(username))
        values = {
            "name": name,
            "owner": owner.pk,
            "scopes": [scope for scope in SCOPES if scope.endswith(":read") or not read_only],
        }
        try:
            key = services.create(
                ApiKey,
                values,
                actor=Installation(owner.company_id),
                context=ChangeContext(Channel.COMMAND),
                company_id=owner.company_id,
            ).record
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(key.secret)

    def _describe_users(self, username: str) -> str:
        active = User._base_manager.filter(is_active=True).order_by("username")
        names = list(active.values_list("username", flat=True)[: LISTED + 1])
        if not names:
            return (
                "There are no users yet: load the demo data (manage.py demo) or run manage.py start_company."
            )
        more = ", …" if len(names) > LISTED else ""
        return f"There is no active user “{username}”. Active users: {', '.join(names[:LISTED])}{more}."

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, no_translations
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from backoffice.db.transactions import atomic
from backoffice.people import roles
from backoffice.people.models import Company, User
from backoffice.people.public_url import public_url
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel, Installation
from backoffice.records.languages import default_language


class Command(BaseCommand):
    help = "Create a company and its first administrator, who signs in with the e-mail address. No demo data."

    def add_arguments(self, parser):
        parser.add_argument("name", metavar="NAME", help="the company's name")
        parser.add_argument(
            "email", metavar="ADMIN_EMAIL", help="the administrator's e-mail address and username"
        )
        parser.add_argument(
            "--language",
            choices=[code for code, _name in settings.LANGUAGES],
            default=default_language(),
            help="the language for sorting its lists",
        )
        parser.add_argument("--url", help="the public URL, such as https://desk.example.com")

    @no_translations
    def handle(self, *, name, email, language, url, **options):
        actor, context = Installation(), ChangeContext(Channel.COMMAND)
        admin = {"username": email, "email": email, "roles": [roles.ADMINISTRATOR]}
        try:
            with atomic():
                company = services.create(
                    Company, {"name": name, "language": language}, actor=actor, context=context
                ).record
                user = services.create(
                    User, admin, actor=actor, context=context, company_id=company.pk
                ).record
        except ValidationError as error:
            reasons = "; ".join(dict.fromkeys(error.messages))
            raise CommandError(f"Nothing was created: {reasons}") from error
        link = reverse(
            settings.PASSWORD_RESET_CONFIRM_URL,
            args=[urlsafe_base64_encode(force_bytes(user.pk)), default_token_generator.make_token(user)],
        )
        days = settings.PASSWORD_RESET_TIMEOUT // 86400
        self.stdout.write(
            f"Created {company}, with {email} as its administrator.\n"
            f"To choose a password, open this link within {days} days. It works once:\n"
            f"  {(url or public_url()).rstrip('/')}{link}\n"
            f"After that: “Forgotten your password?” on the sign-in page, or manage.py changepassword {email}"
        )

"""E-mail notices and log events about changes of a user's own account, so that an account is not taken over
unnoticed.

The notice goes to the e-mail address that the account had before the change.
"""

from functools import partial

from django.conf import settings
from django.core.mail import EmailMessage
from django.shortcuts import resolve_url
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, gettext_noop, override
from django.utils.translation import gettext as _

from backoffice.accounts.events import OK, current_address, log_event
from backoffice.db.transactions import after_commit
from backoffice.mail.models import Delivery
from backoffice.mail.outgoing import has_mail_server, mail_event, queue_mail
from backoffice.people.models import ApiKey, User
from backoffice.people.public_url import public_url
from backoffice.records.actors import display_author
from backoffice.records.models import ACTIVE, History
from backoffice.records.services import PlannedWrite, on_write

NOTICES = {
    "password changed": gettext_noop("Your Caretaker password was changed"),
    "second factor set up": gettext_noop("Two-factor sign-in was set up for your Caretaker account"),
    "second factor removed": gettext_noop("Two-factor sign-in was removed from your Caretaker account"),
    "recovery codes made": gettext_noop("New recovery codes were created for your Caretaker account"),
    "recovery code used": gettext_noop("A recovery code of your Caretaker account was used"),
    "e-mail address changed": gettext_noop("The e-mail address of your Caretaker account was changed"),
    "username changed": gettext_noop("The username of your Caretaker account was changed"),
    "API key made": gettext_noop("An API key was created for your Caretaker account"),
    "API key rotated": gettext_noop("An API key of your Caretaker account was generated again"),
    "API key changed": gettext_noop("An API key of your Caretaker account was changed"),
    "API key ended": gettext_noop("An API key of your Caretaker account was revoked"),
}
"""The subject of the notice for each event. Other events are only logged."""
KIND = "accounts.notice"
ACCESS = {"is_active", "status", "roles", "customer", "is_superuser"}


@on_write(User, ApiKey)
def note_change(planned: PlannedWrite) -> None:
    """Queue a notice about a change of an account to its owner, and log the change after the commit. Changes by
    management commands send no notice: a person with access to the server controls all accounts anyway."""
    if planned.action == History.Action.REDACT:
        return
    is_key = isinstance(planned.record, ApiKey)
    events = list(find_key_events(planned) if is_key else find_user_events(planned))
    if not events:
        return
    owners = _find_owners(planned) if is_key else [planned.before or planned.record]
    by, address = planned.actor.user_id, current_address.get()
    for owner in owners:
        for event in events:
            author = by if by != owner.pk else None
            after_commit(partial(log_event, event, OK, user=owner, by=author, address=address))
            if by is not None and event in NOTICES:
                _queue(event, owner, planned, address)


def find_user_events(planned: PlannedWrite):
    """Yield the events of a user's account."""
    touched = {entry["property"].split(".")[0] for entry in planned.changes}
    if planned.before is None:
        if planned.actor.user_id is not None:  # demo data and imports create hundreds
            yield "user made"
        return
    if planned.action == "remove":
        yield "user removed"
        return
    if "password" in touched:
        yield "password changed"
    if "totp_secret" in touched:
        yield "second factor set up" if planned.record.has_second_factor else "second factor removed"
    elif "recovery_codes" in touched:
        yield "recovery code used" if planned.action == "use_recovery_code" else "recovery codes made"
    if "email" in touched:
        yield "e-mail address changed"
    if "username" in touched:
        yield "username changed"
    if "sessions_ended_at" in touched:
        yield "signed out everywhere"
    if touched & ACCESS:
        yield "rights changed"


def find_key_events(planned: PlannedWrite):
    """Yield the events of an API key."""
    before, after = planned.before, planned.record
    if before is None:
        yield "API key made"
    elif planned.action == "remove" or (_is_open(before, planned) and not _is_open(after, planned)):
        yield "API key ended"
    elif planned.action == "rotate":
        yield "API key rotated"
    elif {entry["property"].split(".")[0] for entry in planned.changes} & {"owner", "scopes", "expires_at"}:
        yield "API key changed"


def _is_open(key: ApiKey, planned: PlannedWrite) -> bool:
    return key.status == ACTIVE and not key.is_expired(planned.at)


def _find_owners(planned: PlannedWrite) -> list[User]:
    ids = {key.owner_id for key in (planned.before, planned.record) if key is not None}
    return list(User._base_manager.filter(pk__in=ids))


def _queue(event: str, owner: User, planned: PlannedWrite, address: str) -> None:
    """Queue a notice to an owner who can sign in and has an e-mail address. It is in the current language if the owner
    made the change, else in the installation's default language (users have no language setting)."""
    if not owner.email or not owner.can_sign_in or not has_mail_server():
        return
    is_own = planned.actor.user_id == owner.pk
    params = {
        "event": event,
        "version": planned.record.version,
        "address": address,
        "language": (get_language() if is_own else None) or settings.LANGUAGE_CODE,
    }
    request_id = planned.context.request_id if planned.context else ""
    queue_mail(
        KIND,
        planned.before or planned.record,
        company_id=owner.company_id,
        user_id=owner.pk,
        params=params,
        request_id=request_id,
    )


@mail_event(KIND, label=gettext_lazy("Notice about an account"), is_about_account=True)
def build_notice(delivery: Delivery) -> EmailMessage | None:
    """Return the notice about a change in the history, to the address that the owner had before it."""
    params, owner = delivery.params, User._base_manager.filter(pk=delivery.user_id).first()
    entry = History.objects.filter(
        record_type=delivery.record_type, record_id=delivery.record_id, version=params["version"]
    ).first()
    if owner is None or entry is None:
        return None  # deleted since, with the company
    is_user = delivery.record_type == User._meta.label_lower
    before = {change["property"]: change["old"] for change in entry.changes} if is_user else {}
    if not (recipient := before.get("email") or owner.email):
        return None
    context = {
        "name": before.get("first_name") or owner.get_short_name(),
        "username": before.get("username") or owner.username,
        "key": "" if is_user else entry.record_name,
        "at": timezone.localtime(entry.at),
        "address": params["address"],
        "url": f"{public_url()}{resolve_url(settings.PASSWORD_RESET_URL)}",
    }
    with override(params["language"]):
        subject = _(NOTICES[params["event"]])
        by = "" if entry.user_id == owner.pk else display_author(entry.who)
        text = render_to_string("web/account/notice.txt", {**context, "subject": subject, "by": by})
    return EmailMessage(subject, text, to=[recipient])

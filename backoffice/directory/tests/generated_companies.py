"""Small generated companies, and snapshots of them."""

import io

from django.core.management import call_command

from backoffice.people.models import Contact, Customer, User
from backoffice.records.history.versions import plain_state
from facility.models import Article, Complaint, CustomerObject
from supportdesk.models import SupportCase

MODELS = (User, Customer, Contact, Article, CustomerObject, Complaint, SupportCase)
SMALL = {
    "people": 8,
    "resellers": 1,
    "customers": 3,
    "contacts": 4,
    "articles": 2,
    "objects": 5,
    "complaints": 40,
    "cases": 6,
}
SIGN_IN = r"Sign in as (\S+), password (\S+)"


def generate(**options) -> str:
    out = io.StringIO()
    call_command("generate", stdout=out, **SMALL | options)
    return out.getvalue()


LISTS = ("files", "comments", "notes", "answers")


def snapshot() -> dict:
    """All generated records as text, without password hashes, random ids and values that depend on the day."""
    found = {}
    for model in MODELS:
        for record in model._base_manager.filter(company__name="Generated A/S"):
            state = plain_state(record) | {"password": "", "chat_id": ""}
            for element in (element for name in LISTS for element in state.get(name, [])):
                del element["id"]
            stamps = (
                record.created_at,
                record.created_by_id,
                record.last_modified_at,
                record.last_modified_by_id,
            )
            found[record.pk] = repr((state, stamps, record.version, record.search_text))
    return found

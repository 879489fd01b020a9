"""Identification of records by user input: a number, a name or an id."""

import re
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from backoffice.db.annotations import Rows
from backoffice.db.object_ids import is_object_id
from backoffice.db.search import MAX_SEARCH_LENGTH
from backoffice.records.actors import Actor
from backoffice.records.fields.sort_keys import sort_key
from backoffice.records.models import Entity
from backoffice.records.visibility import EntityQuerySet

EntityT = TypeVar("EntityT", bound=Entity)
MENU_LENGTH = 200
"""Up to this number, records are offered in a menu; for more, users type."""
MAX_SUGGESTIONS = 10
"""Number of suggestions for typed text."""
_NUMBER = re.compile(r"(#?)([0-9]{1,18})(?![0-9])", re.ASCII)
_IN_BRACKETS = re.compile(r"\(([^()]+)\)$")


def has_too_many_for_menu(rows: Rows) -> bool:
    """Return whether there are more than MENU_LENGTH rows, without counting them: the same as
    `rows[MENU_LENGTH : MENU_LENGTH + 1].exists()`, with two copies of the query fewer. (Lists call it for
    each filter.)"""
    query = rows.query.exists()
    query.clear_limits()
    query.set_limits(MENU_LENGTH, MENU_LENGTH + 1)
    return bool(query.get_compiler(using=rows.db).has_results())


def quote_names(names: list[str]) -> str:
    """Join names in quotation marks, because each may end in a full stop or an ellipsis."""
    return "; ".join(_("“%(name)s”") % {"name": name} for name in names)


def sort_choices(choices: list[tuple[Any, ...]], actor: Actor) -> list[tuple[Any, ...]]:
    """Sort (value, name, …) by name, in the alphabet of the actor's language."""
    return sorted(choices, key=lambda choice: sort_key(choice[1], actor.company_language))


def describe_uniquely(record: Entity) -> str:
    """Return text that identifies the record in its company: “#12 Town hall”, “Alice Hansen (alice)”."""
    key = getattr(record, record.natural_key) if record.natural_key else ""
    if record.natural_key == "number":
        return f"#{key} {record}"
    return f"{record} ({key})" if key else str(record)


def find_candidates(rows: EntityQuerySet[EntityT], text: str, limit: int = MAX_SUGGESTIONS) -> list[EntityT]:
    """Return the records that a text may refer to, the likeliest first."""
    text = text.strip()[:MAX_SEARCH_LENGTH]
    candidates = _find_by_key(rows, text)
    if len(candidates) < limit and not text.startswith("#"):
        known_ids = {record.pk for record in candidates}
        candidates += [record for record in rows.search(text)[:limit] if record.pk not in known_ids]
    return candidates[:limit]


def identify(rows: EntityQuerySet[EntityT], text: str) -> EntityT:
    """Return the one record that a text refers to. Raises ValidationError for none and for several; its
    params have the candidates."""
    text = text.strip()
    candidates = _find_by_key(rows, text)
    if not candidates:
        candidates = find_candidates(rows, text)
        if len(candidates) > 1:
            exact = [record for record in candidates if str(record).casefold() == text.casefold()]
            candidates = exact if len(exact) == 1 else candidates
    if len(candidates) == 1:
        return candidates[0]
    names = [describe_uniquely(record) for record in candidates]
    if not candidates:
        message = _("There is no %(kind)s “%(text)s”. Enter a number, a name or an id.")
    else:
        message = _("“%(text)s” matches several: %(names)s. Choose one, or enter more of the name.")
    params = {
        "kind": rows.model._meta.verbose_name,
        "text": text[:50],
        "names": quote_names(names),
        "offered": names,
    }
    raise ValidationError(message, code="ambiguous" if candidates else "unknown", params=params)


def _find_by_key(rows: EntityQuerySet[EntityT], text: str) -> list[EntityT]:
    """Return the records that a text identifies by id or natural key."""
    natural_key = rows.model.natural_key
    if is_object_id(text):
        return list(rows.filter(pk=text.lower()))
    if natural_key == "number":
        number = _NUMBER.match(text)
        if number and (number[1] or number.end() == len(text)):
            return list(rows.filter(number=int(number[2]))[:MAX_SUGGESTIONS])
    elif natural_key:
        in_brackets = _IN_BRACKETS.search(text)
        return list(rows.filter(**{natural_key: in_brackets[1] if in_brackets else text})[:MAX_SUGGESTIONS])
    return []

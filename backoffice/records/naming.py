"""Records by what people type to mean one of them: its number, its name or its id."""

import re

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from backoffice.records.ids import is_object_id
from backoffice.records.models import Entity
from backoffice.records.searching import LONGEST_SEARCH
from backoffice.records.sort_keys import sort_key

FEW = 200
"""So many records can be looked through; of more, one types which is meant."""
OFFERED = 10
"""How many are offered to somebody who types."""
_NUMBER = re.compile(r"(#?)([0-9]{1,18})(?![0-9])", re.ASCII)
_IN_BRACKETS = re.compile(r"\(([^()]+)\)$")


def are_many(rows: QuerySet) -> bool:
    """Return whether there are more than FEW rows, without counting them: `rows[FEW : FEW + 1].exists()` with two
    copies of the query fewer, because lists call it for each of their filters."""
    query = rows.query.exists()
    query.clear_limits()
    query.set_limits(FEW, FEW + 1)
    return query.get_compiler(using=rows.db).has_results()


def quote_names(names: list[str]) -> str:
    """Write names in a sentence, in quotation marks: each may end in a full stop or an ellipsis."""
    return "; ".join(_("“%(name)s”") % {"name": name} for name in names)


def sort_choices(choices: list[tuple], actor) -> list[tuple]:
    """Sort (value, name, …) by their names, as readers of the actor's language expect."""
    return sorted(choices, key=lambda choice: sort_key(choice[1], actor.company_language))


def called(record: Entity) -> str:
    """What means this record and no other of its company: “#12 Town hall”, “Alice Hansen (alice)”."""
    apart = getattr(record, record.told_apart_by) if record.told_apart_by else ""
    if record.told_apart_by == "number":
        return f"#{apart} {record}"
    return f"{record} ({apart})" if apart else str(record)


def offered(rows: QuerySet, text: str, most: int = OFFERED) -> list[Entity]:
    """Those of some records that a text may mean, the likeliest first."""
    text = text.strip()[:LONGEST_SEARCH]
    found = _by_itself(rows, text)
    if len(found) < most and not text.startswith("#"):
        known = {record.pk for record in found}
        found += [record for record in rows.search(text)[:most] if record.pk not in known]
    return found[:most]


def meant(rows: QuerySet, text: str) -> Entity:
    """The one of some records that a text means. Raises ValidationError for none and for several; its params have what
    is `offered` instead."""
    text = text.strip()
    found = _by_itself(rows, text)
    if not found:
        found = offered(rows, text)
        if len(found) > 1:
            same = [record for record in found if str(record).casefold() == text.casefold()]
            found = same if len(same) == 1 else found
    if len(found) == 1:
        return found[0]
    names = [called(record) for record in found]
    if not found:
        said = _("There is no %(kind)s “%(text)s”. Type a number, a name or an id.")
    else:
        said = _("“%(text)s” may be one of these: %(names)s. Choose one, or type more of its name.")
    params = {
        "kind": rows.model._meta.verbose_name,
        "text": text[:50],
        "names": quote_names(names),
        "offered": names,
    }
    raise ValidationError(said, code="ambiguous" if found else "unknown", params=params)


def _by_itself(rows: QuerySet, text: str) -> list[Entity]:
    """Those that a text names by an id, or by what tells them apart."""
    apart = rows.model.told_apart_by
    if is_object_id(text):
        return list(rows.filter(pk=text.lower()))
    if apart == "number":
        number = _NUMBER.match(text)
        if number and (number[1] or number.end() == len(text)):
            return list(rows.filter(number=int(number[2]))[:OFFERED])
    elif apart:
        inside = _IN_BRACKETS.search(text)
        return list(rows.filter(**{apart: inside[1] if inside else text})[:OFFERED])
    return []

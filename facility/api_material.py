"""The material of one customer object below `/v2/`."""

from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.utils.translation import gettext as _

from backoffice.api.conditional import tag_of
from backoffice.api.document import Document
from backoffice.api.endpoint import Call, json_response
from backoffice.api.operations import Gives, Many, Operation, Parameter, Takes
from backoffice.api.parsing import read_object
from backoffice.api.problems import CONFLICT, INVALID, STALE, Offence, Problem, nothing_here
from backoffice.api.records import read_record, update_record
from backoffice.api.resources import CHANGING
from backoffice.api.shapes import Property
from backoffice.lists import asked
from facility.api_objects import OBJECTS, variable
from facility.documents import CUSTOMER_OBJECT
from facility.models import Article, CustomerObject, Material

ENTRY = Document(
    Material,
    Property("articleId", "article"),
    Property("budget"),
    name="MaterialEntry",
    example={"articleId": "507f1f77bcf86cd799439031", "budget": 12},
)
WHAT = ("articleId",)
ATTEMPTS = 20
"""How often an entry is put into a list afresh because somebody else changed the list meanwhile."""

BUDGET = Parameter("budget", {"type": "number"}, "How much of the article is budgeted.")


def _list(call: Call, id: str) -> HttpResponse:
    return read_record(call, CUSTOMER_OBJECT, OBJECTS.find(call, id), answer=_told)


def _add(call: Call, id: str) -> HttpResponse:
    place = OBJECTS.find(call, id)
    call.demand("change", place, _("You may not change this."))
    entry = _entry_sent(call, place)

    def added(there: list[dict]) -> list[dict]:
        if entry["article"] in [known["article"] for known in there]:
            return _replaced(there, entry)
        return [*there, {"budget": None, **entry}]

    return _changed(call, place, added)


def _set_budget(call: Call, id: str, articleId: str, budget: str) -> HttpResponse:
    place = OBJECTS.find(call, id)
    call.demand("change", place, _("You may not change this."))
    entry = {"article": articleId.lower(), "budget": variable("budget", asked.number, budget)}

    def replaced(there: list[dict]) -> list[dict]:
        if entry["article"] not in [known["article"] for known in there]:
            raise nothing_here()
        return _replaced(there, entry)

    return _changed(call, place, replaced)


def _entry_sent(call: Call, place: CustomerObject) -> dict:
    body, unstorable = read_object(call.request)
    faults = ENTRY.faults(body, place, unstorable, WHAT)
    for leaf, path, value in ENTRY.sent(body):
        try:
            if path not in faults:
                ENTRY.bound[leaf.attribute].to_python(value)
        except ValidationError as error:
            faults[path] = error.messages[0]
    if ("articleId",) not in faults:
        article = body["articleId"].lower()
        in_use = {entry["article"] for entry in place.material}
        if article not in in_use | place.check_references("material", Article, {article}, call.actor):
            said = _("There is no %(kind)s with this id.") % {"kind": Article._meta.verbose_name}
            faults[("articleId",)] = said
    if faults:
        told = sorted(faults.items(), key=lambda fault: ENTRY.position(str(fault[0][0])))
        raise Problem(INVALID, offences=[Offence(".".join(map(str, path)), said) for path, said in told])
    values = ENTRY.values(body)
    return values | {"article": values["article"].lower()}


def _replaced(there: list[dict], entry: dict) -> list[dict]:
    return [known | entry if known["article"] == entry["article"] else known for known in there]


def _changed(call: Call, place: CustomerObject, edit: Callable[[list[dict]], list[dict]]) -> HttpResponse:
    """Write what `edit` makes of the material. Two people who add something each never conflict."""
    for attempt in range(ATTEMPTS):
        also = {"material": edit(place.material)}
        try:
            draft = update_record(call, CUSTOMER_OBJECT, place, sent=({}, {}), also=also, base=place.version)
            return _told(call, CUSTOMER_OBJECT, draft.record)
        except Problem as problem:
            if problem.kind != CONFLICT or attempt == ATTEMPTS - 1:
                raise
        place = OBJECTS.find(call, place.pk)
    raise AssertionError("unreachable")


def _told(call: Call, document: Document, place: CustomerObject) -> HttpResponse:
    content = document.of(place, call.actor, call.dialect)["material"]
    return json_response(content, headers={"ETag": tag_of(place)})


OPERATIONS = [
    Operation(
        "getMaterialOfObject", "GET", "objects/{id}/material", _list, "Get the material of an object", OBJECTS.tag,
        gives=Gives(Many(ENTRY), says="The material, in its order.", tagged=True),
        problems=(STALE,),
    ),
    Operation(
        "addMaterialToObject", "POST", "objects/{id}/material", _add, "Add an article to the material of an object",
        OBJECTS.tag,
        description="An article that is there already stays where it is, with the budget that is sent.",
        takes=Takes(ENTRY, WHAT),
        gives=Gives(Many(ENTRY), says="The material as it is now.", tagged=True),
        problems=CHANGING,
    ),
    Operation(
        "setMaterialBudget", "PATCH", "objects/{id}/material/{articleId}/{budget}", _set_budget,
        "Set the budget of an article in the material of an object", OBJECTS.tag,
        variables=(BUDGET,),
        gives=Gives(Many(ENTRY), says="The material as it is now.", tagged=True),
        problems=(INVALID, *CHANGING),
    ),
]  # fmt: skip

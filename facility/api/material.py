"""Operations on the material of one customer object, below `/v2/`."""

from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.utils.translation import gettext as _

from backoffice.api.annotations import BodyErrors
from backoffice.api.errors import (
    CONFLICT,
    INVALID,
    STALE_VERSION,
    ApiError,
    ErrorDetail,
    dotted,
    invalid,
    not_found,
)
from backoffice.api.operations import (
    CHANGING,
    MAY_NOT_CHANGE,
    ListOf,
    Operation,
    Parameter,
    RequestBodySpec,
    ResponseSpec,
    flag_schema,
    read_record,
    read_single_value,
    update_record,
)
from backoffice.api.schema import Document, NestedList, Property, Shape
from backoffice.api.transport import ApiRequest, build_etag, json_response, read_object
from backoffice.lists import query_params
from backoffice.records.models import ACTIVE
from backoffice.records.services import PlannedWrite
from facility.api.documents import CUSTOMER_OBJECT
from facility.api.objects import OBJECTS, parse_variable
from facility.models import Article, CustomerObject, Material

EXAMPLE = {"articleId": "507f1f77bcf86cd799439031", "budget": 12}
ENTRY = Document(
    Material, Property("articleId", "article"), Property("budget"), name="MaterialEntry", example=EXAMPLE
)
REQUIRED = ("articleId",)
ADDED = Document(
    CustomerObject,
    NestedList(
        "material",
        shape=Shape("Material", *ENTRY.properties),
        description="The articles to add or change",
    ),
    name="MaterialAdded",
    example={"material": [EXAMPLE]},
)
ATTEMPTS = 20
"""How often an update is retried after concurrent changes of the list."""

LISTED = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "articleId": {**query_params.OBJECT_ID, "examples": [EXAMPLE["articleId"]]},
            "budget": {"type": ["number", "null"], "examples": [12]},
            "_id": {
                **query_params.OBJECT_ID,
                "description": "The id of the article.",
                "examples": [EXAMPLE["articleId"]],
            },
            "name": {
                "type": "string",
                "description": "The name of the article.",
                "examples": ["LED-pære E27"],
            },
        },
        "required": ["articleId", "budget", "_id", "name"],
        "additionalProperties": False,
    },
}
ALL_WHEN_EMPTY = Parameter(
    name="allWhenEmpty",
    schema={**query_params.FLAG, "default": False},
    description="For an object without material: all active articles, without a quantity.",
)
BUDGET = Parameter(
    name="budget", schema={"type": "number"}, description="The agreed quantity of the article."
)


def _list(call: ApiRequest, id: str) -> HttpResponse:
    params = call.request.GET
    try:
        wants_all = ALL_WHEN_EMPTY.name in params and query_params.flag(
            read_single_value(params, ALL_WHEN_EMPTY.name)
        )
    except ValidationError as error:
        raise ApiError(INVALID, details=[ErrorDetail.from_error(ALL_WHEN_EMPTY.name, error)]) from None

    def answer(call: ApiRequest, document: Document, place: CustomerObject) -> HttpResponse:
        articles = Article.objects.filter(company=place.company_id)
        if wants_all and not place.material:
            in_use = articles.visible_to(call.actor).filter(status=ACTIVE).order_by("name", "pk")
            content = [_serialize(call, {"article": one.pk, "budget": None}, one.name) for one in in_use]
        else:
            names = dict(
                articles.filter(pk__in=[entry["article"] for entry in place.material]).values_list(
                    "pk", "name"
                )
            )
            content = [_serialize(call, entry, names.get(entry["article"], "")) for entry in place.material]
        return json_response(content, headers={"ETag": build_etag(place)})

    return read_record(call, CUSTOMER_OBJECT, call.find(CustomerObject, id), answer=answer)


def _serialize(call: ApiRequest, entry: dict, name: str) -> dict:
    """Serialize an entry, with the id and name of the article."""
    return ENTRY.serialize(ENTRY.bound, entry, call.dialect) | {"_id": entry["article"], "name": name}


def _add(call: ApiRequest, id: str) -> HttpResponse:
    place = call.find(CustomerObject, id)
    call.demand("change", place, MAY_NOT_CHANGE)
    entries = _read_entries(call, place)

    def add(material: list[dict]) -> list[dict]:
        for entry in entries:
            if entry["article"] in [known["article"] for known in material]:
                material = _replace(material, entry)
            else:
                material = [*material, {"budget": None, **entry}]
        return material

    write = _update_material(call, place, add)
    return json_response({"added": True}, headers={"ETag": build_etag(write.record)})


def _set_budget(call: ApiRequest, id: str, articleId: str, budget: str) -> HttpResponse:
    place = call.find(CustomerObject, id)
    call.demand("change", place, MAY_NOT_CHANGE)
    entry = {"article": articleId.lower(), "budget": parse_variable("budget", query_params.number, budget)}

    def replace(material: list[dict]) -> list[dict]:
        if entry["article"] not in [known["article"] for known in material]:
            raise not_found()
        return _replace(material, entry)

    return _material_response(call, CUSTOMER_OBJECT, _update_material(call, place, replace).record)


def _read_entries(call: ApiRequest, place: CustomerObject) -> list[dict]:
    """Return the entries in a body: `{"material": […]}` or a single entry. Raises ApiError with all
    errors."""
    body, unstorable = read_object(call)
    if "material" in body or not body:
        errors = ADDED.parse(body, place, unstorable, ("material",)).errors
        sent = body.get("material") if not errors else []
        entries = [(("material", index), one) for index, one in enumerate(sent)]
        errors |= {
            (*path, *REQUIRED): ValidationError(_("This is required."), code="required")
            for path, one in entries
            if "articleId" not in one
        }
    else:
        errors, entries = ENTRY.parse(body, place, unstorable, REQUIRED).errors, [((), body)]
    for path, one in entries:
        _check_entry(path, one, errors)
    errors |= _reference_errors(call, place, entries, errors)
    if errors:
        paths = sorted(errors, key=_order)
        raise invalid([ErrorDetail.from_error(dotted(path), errors[path]) for path in paths])
    values = [ENTRY.values(one) for _path, one in entries]
    return [each | {"article": each["article"].lower()} for each in values]


def _order(path: tuple) -> tuple:
    """Sort key for paths of a body: the index of the entry, then the documented order of properties."""
    place = path[1] if len(path) > 1 and isinstance(path[1], int) else -1
    return place, ENTRY.position(str(path[-1]))


def _check_entry(path: tuple, entry: dict, errors: BodyErrors) -> None:
    """Add the model's errors in the single values of an entry to `errors`."""
    for leaf, (key,), value in ENTRY.iterate_sent(entry):
        try:
            if (*path, key) not in errors:
                ENTRY.bound[leaf.attribute].to_python(value)
        except ValidationError as error:
            errors[(*path, key)] = error


def _reference_errors(
    call: ApiRequest, place: CustomerObject, entries: list, errors: BodyErrors
) -> BodyErrors:
    """Return the errors in the articles of entries: unknown or duplicate ones."""
    named = [
        ((*path, *REQUIRED), one["articleId"].lower())
        for path, one in entries
        if (*path, *REQUIRED) not in errors
    ]
    in_use = {entry["article"] for entry in place.material}
    ids = {article for _path, article in named}
    known = in_use | (
        place.check_references("material", Article, ids - in_use, call.actor) if ids - in_use else set()
    )
    found, seen = {}, set()
    for path, article in named:
        if article not in known:
            message = _("There is no %(kind)s with this id.") % {"kind": Article._meta.verbose_name}
            found[path] = ValidationError(message, code="reference")
        elif article in seen:
            found[path] = ValidationError(_("This occurs twice in the list."), code="duplicate")
        seen.add(article)
    return found


def _replace(material: list[dict], entry: dict) -> list[dict]:
    return [known | entry if known["article"] == entry["article"] else known for known in material]


def _update_material(
    call: ApiRequest, place: CustomerObject, edit: Callable[[list[dict]], list[dict]]
) -> PlannedWrite:
    """Update the material with the result of `edit`. Concurrent edits are retried, so that additions never
    conflict."""
    for attempt in range(ATTEMPTS):
        also = {"material": edit(place.material)}
        try:
            return update_record(
                call, CUSTOMER_OBJECT, place, body=({}, {}), extra_values=also, base=place.version
            )
        except ApiError as error:
            if error.kind != CONFLICT or attempt == ATTEMPTS - 1:
                raise
        place = call.find(CustomerObject, place.pk)
    raise AssertionError("unreachable")


def _material_response(call: ApiRequest, document: Document, place: CustomerObject) -> HttpResponse:
    content = document.serialize_record(place, call.actor, call.dialect)["material"]
    return json_response(content, headers={"ETag": build_etag(place)})


OPERATIONS = [
    Operation(
        id="getMaterialOfObject",
        method="GET",
        path="objects/{id}/material",
        handler=_list,
        summary="Get the material of an object",
        tag=OBJECTS.tag,
        parameters=(ALL_WHEN_EMPTY,),
        response=ResponseSpec(content=LISTED, description="The material, in its order.", has_etag=True),
        errors=(STALE_VERSION,),
    ),
    Operation(
        id="addMaterialToObject",
        method="POST",
        path="objects/{id}/material",
        handler=_add,
        summary="Add articles to the material of an object",
        tag=OBJECTS.tag,
        description=(
            "An article that is already in the list keeps its place and gets the quantity that is sent. The body can "
            "also be a single entry."
        ),
        body=RequestBodySpec(document=ADDED, required=("material",)),
        response=ResponseSpec(content=flag_schema("added"), description="Added.", has_etag=True),
        errors=CHANGING,
    ),
    Operation(
        id="setMaterialBudget",
        method="PATCH",
        path="objects/{id}/material/{articleId}/{budget}",
        handler=_set_budget,
        summary="Set the agreed quantity of an article of an object",
        tag=OBJECTS.tag,
        variables=(BUDGET,),
        response=ResponseSpec(
            content=ListOf(document=ENTRY), description="The material as it is now.", has_etag=True
        ),
        errors=(INVALID, *CHANGING),
    ),
]

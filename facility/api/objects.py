"""Operations on customer objects, below `/v2/`."""

from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.utils.translation import gettext as _

from backoffice.api.errors import INVALID, STALE_VERSION, ApiError, ErrorDetail, not_found
from backoffice.api.operations import (
    ListOf,
    ListOperation,
    Operation,
    Parameter,
    Resource,
    ResponseSpec,
    documents_of,
    read_record,
)
from backoffice.api.transport import ApiRequest, forbidden, json_response
from backoffice.directory.api.documents import CONTACT
from backoffice.lists import query_params
from backoffice.people.models import Contact, Customer, User
from backoffice.records import services
from backoffice.records.identify import sort_choices
from facility.api.documents import CUSTOMER_OBJECT
from facility.filters import CustomerObjectFilters
from facility.models import CustomerObject

OBJECTS = Resource(
    CUSTOMER_OBJECT,
    "objects",
    "object",
    "objects",
    ListOperation(CUSTOMER_OBJECT, CustomerObjectFilters, max_limit=1000),
    required=("address",),
    links=("getMaterialOfObject", "addMaterialToObject", "setLocationOfObject", "listContactsOfObject"),
)

NUMBER = Parameter(
    name="number",
    schema={"type": "integer", "minimum": 1, "maximum": 2**63 - 1},
    description="The object's number.",
)
TAGS = {"type": "array", "items": {"type": "string", "examples": ["school"]}}
MANAGERS = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "_id": query_params.OBJECT_ID,
            "name": {"type": "string", "examples": ["Alice Sørensen"]},
            "email": {
                "type": "string",
                "description": "Only for callers who may see users.",
                "examples": ["alice@example.dk"],
            },
        },
        "required": ["_id", "name"],
        "additionalProperties": False,
    },
}


def parse_variable(name: str, parse: Callable, text: str):
    """Parse a path variable. Raises ApiError with the name of the variable."""
    try:
        return parse(text)
    except ValidationError as error:
        raise ApiError(INVALID, details=[ErrorDetail.from_error(name, error)]) from None


def _create_customer(call: ApiRequest, values: dict) -> str | None:
    """Create a customer, named after the object, for an object that was sent without one. Return its id, or
    None if the object has neither name nor address."""
    if not call.actor.may("add", Customer):
        message = _("Enter the customer of this object: you do not have permission to create one.")
        raise forbidden(call.actor, "add", Customer, message, "customerId")
    named = {
        name: value or "" for name, value in values.items() if name == "name" or name.startswith("address_")
    }
    place = CustomerObject(**named)
    name = (place.name or place.address_line())[: Customer._meta.get_field("name").max_length]
    return (
        services.create(Customer, {"name": name}, actor=call.actor, context=call.context).record.pk
        if name
        else None
    )


def _by_number(call: ApiRequest, number: str) -> HttpResponse:
    call.demand("view", CustomerObject)
    visible = CustomerObject.objects.visible_to(call.actor)
    found = (
        visible.filter(number=parse_variable("number", query_params.whole_number, number))
        .order_by("pk")
        .first()
    )
    if found is None:
        raise not_found()
    return read_record(call, CUSTOMER_OBJECT, found)


def _tags(call: ApiRequest) -> HttpResponse:
    return OBJECTS.listing.distinct(call, "tags")


def _managers(call: ApiRequest) -> HttpResponse:
    call.demand("view", CustomerObject)
    managed = CustomerObject.objects.visible_to(call.actor).exclude(object_manager=None).order_by()
    ids = managed.values_list("object_manager_id", flat=True).distinct()
    managers = User.objects.visible_to(call.actor).filter(pk__in=list(ids))
    choices = sort_choices([(manager.pk, str(manager), manager) for manager in managers], call.actor)
    return json_response([_serialize_manager(call, manager) for _pk, _name, manager in choices])


def _serialize_manager(call: ApiRequest, manager: User) -> dict:
    return {"_id": manager.pk, "name": str(manager)} | (
        {"email": manager.email} if call.actor.may("view", manager) else {}
    )


def _contacts(call: ApiRequest, id: str) -> HttpResponse:
    place = call.find(CustomerObject, id)
    call.demand("view", Contact)
    visible = Contact.objects.visible_to(call.actor).in_bulk(place.contacts)
    contacts = [visible[pk] for pk in place.contacts if pk in visible]
    return json_response(documents_of(call, CONTACT, contacts))


def _of_customer(call: ApiRequest, id: str) -> HttpResponse:
    customer = call.find(Customer, id)
    objects = CustomerObject.objects.visible_to(call.actor).filter(customer=customer.pk)
    return OBJECTS.listing.page(call, objects)


OPERATIONS = [
    OBJECTS.list(),
    OBJECTS.count(),
    OBJECTS.distinct(),
    OBJECTS.last_number(),
    OBJECTS.create(completing={"customer": _create_customer}, id_only=True),
    OBJECTS.read(),
    OBJECTS.update(),
    OBJECTS.delete(),
    Operation(
        id="getObjectByNumber",
        method="GET",
        path="objects/{number}/byNumber",
        handler=_by_number,
        summary="Get one object by its number",
        tag=OBJECTS.tag,
        variables=(NUMBER,),
        response=ResponseSpec(content=CUSTOMER_OBJECT, description="The object.", has_etag=True),
        errors=(INVALID, STALE_VERSION),
    ),
    Operation(
        id="listTagsOfObjects",
        method="GET",
        path="objects/tags",
        handler=_tags,
        summary="List the tags of objects",
        tag=OBJECTS.tag,
        response=ResponseSpec(content=TAGS, description="The tags that are in use, each once."),
    ),
    Operation(
        id="listAssignedObjectManagers",
        method="GET",
        path="objects/assignedObjectManagers",
        handler=_managers,
        summary="List the managers of objects",
        tag=OBJECTS.tag,
        response=ResponseSpec(content=MANAGERS, description="The users who manage an object, each once."),
    ),
    Operation(
        id="listContactsOfObject",
        method="GET",
        path="objects/{id}/contacts",
        handler=_contacts,
        summary="List the contacts of an object",
        tag=OBJECTS.tag,
        response=ResponseSpec(content=ListOf(document=CONTACT), description="The contacts, in their order."),
    ),
    Operation(
        id="listObjectsOfCustomer",
        method="GET",
        path="customers/{id}/objects",
        handler=_of_customer,
        summary="List the objects of a customer",
        tag=OBJECTS.tag,
        parameters=OBJECTS.listing.parameters,
        response=ResponseSpec(
            content=ListOf(document=CUSTOMER_OBJECT), description="The objects that match."
        ),
    ),
]

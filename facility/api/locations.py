"""Operations on the locations of customer objects, below `/v2/`."""

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.utils.translation import gettext as _

from backoffice.api.errors import INVALID, ApiError, ErrorDetail
from backoffice.api.operations import (
    CHANGING,
    ListOf,
    Operation,
    Parameter,
    RequestBodySpec,
    ResponseSpec,
    answer_with,
    documents_of,
    read_single_value,
    update_record,
)
from backoffice.api.schema import Document, Property
from backoffice.api.transport import ApiRequest, json_response
from backoffice.lists import query_params
from facility.api.documents import CUSTOMER_OBJECT
from facility.api.objects import OBJECTS
from facility.locations import box_around, metres_between
from facility.models import CustomerObject

LOCATION = Document(
    CustomerObject,
    Property("latitude", "location_latitude"),
    Property("longitude", "location_longitude"),
    name="Location",
    example={"latitude": 55.6761, "longitude": 12.5683},
)
REQUIRED = ("latitude", "longitude")


def degrees_parameter(name: str, most: int, example: float, description: str) -> Parameter:
    schema = {"type": "number", "minimum": -most, "maximum": most, "examples": [example]}
    return Parameter(name=name, schema=schema, description=description)


LATITUDE = degrees_parameter("lat", 90, LOCATION.example["latitude"], "The latitude.")
LONGITUDE = degrees_parameter("long", 180, LOCATION.example["longitude"], "The longitude.")
RADIUS = Parameter(
    name="radius",
    schema={"type": "number", "minimum": 1, "maximum": 50_000, "default": 1000},
    description="The radius in metres.",
)


def _set_location(call: ApiRequest, id: str) -> HttpResponse:
    write = update_record(call, LOCATION, call.find(CustomerObject, id), required=REQUIRED)
    return answer_with(call, CUSTOMER_OBJECT, write.record)


def _list_near(call: ApiRequest, lat: str, long: str) -> HttpResponse:
    call.demand("view", CustomerObject)
    params, details = call.request.GET, []
    centre = _parse_number(LATITUDE, lat, details), _parse_number(LONGITUDE, long, details)
    radius = RADIUS.schema["default"]
    if RADIUS.name in params:
        try:
            radius = _parse_number(RADIUS, read_single_value(params, RADIUS.name), details)
        except ValidationError as error:
            details.append(ErrorDetail.from_error(RADIUS.name, error))
    (limit, offset), more = OBJECTS.listing.paging(params)
    if details + more:
        raise ApiError(INVALID, details=details + more)
    visible = CustomerObject.objects.visible_to(call.actor)
    box = visible.filter(box_around(centre, radius, "location_latitude", "location_longitude")).order_by()
    measured = [
        (metres_between(centre, (latitude, longitude)), pk)
        for pk, latitude, longitude in box.values_list("pk", "location_latitude", "location_longitude")
    ]
    near = [pk for metres, pk in sorted(measured) if metres <= radius][offset : offset + limit]
    found = visible.in_bulk(near)
    places = [found[pk] for pk in near if pk in found]
    return json_response(documents_of(call, CUSTOMER_OBJECT, places))


def _parse_number(parameter: Parameter, text: str, details: list[ErrorDetail]) -> float:
    """Parse the number of a parameter. If it is not valid, append the error to `details` and return the
    minimum."""
    least, most = parameter.schema["minimum"], parameter.schema["maximum"]
    try:
        value = query_params.number(text)
        if least <= value <= most:
            return value
        message = _("Enter a value from %(least)s to %(most)s.") % {"least": least, "most": most}
        raise ValidationError(message, code="max_value")
    except ValidationError as error:
        details.append(ErrorDetail.from_error(parameter.name, error))
    return least


OPERATIONS = [
    Operation(
        id="setLocationOfObject",
        method="POST",
        path="objects/{id}/location",
        handler=_set_location,
        summary="Set the location of an object",
        tag=OBJECTS.tag,
        body=RequestBodySpec(document=LOCATION, required=REQUIRED),
        response=ResponseSpec(content=CUSTOMER_OBJECT, description="The object as it is now.", has_etag=True),
        errors=CHANGING,
    ),
    Operation(
        id="listObjectsNear",
        method="GET",
        path="objects/location/{lat}/{long}",
        handler=_list_near,
        summary="List the objects near a location",
        tag=OBJECTS.tag,
        description="Objects that have a location, the nearest first.",
        variables=(LATITUDE, LONGITUDE),
        parameters=(RADIUS, *OBJECTS.listing.paging_parameters),
        response=ResponseSpec(
            content=ListOf(document=CUSTOMER_OBJECT), description="The objects within the radius."
        ),
        errors=(INVALID,),
    ),
]

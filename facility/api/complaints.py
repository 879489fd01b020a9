"""Operations on complaints, below `/v2/`: standard operations, assigning, finishing and reopening."""

from django.http import HttpResponse

from backoffice.api.operations import (
    CHANGING,
    COUNT,
    MAY_NOT_CHANGE,
    ListOf,
    ListOperation,
    Operation,
    RequestBodySpec,
    Resource,
    ResponseSpec,
    flag_schema,
    messages_operation,
    nothing_of,
    update_record,
)
from backoffice.api.schema import Document, Property
from backoffice.api.transport import ApiRequest, build_etag, json_response, read_object
from backoffice.directory.api import USER_ID, USERS
from backoffice.mail.customer_mails import RESULT
from facility.api.documents import COMPLAINT
from facility.filters import ComplaintFilters
from facility.models import Complaint

COMPLAINTS = Resource(
    COMPLAINT,
    "complaints",
    "complaint",
    "complaints",
    ListOperation(COMPLAINT, ComplaintFilters, max_limit=1000),
    required=("desc", "objectId"),
    links=("assignComplaint", "resolveComplaint", "reopenComplaint"),
)

ASSIGNMENT = Document(
    Complaint,
    Property("userId", "user"),
    name="Assignment",
    example={"userId": "507f1f77bcf86cd799439014"},
)
REQUIRED_TO_ASSIGN = ("userId",)
MAIL_HEADER = "Caretaker-Mail"
"""The response header with the outcome of the mail to the customer."""
NOT_MAILED = "none"
RESOLUTION = Document(
    Complaint,
    Property("comment"),
    Property("finishImages"),
    Property("complaintResponse", "response"),
    name="Resolution",
    options={"sendEmail": True},
    example={
        "comment": "Pæren er skiftet.",
        "finishImages": ["https://example.dk/billeder/ny-paere.jpg"],
        "sendEmail": True,
        "complaintResponse": "Tak for din besked. Lyset virker igen.",
    },
)
NO_PROPERTIES = nothing_of(COMPLAINT)


def _count_new(call: ApiRequest) -> HttpResponse:
    call.demand("view", Complaint)
    new = Complaint.objects.visible_to(call.actor).filter(complaint_status=Complaint.State.NEW)
    return json_response({"count": new.count()})


def _assign(call: ApiRequest, id: str) -> HttpResponse:
    write = update_record(call, ASSIGNMENT, call.find(Complaint, id), required=REQUIRED_TO_ASSIGN)
    return json_response({"assigned": True}, headers={"ETag": build_etag(write.record)})


def _resolve(call: ApiRequest, id: str) -> HttpResponse:
    complaint = call.find(Complaint, id)
    call.demand("finish", complaint, MAY_NOT_CHANGE)
    body = read_object(call, is_optional=True)
    call.mails_customer = bool(RESOLUTION.option(body[0], "sendEmail"))
    write = update_record(call, RESOLUTION, complaint, body=body, action="finish")
    # Finishing a complaint again is no news for the customer.
    headers = {"ETag": build_etag(write.record), MAIL_HEADER: write.results.get(RESULT, NOT_MAILED)}
    return json_response({"finished": True}, headers=headers)


def _reopen(call: ApiRequest, id: str) -> HttpResponse:
    complaint = call.find(Complaint, id)
    call.demand("reopen", complaint, MAY_NOT_CHANGE)
    write = update_record(call, NO_PROPERTIES, complaint, action="reopen", is_optional=True)
    return json_response({"reopened": True}, headers={"ETag": build_etag(write.record)})


def _assigned_to_user(call: ApiRequest, id: str):
    user = USERS.find(call, id)
    return Complaint.objects.visible_to(call.actor).filter(user=user.pk)


def _list_of_user(call: ApiRequest, id: str) -> HttpResponse:
    return COMPLAINTS.listing.page(call, _assigned_to_user(call, id))


def _count_of_user(call: ApiRequest, id: str) -> HttpResponse:
    return COMPLAINTS.listing.count(call, _assigned_to_user(call, id))


OPERATIONS = [
    COMPLAINTS.list(),
    COMPLAINTS.count(),
    COMPLAINTS.distinct(),
    COMPLAINTS.create(),
    COMPLAINTS.take_next(),
    COMPLAINTS.read(),
    COMPLAINTS.update(),
    COMPLAINTS.delete(),
    messages_operation(COMPLAINTS),
    Operation(
        id="countNewComplaints",
        method="GET",
        path="complaints/countNewEntities",
        handler=_count_new,
        summary="Count new complaints",
        tag=COMPLAINTS.tag,
        response=ResponseSpec(content=COUNT, description="The number of complaints without an assignee."),
    ),
    Operation(
        id="assignComplaint",
        method="POST",
        path="complaints/{id}/assign",
        handler=_assign,
        summary="Assign one complaint to a user",
        tag=COMPLAINTS.tag,
        description="Null removes the assignee.",
        body=RequestBodySpec(document=ASSIGNMENT, required=REQUIRED_TO_ASSIGN),
        response=ResponseSpec(content=flag_schema("assigned"), description="Assigned.", has_etag=True),
        errors=CHANGING,
    ),
    Operation(
        id="resolveComplaint",
        method="POST",
        path="complaints/{id}/resolve",
        handler=_resolve,
        summary="Finish one complaint",
        tag=COMPLAINTS.tag,
        description=(
            "`complaintResponse` is for the customer, `comment` is internal. If the complaint has an address in "
            "`contact.email` and was not finished before, a mail with the response is queued, unless `sendEmail` is "
            "false. The header `Caretaker-Mail` has the result: `queued`, `no address`, `no mail server`, `limited` "
            "(too many mails of the company or about the complaint), or `none` (no mail was necessary)."
        ),
        body=RequestBodySpec(document=RESOLUTION, is_optional=True),
        response=ResponseSpec(content=flag_schema("finished"), description="Finished.", has_etag=True),
        errors=CHANGING,
    ),
    Operation(
        id="reopenComplaint",
        method="POST",
        path="complaints/{id}/reopen",
        handler=_reopen,
        summary="Reopen one finished complaint",
        tag=COMPLAINTS.tag,
        description=(
            "A complaint with an assignee is assigned again; any other is new. A complaint that is not finished does not change."
        ),
        body=RequestBodySpec(document=NO_PROPERTIES, is_optional=True),
        response=ResponseSpec(content=flag_schema("reopened"), description="Reopened.", has_etag=True),
        errors=CHANGING,
    ),
    Operation(
        id="listComplaintsOfUser",
        method="GET",
        path="users/{id}/complaints",
        handler=_list_of_user,
        summary="List the complaints of a user",
        tag=COMPLAINTS.tag,
        description="Complaints assigned to the user.",
        variables=(USER_ID,),
        parameters=COMPLAINTS.listing.parameters,
        response=ResponseSpec(content=ListOf(document=COMPLAINT), description="The complaints that match."),
    ),
    Operation(
        id="countComplaintsOfUser",
        method="GET",
        path="users/{id}/countComplaints",
        handler=_count_of_user,
        summary="Count the complaints of a user",
        tag=COMPLAINTS.tag,
        description="Complaints assigned to the user.",
        variables=(USER_ID,),
        parameters=COMPLAINTS.listing.conditions,
        response=ResponseSpec(content=COUNT, description="The number of complaints that match."),
    ),
]

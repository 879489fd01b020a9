"""The golden calls by the Python clients of openapi-generator (`facility_generated`, `desk_generated`)."""

import json
import os

import desk_generated
import facility_generated
from desk_generated.api.support_cases_api import SupportCasesApi
from desk_generated.models.support_case_update import SupportCaseUpdate
from desk_generated.models.support_case_update_comments_inner import SupportCaseUpdateCommentsInner
from facility_generated.api.complaints_api import ComplaintsApi
from facility_generated.api.uploads_api import UploadsApi
from facility_generated.exceptions import ApiException
from facility_generated.models.complaint_new import ComplaintNew
from facility_generated.models.complaint_new_contact import ComplaintNewContact
from facility_generated.models.complaint_update import ComplaintUpdate
from facility_generated.models.complaint_update_status import ComplaintUpdateStatus

SERVER, KEY, OBJECT, CASE, PICTURE = (
    os.environ[name] for name in ("SERVER", "KEY", "OBJECT", "CASE", "PICTURE")
)
UNKNOWN_ID = "0" * 24


def refusal(call, *arguments) -> tuple[int, dict]:
    """The status and the body of an answer that is an error."""
    try:
        call(*arguments)
    except (ApiException, desk_generated.ApiException) as error:
        return error.status, json.loads(error.body or "")
    raise AssertionError("It was not refused.")


facility = facility_generated.ApiClient(facility_generated.Configuration(host=f"{SERVER}/v2"))
facility.set_default_header("x-API-Key", KEY)
complaints = ComplaintsApi(facility)

made = complaints.create_complaint(
    ComplaintNew(
        desc="Lyset er gået",
        objectId=OBJECT,
        contact=ComplaintNewContact(email="karen@example.dk"),
        tags=["lys"],
    )
)
asked = json.dumps({"key": "_id", "operator": "equals", "value": made.id, "fieldType": "objectid"})
listed = complaints.list_complaints(
    limit=1, object_ids=[OBJECT], sort="number:-1", general_field=asked, var_from="2020-01-01T00:00:00Z"
)
assert [one.id for one in listed] == [made.id]

read = complaints.get_complaint(made.id)
changed = complaints.update_complaint(made.id, ComplaintUpdate(desc="Lyset virker"))
assert changed.desc == "Lyset virker"
stamp = ComplaintUpdateStatus(lastModifiedAt=read.status.last_modified_at)
status, body = refusal(
    complaints.update_complaint, made.id, ComplaintUpdate(desc="Lyset er væk", status=stamp)
)
assert (status, body["errors"][0]["code"]) == (409, "conflict")
status, body = refusal(complaints.create_complaint, ComplaintNew(desc="Lyset", objectId=UNKNOWN_ID))
assert (status, body["errors"][0]["field"]) == (400, "objectId")

sent = UploadsApi(facility).upload_image("complaints", PICTURE)
assert sent.url.startswith("http")

desk = desk_generated.ApiClient(desk_generated.Configuration(host=f"{SERVER}/iptv"))
desk.set_default_header("x-API-Key", KEY)
cases = SupportCasesApi(desk)
page = cases.list_support_cases(limit=1, solved=False)
assert (page.limit, page.support_cases[0].id) == (1, CASE)
case = cases.get_support_case(CASE)
there = [SupportCaseUpdateCommentsInner(comment=one.comment, _id=one.id) for one in case.comments]
comments = [*there, SupportCaseUpdateCommentsInner(comment="Det virker nu")]
commented = cases.update_support_case(CASE, SupportCaseUpdate(comments=comments))
assert len(commented.comments) == len(there) + 1
status, body = refusal(cases.update_support_case, CASE, SupportCaseUpdate(customer=UNKNOWN_ID))
assert status == body["code"] == 422

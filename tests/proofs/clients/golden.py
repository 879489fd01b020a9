"""The golden calls by the clients of openapi-python-client (`facility_client`, `desk_client`)."""

import json
import os
from io import BytesIO
from pathlib import Path

from desk_client import AuthenticatedClient as DeskClient
from desk_client.api.support_cases import get_support_case, list_support_cases, update_support_case
from desk_client.models import Error as DeskError
from desk_client.models import (
    ListSupportCasesResponse200,
    SupportCase,
    SupportCaseUpdate,
    SupportCaseUpdateCommentsItem,
)
from facility_client import AuthenticatedClient
from facility_client.api.complaints import create_complaint, get_complaint, list_complaints, update_complaint
from facility_client.api.uploads import upload_image
from facility_client.models import (
    Complaint,
    ComplaintNew,
    ComplaintNewContact,
    ComplaintUpdate,
    ComplaintUpdateStatus,
    Error,
    ErrorCode,
    UploadImageBody,
    UploadImageResponse200,
)
from facility_client.types import File

SERVER, KEY, OBJECT, CASE, PICTURE = (
    os.environ[name] for name in ("SERVER", "KEY", "OBJECT", "CASE", "PICTURE")
)
facility = AuthenticatedClient(f"{SERVER}/v2", token=KEY)
desk = DeskClient(f"{SERVER}/iptv", token=KEY)

new = ComplaintNew(
    desc="Lyset er gået",
    object_id=OBJECT,
    contact=ComplaintNewContact(email="karen@example.dk"),
    tags=["lys"],
)
made = create_complaint.sync(client=facility, body=new)
assert isinstance(made, Complaint), made
asked = json.dumps({"key": "_id", "operator": "equals", "value": made.field_id, "fieldType": "objectid"})
listed = list_complaints.sync(
    client=facility,
    limit=1,
    object_ids=[OBJECT],
    sort="number:-1",
    general_field=asked,
    from_="2020-01-01T00:00:00Z",
)
assert isinstance(listed, list), listed
assert [one.field_id for one in listed] == [made.field_id]

read = get_complaint.sync(made.field_id, client=facility)
assert isinstance(read, Complaint), read
changed = update_complaint.sync(made.field_id, client=facility, body=ComplaintUpdate(desc="Lyset virker"))
assert isinstance(changed, Complaint), changed
assert changed.desc == "Lyset virker"
stamp = ComplaintUpdateStatus(last_modified_at=read.to_dict()["status"]["lastModifiedAt"])
conflict = update_complaint.sync_detailed(
    made.field_id, client=facility, body=ComplaintUpdate(desc="Lyset er væk", status=stamp)
)
assert conflict.status_code == 409, conflict
assert isinstance(conflict.parsed, Error)
assert conflict.parsed.errors[0].code == ErrorCode.CONFLICT
wrong = create_complaint.sync(client=facility, body=ComplaintNew(desc="", object_id=OBJECT))
assert isinstance(wrong, Error), wrong
assert wrong.errors[0].code == ErrorCode.REQUIRED

picture = File(payload=BytesIO(Path(PICTURE).read_bytes()), file_name="lampe.png", mime_type="image/png")
sent = upload_image.sync("complaints", client=facility, body=UploadImageBody(file=picture))
assert isinstance(sent, UploadImageResponse200), sent

page = list_support_cases.sync(client=desk, limit=1, solved=False)
assert isinstance(page, ListSupportCasesResponse200), page
assert (page.limit, page.support_cases[0].field_id) == (1, CASE)
case = get_support_case.sync(CASE, client=desk)
assert isinstance(case, SupportCase), case
there = [SupportCaseUpdateCommentsItem.from_dict(one.to_dict()) for one in case.comments]
body = SupportCaseUpdate(comments=[*there, SupportCaseUpdateCommentsItem(comment="Det virker nu")])
commented = update_support_case.sync(CASE, client=desk, body=body)
assert isinstance(commented, SupportCase), commented
assert len(commented.comments) == len(there) + 1
odd = update_support_case.sync_detailed(CASE, client=desk, body=SupportCaseUpdate(name=""))
assert isinstance(odd.parsed, DeskError)
assert odd.status_code == odd.parsed.code == 422

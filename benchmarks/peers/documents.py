"""The document of a complaint for django-ninja and FastAPI."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AnyUrl, BaseModel, ConfigDict, Field

Text = Annotated[str, Field(max_length=255)]
COLUMNS = {
    "number": "number", "chatId": "chat_id", "desc": "desc", "roomDescription": "room_description",
    "contactName": "contact_name", "priority": "priority", "images": "images", "userId": "user_id",
    "comment": "comment", "response": "response", "customFields": "custom_fields", "tags": "tags",
}  # fmt: skip


class Contact(BaseModel):
    model_config = ConfigDict(extra="forbid")
    email: Annotated[str, Field(max_length=254, pattern=r"^$|^[^@\s]+@[^@\s]+\.[^@\s]+$")] = ""
    telephone: Text = ""


class ComplaintIn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    number: Annotated[int, Field(ge=1)] = None
    chatId: str | None = None
    desc: Annotated[str, Field(min_length=1)] = None
    roomDescription: Text = None
    contactName: Text = None
    contact: Contact = None
    priority: Annotated[int, Field(ge=1, le=4)] = None
    images: list[AnyUrl] = None
    userId: str | None = None
    comment: str = None
    response: str = None
    customFields: dict[str, Any] | None = None
    tags: list[Annotated[str, Field(max_length=100)]] = None


class Status(BaseModel):
    status: int
    createdAt: datetime
    createdBy: str | None
    lastModifiedAt: datetime
    lastModifiedBy: str | None


class ComplaintOut(BaseModel):
    id: Annotated[str, Field(serialization_alias="_id")]
    number: int
    companyId: str
    status: Status
    chatId: str | None
    desc: str
    roomDescription: str
    contactName: str
    contact: Contact
    priority: int
    images: list[str]
    userId: str | None
    comment: str
    response: str
    customFields: dict[str, Any] | None
    objectId: str
    complaintStatus: str
    assignedDate: datetime | None
    finishedAt: datetime | None
    finishedBy: str | None
    finishImages: list[str]
    tags: list[str]


def document(complaint) -> dict:
    """Return the document of any object that has the columns as attributes."""
    return {
        "id": complaint.id, "number": complaint.number, "companyId": complaint.company_id,
        "status": {
            "status": complaint.status, "createdAt": complaint.created_at, "createdBy": complaint.created_by,
            "lastModifiedAt": complaint.last_modified_at, "lastModifiedBy": complaint.last_modified_by,
        },
        "chatId": complaint.chat_id, "desc": complaint.desc, "roomDescription": complaint.room_description,
        "contactName": complaint.contact_name,
        "contact": {"email": complaint.contact_email, "telephone": complaint.contact_telephone},
        "priority": complaint.priority, "images": complaint.images, "userId": complaint.user_id,
        "comment": complaint.comment, "response": complaint.response, "customFields": complaint.custom_fields,
        "objectId": complaint.object_id, "complaintStatus": complaint.complaint_status,
        "assignedDate": complaint.assigned_date, "finishedAt": complaint.finished_at,
        "finishedBy": complaint.finished_by, "finishImages": complaint.finish_images, "tags": complaint.tags,
    }  # fmt: skip


def columns_of(sent: BaseModel) -> dict:
    """Return the sent values by column."""
    values = sent.model_dump(exclude_unset=True)
    contact = values.pop("contact", {})
    found = {COLUMNS[name]: value for name, value in values.items()}
    if "images" in found:
        found["images"] = [str(address) for address in found["images"]]
    return found | {f"contact_{name}": value for name, value in contact.items()}

"""One valid request for each operation of both interfaces. The records are those of `conftest.make_records`;
the key is Ada's, who has all permissions in her company."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from types import SimpleNamespace

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from backoffice.people.models import ApiKey
from backoffice.people.tests.factories import CustomerFactory
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel, Installation
from backoffice.records.models import ARCHIVED
from facility.tests.factories import CustomerObjectFactory
from tests.support.derived_records import DERIVED, operations_of, sample_body, text_property


@dataclass
class Request:
    """What is sent. `parts` make it multipart."""

    method: str
    url: str
    body: object = None
    parts: dict = field(default_factory=dict)

    def send(self, key: str):
        headers, client = {"x-api-key": key}, Client()
        if self.parts:
            return client.post(self.url, self.parts, headers=headers)
        if self.body is None:
            return client.generic(self.method, self.url, headers=headers)
        return client.generic(
            self.method, self.url, json.dumps(self.body), content_type="application/json", headers=headers
        )


Recipe = Callable[[SimpleNamespace, SimpleNamespace], Request]
"""A function of the cast and the records."""


def crud_requests(
    path: str, record: str, new: dict, change: dict, *, update: str = "PATCH"
) -> dict[str, Recipe]:
    """Return the requests of the usual operations on a record type, by the first word of their ids."""
    return {
        "list": lambda cast, records: Request("GET", path),
        "count": lambda cast, records: Request("GET", f"{path}/count"),
        "lastNumberOf": lambda cast, records: Request("GET", f"{path}/lastNumber"),
        "create": lambda cast, records: Request("POST", path, fill_body(new, records)),
        "get": lambda cast, records: Request("GET", f"{path}/{getattr(records, record).pk}"),
        "update": lambda cast, records: Request(update, f"{path}/{getattr(records, record).pk}", change),
        "delete": lambda cast, records: Request("DELETE", f"{path}/{getattr(records, record).pk}"),
    }


def fill_body(body: dict, records) -> dict:
    """Return the body with `{object}` replaced by the id of that record."""
    return {
        key: getattr(records, value[1:-1]).pk if isinstance(value, str) and value.startswith("{") else value
        for key, value in body.items()
    }


def by_operation_id(words: dict[str, Recipe], one: str, many: str, *names: str) -> dict[str, Recipe]:
    """Return the named ones of the usual requests, by the ids of their operations."""
    plural = {"list", "count", "lastNumberOf"}
    return {f"{name}{many if name in plural else one}": words[name] for name in names}


def request_at(
    path: str, record: str = "", below: str = "", *, method: str = "GET", body: object = None
) -> Recipe:
    """Return a request at the address of a record, or at an address without one."""

    def request(cast, records):
        pk = f"/{getattr(records, record).pk}" if record else ""
        return Request(method, f"{path}{pk}{below}", fill_body(body, records) if body else None)

    return request


def user_request(below: str) -> Recipe:
    return lambda cast, records: Request("GET", f"/v2/users/{cast.alice.pk}{below}")


def customer_request(below: str) -> Recipe:
    return lambda cast, records: Request("GET", f"/v2/customers/{cast.resold.pk}{below}")


def api_key_request(path: str, method: str) -> Recipe:
    """Return a request about Ada's first key: the one that is used."""

    def request(cast, records):
        key = ApiKey.objects.filter(owner_id=cast.ada.pk).earliest("created_at")
        return Request(method, f"{path}/{key.pk}")

    return request


def material_request(cast, records) -> Request:
    services.update(
        records.object,
        {"material": [{"article": records.article.pk, "budget": 1}]},
        actor=Installation(cast.company.pk),
        context=ChangeContext(Channel.COMMAND),
    )
    return Request("PATCH", f"/v2/objects/{records.object.pk}/material/{records.article.pk}/7.5")


def reopen_request(cast, records) -> Request:
    services.update(
        records.complaint,
        {},
        actor=Installation(cast.company.pk),
        context=ChangeContext(Channel.COMMAND),
        action="finish",
    )
    return Request("POST", f"/v2/complaints/{records.complaint.pk}/reopen")


def delete_object_request(cast, records) -> Request:
    place = CustomerObjectFactory(company=cast.company, customer=cast.resold.pk)
    return Request("DELETE", f"/v2/objects/{place.pk}")


def delete_customer_request(cast, records) -> Request:
    return Request("DELETE", f"/v2/customers/{CustomerFactory(company=cast.company, status=ARCHIVED).pk}")


def smallest_png() -> bytes:
    """Return the smallest PNG."""
    written = BytesIO()
    Image.new("RGB", (1, 1)).save(written, "PNG")
    return written.getvalue()


def upload_request(path: str) -> Recipe:
    return lambda cast, records: Request(
        "POST", path, parts={"file": SimpleUploadedFile("tap.png", smallest_png(), content_type="image/png")}
    )


CRUD = ("list", "count", "create", "get", "update", "delete")
KEY = {"name": "nightly", "scopes": ["facility:read"]}
NEAR = "/v2/objects/location/55.6761/12.5683"

RECIPES: dict[str, Recipe] = {
    **by_operation_id(
        crud_requests("/v2/complaints", "complaint", {"desc": "Vandhanen drypper", "objectId": "{object}"}, {"priority": 3}),
        "Complaint", "Complaints", *CRUD,
    ),
    "distinctValuesOfComplaints": request_at("/v2/complaints/distinctValues?field=priority"),
    "countNewComplaints": request_at("/v2/complaints/countNewEntities"),
    "assignComplaint": lambda cast, records: Request(
        "POST", f"/v2/complaints/{records.complaint.pk}/assign", {"userId": cast.alice.pk}
    ),
    "resolveComplaint": request_at("/v2/complaints", "complaint", "/resolve", method="POST", body={"comment": "Ny pakning"}),
    "reopenComplaint": reopen_request,
    "listMessagesOfComplaint": request_at("/v2/complaints", "complaint", "/messages"),
    "commentOnSupportCase": request_at(
        "/iptv/supportcase", "case", "/comments", method="POST", body={"comment": "Stadig intet billede"}
    ),
    "reopenSupportCase": request_at("/iptv/supportcase", "case", "/reopen", method="POST"),
    "listMessagesOfSupportCase": request_at("/iptv/supportcase", "case", "/messages"),
    "takeNextComplaint": request_at("/v2/complaints/takeNext", method="POST"),
    "listComplaintsOfUser": user_request("/complaints"),
    "countComplaintsOfUser": user_request("/countComplaints"),
    **by_operation_id(
        crud_requests("/v2/objects", "object", {"name": "Skolen", "address": {"street": "Søndergade 2"}}, {"rating": 4.5}),
        "Object", "Objects", "list", "count", "lastNumberOf", "create", "get", "update",
    ),
    "deleteObject": delete_object_request,
    "distinctValuesOfObjects": request_at("/v2/objects/distinctValues?field=tags"),
    "getObjectByNumber": lambda cast, records: Request("GET", f"/v2/objects/{records.object.number}/byNumber"),
    "listTagsOfObjects": request_at("/v2/objects/tags"),
    "listAssignedObjectManagers": request_at("/v2/objects/assignedObjectManagers"),
    "listContactsOfObject": request_at("/v2/objects", "object", "/contacts"),
    "listObjectsOfCustomer": customer_request("/objects"),
    "getMaterialOfObject": request_at("/v2/objects", "object", "/material"),
    "addMaterialToObject": request_at(
        "/v2/objects", "object", "/material", method="POST", body={"articleId": "{article}", "budget": 3}
    ),
    "setMaterialBudget": material_request,
    "setLocationOfObject": request_at(
        "/v2/objects", "object", "/location", method="POST", body={"latitude": 55.6761, "longitude": 12.5683}
    ),
    "listObjectsNear": request_at(NEAR),
    **by_operation_id(crud_requests("/v2/articles", "article", {"name": "Sæbe"}, {"unit": "l"}), "Article", "Articles", *CRUD),
    "listUsers": request_at("/v2/users"),
    "getUser": user_request(""),
    **by_operation_id(
        crud_requests("/v2/customers", "", {"name": "Ny Boligforening"}, {}),
        "Customer", "Customers", "list", "count", "lastNumberOf", "create",
    ),
    "getCustomer": customer_request(""),
    "updateCustomer": lambda cast, records: Request("PATCH", f"/v2/customers/{cast.resold.pk}", {"phone": "33 12 00 00"}),
    "deleteCustomer": delete_customer_request,
    **by_operation_id(
        crud_requests("/v2/contacts", "contact", {"email": "karen@example.dk"}, {"role": "Vicevært"}),
        "Contact", "Contacts", *CRUD,
    ),
    **{
        f"{name}{also}": recipe
        for also, path in (("", "/v2/api_key"), ("Also", "/v2/apiKeys"))
        for name, recipe in {
            "listAPIKeys": request_at(path),
            "createAPIKey": request_at(path, method="POST", body=KEY),
            "getAPIKey": api_key_request(path, "GET"),
            "rotateAPIKey": api_key_request(path, "PATCH"),
            "expireAPIKey": api_key_request(path, "DELETE"),
        }.items()
    },
    "uploadImage": upload_request("/v2/upload/images/complaints"),
    **by_operation_id(
        crud_requests("/iptv/supportcase", "case", {"name": "Ingen lyd"}, {"device": "IOS"}, update="POST"),
        "SupportCase", "SupportCases", "list", "create", "get", "update",
    ),
    "takeNextSupportCase": request_at("/iptv/supportcase/takeNext", method="POST"),
    "uploadFile": upload_request("/iptv/upload/files/cases"),
}  # fmt: skip


def derived_recipe(model, word: str, url: str, operation) -> Recipe:
    """Return the request of a usual operation on a derived record."""

    def request(cast, records):
        pk, body = getattr(records, model._meta.model_name).pk, None
        if word == "create":
            body = sample_body(getattr(records, model._meta.model_name))
        elif word == "update":
            name = text_property(model)
            leaf = next(leaf for leaf in operation.body.document.properties if leaf.attribute == name)
            body = {leaf.group: {leaf.key: "Changed"}} if leaf.group else {leaf.key: "Changed"}
        return Request(operation.method, url.replace("{id}", pk), body)

    return request


RECIPES |= {
    operation.id: derived_recipe(model, word, url, operation)
    for model in DERIVED
    for word, (url, operation) in operations_of(model).items()
}

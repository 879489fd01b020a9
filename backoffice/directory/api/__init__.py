"""Operations on users, customers, contacts and API keys, below `/v2/`."""

from dataclasses import dataclass, replace

from django.http import HttpResponse
from django.utils.translation import gettext as _

from backoffice.api.errors import CONFLICT, INVALID, ApiError, ErrorDetail
from backoffice.api.operations import (
    CHANGING,
    MAY_NOT_REMOVE,
    ListOperation,
    Operation,
    Parameter,
    RequestBodySpec,
    Resource,
    ResponseSpec,
    read_record,
    remove_record,
    update_record,
)
from backoffice.api.schema import Document
from backoffice.api.transport import ApiRequest, build_etag, json_response
from backoffice.directory.api.documents import API_KEY, CONTACT, CUSTOMER, USER
from backoffice.directory.filters import ApiKeyFilters, ContactFilters, CustomerFilters, UserFilters
from backoffice.people.models import ApiKey, Customer, User
from backoffice.records.models import ARCHIVED, Entity

NEW_KEY = {
    "type": "object",
    "properties": {
        "key": {
            "type": "string",
            "pattern": r"^ck_[0-9a-f]{10}_[A-Za-z0-9_\-]{43}$",
            "examples": [f"ck_0123456789_{'x' * 43}"],
        }
    },
    "required": ["key"],
    "additionalProperties": False,
}
USER_ID = Parameter(
    name="id",
    schema={"type": "string", "pattern": "^([0-9a-fA-F]{24}|self)$", "examples": ["self"]},
    description="The user's id, or `self`: the user for whom the API key acts.",
)
NO_PROPERTIES = Document(ApiKey, name="Nothing")


@dataclass(frozen=True)
class UserResource(Resource):
    """Users. An API key may always read its owner, as `self` or by id."""

    def find(self, call: ApiRequest, id: str) -> User:
        if id == "self" or id.lower() == call.actor.user_id:
            return call.actor.owner
        return call.find(User, id)

    def read(self) -> Operation:
        description = "`self` in place of the id is the owner of the API key, which every key may read."
        return replace(super().read(), handler=self._read, description=description, variables=(USER_ID,))

    def _read(self, call: ApiRequest, id: str) -> HttpResponse:
        return read_record(call, self.document, self.find(call, id))


@dataclass(frozen=True)
class CustomerResource(Resource):
    """Customers. As in the documented system, only archived ones can be deleted."""

    def delete(self) -> Operation:
        operation = super().delete()
        rule = f"Only an archived customer can be deleted: set `status.status` to {ARCHIVED} first."
        return replace(operation, description=f"{rule} {operation.description}")

    def _delete(self, call: ApiRequest, id: str) -> HttpResponse:
        customer = call.find(Customer, id)
        call.demand("delete", customer, MAY_NOT_REMOVE)
        if problem := customer.deletion_problem():
            raise ApiError(INVALID, details=[ErrorDetail("status.status", problem)])
        return remove_record(call, self.document, customer)


@dataclass(frozen=True)
class ApiKeyResource(Resource):
    """API keys. Only the response that creates a secret contains it."""

    id_suffix: str = ""
    """A suffix of the operation ids, for the same operations at another path."""

    def create(self) -> Operation:
        operation = super().create(
            completing={
                "owner": lambda call, values: call.actor.user_id,
                "name": lambda call, values: _("API key"),
                "scopes": lambda call, values: list(call.actor.scopes),
            },
            is_optional=True,
        )
        response = ResponseSpec(
            content=NEW_KEY,
            status=201,
            description="The key. It is shown once.",
            has_etag=True,
            has_location=True,
        )
        description = (
            "The defaults of `ownerId` and `scopes` are those of the calling key. The new key cannot have scopes that "
            "the calling key does not have, and cannot expire later."
        )
        return replace(operation, description=description, response=response, links={})

    def read(self) -> Operation:
        return replace(super().read(), links={})

    def rotate(self) -> Operation:
        return Operation(
            id="rotateAPIKey",
            method="PATCH",
            path=f"{self.path}/{{id}}",
            handler=self._rotate,
            summary="Generate a new key",
            tag=self.tag,
            description="The previous key is no longer valid.",
            body=RequestBodySpec(document=NO_PROPERTIES, is_optional=True),
            response=ResponseSpec(
                content=NEW_KEY, description="The new key. It is shown once.", has_etag=True
            ),
            errors=CHANGING,
        )

    def expire(self) -> Operation:
        return Operation(
            id="expireAPIKey",
            method="DELETE",
            path=f"{self.path}/{{id}}",
            handler=self._expire,
            summary="Revoke an API key",
            tag=self.tag,
            description="It stays in the list as an expired key.",
            response=ResponseSpec(content=None, status=204, description="Expired."),
            errors=CHANGING,
        )

    def all(self) -> list[Operation]:
        operations = [self.list(), self.create(), self.read(), self.rotate(), self.expire()]
        note = f" (at {self.path})" if self.id_suffix else ""
        return [
            replace(operation, id=operation.id + self.id_suffix, summary=operation.summary + note)
            for operation in operations
        ]

    def _created(self, call, record, id_only):
        return _secret_response(record)

    def _rotate(self, call: ApiRequest, id: str) -> HttpResponse:
        write = update_record(call, NO_PROPERTIES, call.find(ApiKey, id), action="rotate", is_optional=True)
        return _secret_response(write.record)

    def _expire(self, call: ApiRequest, id: str) -> HttpResponse:
        update_record(call, API_KEY, call.find(ApiKey, id), body=({}, {}), action="expire")
        return HttpResponse(status=204)


def _secret_response(record: Entity) -> HttpResponse:
    if not record.secret:
        message = "The first request with this Idempotency-Key created the key, and only its response contained the key."
        raise ApiError(CONFLICT, message)
    headers = {"ETag": build_etag(record), "Cache-Control": "no-store"}
    return json_response({"key": record.secret}, headers=headers)


USERS = UserResource(USER, "users", "user", "users", ListOperation(USER, UserFilters, max_limit=1000))
CUSTOMERS = CustomerResource(
    CUSTOMER,
    "customers",
    "customer",
    "customers",
    ListOperation(CUSTOMER, CustomerFilters, max_limit=1000),
    required=("name",),
)
CONTACTS = Resource(
    CONTACT,
    "contacts",
    "contact",
    "contacts",
    ListOperation(CONTACT, ContactFilters, max_limit=1000),
)
API_KEYS = ApiKeyResource(
    API_KEY,
    "api_key",
    "API key",
    "API keys",
    ListOperation(API_KEY, ApiKeyFilters, max_limit=1000),
)

INTERFACE = "v2"
OPERATIONS = [
    USERS.list(),
    USERS.read(),
    CUSTOMERS.list(),
    CUSTOMERS.count(),
    CUSTOMERS.last_number(),
    CUSTOMERS.create(),
    CUSTOMERS.read(),
    CUSTOMERS.update(),
    CUSTOMERS.delete(),
    CONTACTS.list(),
    CONTACTS.count(),
    CONTACTS.create(),
    CONTACTS.read(),
    CONTACTS.update(),
    CONTACTS.delete(),
    *API_KEYS.all(),
    *replace(API_KEYS, path="apiKeys", id_suffix="Also").all(),
]

"""What the directory offers below `/v2/`: users, customers, contacts, API keys."""

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
    remove_record,
    update_record,
)
from backoffice.api.schema import Document
from backoffice.api.transport import ApiRequest, json_response, tag_of
from backoffice.directory.api.documents import API_KEY, CONTACT, CUSTOMER, USER
from backoffice.directory.filters import ApiKeyFilters, ContactFilters, CustomerFilters, UserFilters
from backoffice.people.models import ApiKey
from backoffice.records.models import PASSIVE, Entity

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
    description="The user's id, or `self`: whom the API key acts for.",
)
NOTHING = Document(ApiKey, name="Nothing")


@dataclass(frozen=True)
class UserResource(Resource):
    """Users. A script may always read whom it acts for, as `self` or by the id."""

    def find(self, call, id):
        if id == "self" or id.lower() == call.actor.user_id:
            return call.actor.owner
        return super().find(call, id)

    def read(self) -> Operation:
        said = "`self` in place of the id is the owner of the API key, whom every key may read."
        return replace(super().read(), description=said, variables=(USER_ID,))


@dataclass(frozen=True)
class CustomerResource(Resource):
    """Customers. As in the documented system, only a passive one is removed."""

    def delete(self) -> Operation:
        usual = super().delete()
        said = f"Only a passive customer is removed: set `status.status` to {PASSIVE} before. {usual.description}"
        return replace(usual, description=said)

    def _delete(self, call: ApiRequest, id: str) -> HttpResponse:
        customer = self.find(call, id)
        call.demand("delete", customer, MAY_NOT_REMOVE)
        if why := customer.deletion_problem():
            raise ApiError(INVALID, details=[ErrorDetail("status.status", why)])
        return remove_record(call, self.document, customer)


@dataclass(frozen=True)
class ApiKeyResource(Resource):
    """API keys. The secret is told when it is made, and never again."""

    other: str = ""
    """Told at the end of the operations' ids, where the same are at another address."""

    def create(self) -> Operation:
        usual = super().create(
            completing={"owner": _caller, "name": _usual_name, "scopes": _scopes_of_caller}, optional=True
        )
        made = ResponseSpec(
            content=NEW_KEY, status=201, description="The key, told this once.", tagged=True, created=True
        )
        said = (
            "Without `ownerId` it acts for whom the calling key acts for, without `scopes` it has those of the calling "
            "key. It can have no scope that the calling key does not have, and does not outlive it."
        )
        return replace(usual, description=said, response=made, links={})

    def read(self) -> Operation:
        return replace(super().read(), links={})

    def rotate(self) -> Operation:
        return Operation(
            id="rotateAPIKey", method="PATCH", path=f"{self.path}/{{id}}", handler=self._rotate, summary="Make a new secret", tag=self.tag,
            description="The key that was valid until now is not any more.",
            body=RequestBodySpec(document=NOTHING, optional=True),
            response=ResponseSpec(content=NEW_KEY, description="The new key, told this once.", tagged=True),
            problems=CHANGING,
        )  # fmt: skip

    def expire(self) -> Operation:
        return Operation(
            id="expireAPIKey", method="DELETE", path=f"{self.path}/{{id}}", handler=self._expire, summary="End the validity of an API key", tag=self.tag,
            description="It stays in the list, as expired.",
            response=ResponseSpec(content=None, status=204, description="Expired."),
            problems=CHANGING,
        )  # fmt: skip

    def all(self) -> list[Operation]:
        """Every operation."""
        operations = [self.list(), self.create(), self.read(), self.rotate(), self.expire()]
        where = f" (at {self.path})" if self.other else ""
        return [
            replace(operation, id=operation.id + self.other, summary=operation.summary + where)
            for operation in operations
        ]

    def _created(self, call, record, id_only):
        return _told_once(record)

    def _rotate(self, call: ApiRequest, id: str) -> HttpResponse:
        draft = update_record(call, NOTHING, self.find(call, id), action="rotate", optional=True)
        return _told_once(draft.record)

    def _expire(self, call: ApiRequest, id: str) -> HttpResponse:
        update_record(call, API_KEY, self.find(call, id), sent=({}, {}), action="expire")
        return HttpResponse(status=204)


def _caller(call: ApiRequest, values: dict) -> str:
    return call.actor.user_id


def _usual_name(call: ApiRequest, values: dict) -> str:
    return _("API key")


def _scopes_of_caller(call: ApiRequest, values: dict) -> list[str]:
    return list(call.actor.scopes)


def _told_once(record: Entity) -> HttpResponse:
    if not record.secret:
        message = "The first request with this Idempotency-Key made the key, which was told that once."
        raise ApiError(CONFLICT, message)
    headers = {"ETag": tag_of(record), "Cache-Control": "no-store"}
    return json_response({"key": record.secret}, headers=headers)


USERS = UserResource(USER, "users", "user", "users", ListOperation(USER, UserFilters, most=1000))
CUSTOMERS = CustomerResource(
    CUSTOMER, "customers", "customer", "customers",
    ListOperation(CUSTOMER, CustomerFilters, most=1000),
    required=("name",),
)  # fmt: skip
CONTACTS = Resource(
    CONTACT, "contacts", "contact", "contacts",
    ListOperation(CONTACT, ContactFilters, most=1000),
)  # fmt: skip
API_KEYS = ApiKeyResource(
    API_KEY, "api_key", "API key", "API keys",
    ListOperation(API_KEY, ApiKeyFilters, most=1000),
)  # fmt: skip

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
    *replace(API_KEYS, path="apiKeys", other="Also").all(),
]

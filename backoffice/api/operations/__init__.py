"""Public names of `backoffice.api.operations`."""

from backoffice.api.operations.base import (
    Interface,
    ListOf,
    Operation,
    Parameter,
    RequestBodySpec,
    ResponseSpec,
)
from backoffice.api.operations.crud import CHANGING, COUNT, Resource, flag_schema
from backoffice.api.operations.lists import ListOperation, documents_of, read_single_value
from backoffice.api.operations.messages import messages_operation
from backoffice.api.operations.record_operations import record_operations
from backoffice.api.operations.records import (
    MAY_NOT_REMOVE,
    answer_with,
    nothing_of,
    read_record,
    remove_record,
    update_record,
)
from backoffice.api.operations.uploads import (
    FACILITY_UPLOADS,
    SUPPORT_DESK_UPLOADS,
    serve_thumbnail,
    serve_upload,
)
from backoffice.api.operations.validation_errors import MAY_NOT_CHANGE, conflict_error, validation_error

__all__ = [
    "CHANGING",
    "COUNT",
    "FACILITY_UPLOADS",
    "MAY_NOT_CHANGE",
    "MAY_NOT_REMOVE",
    "SUPPORT_DESK_UPLOADS",
    "Interface",
    "ListOf",
    "ListOperation",
    "Operation",
    "Parameter",
    "RequestBodySpec",
    "Resource",
    "ResponseSpec",
    "answer_with",
    "conflict_error",
    "documents_of",
    "flag_schema",
    "messages_operation",
    "nothing_of",
    "read_record",
    "read_single_value",
    "record_operations",
    "remove_record",
    "serve_thumbnail",
    "serve_upload",
    "update_record",
    "validation_error",
]

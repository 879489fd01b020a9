"""The operations of the support desk, below `/iptv/`."""

from backoffice.api.operations import ListOperation, Resource, messages_operation
from supportdesk.api.comments import comment_operations
from supportdesk.api.documents import NEW_SUPPORT_CASE, SUPPORT_CASE
from supportdesk.filters import SupportCaseFilters

CASES = Resource(
    SUPPORT_CASE, "supportcase", "support case", "support cases",
    ListOperation(SUPPORT_CASE, SupportCaseFilters, max_limit=500, has_general_field=False, name="supportCases"),
    required=("name",), creation_document=NEW_SUPPORT_CASE,
)  # fmt: skip

INTERFACE = "iptv"
# The system documents no 201: all successful requests respond with 200 and the document.
OPERATIONS = [
    CASES.list(),
    CASES.create(status=200),
    CASES.take_next(),
    CASES.read(),
    CASES.update(method="POST"),
    *comment_operations(CASES),
    messages_operation(CASES),
]

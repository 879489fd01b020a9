from permits.models import Permit

from backoffice.api.operations import record_operations

INTERFACE = "v2"
OPERATIONS = record_operations(Permit, "permits")

"""The two API interfaces. An app's module `api` names the interface of its `OPERATIONS` in `INTERFACE`, as a prefix."""

from backoffice.api.dialects import PLAND, TELECOMX
from backoffice.api.operations import FACILITY_UPLOADS, SUPPORT_DESK_UPLOADS, Interface, Operation
from backoffice.records.app_modules import import_modules


def operations_of_apps(prefix: str) -> list[Operation]:
    """Return the operations that the apps declare for an interface."""
    modules = (module for module in import_modules("api") if getattr(module, "INTERFACE", "") == prefix)
    return [operation for module in modules for operation in module.OPERATIONS]


FACILITY = Interface(PLAND, "v2", "Caretaker: facility", [*operations_of_apps("v2"), *FACILITY_UPLOADS])
SUPPORT_DESK = Interface(
    TELECOMX, "iptv", "Caretaker: support desk", [*operations_of_apps("iptv"), *SUPPORT_DESK_UPLOADS]
)

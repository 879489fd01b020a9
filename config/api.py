"""The two API interfaces, composed of the operations of the apps."""

import backoffice.directory.api
import facility.api
import supportdesk.api
from backoffice.api.dialects import PLAND, TELECOMX
from backoffice.api.operations import FACILITY_UPLOADS, SUPPORT_DESK_UPLOADS, Interface

FACILITY = Interface(
    PLAND,
    "v2",
    "Caretaker: facility",
    [*facility.api.OPERATIONS, *backoffice.directory.api.OPERATIONS, *FACILITY_UPLOADS],
)
SUPPORT_DESK = Interface(
    TELECOMX,
    "iptv",
    "Caretaker: support desk",
    [*supportdesk.api.OPERATIONS, *SUPPORT_DESK_UPLOADS],
)

"""The two documented systems, put together from what each desk offers."""

import backoffice.directory.api
import facility.api
import supportdesk.api
from backoffice.api.dialects import PLAND, TELECOMX
from backoffice.api.operations import uploads
from backoffice.api.operations.base import Interface

FACILITY = Interface(
    PLAND,
    "v2",
    "Caretaker: facility",
    [*facility.api.OPERATIONS, *backoffice.directory.api.OPERATIONS, *uploads.FACILITY_OPERATIONS],
)
SUPPORT_DESK = Interface(
    TELECOMX,
    "iptv",
    "Caretaker: support desk",
    [*supportdesk.api.OPERATIONS, *uploads.SUPPORT_DESK_OPERATIONS],
)

"""Facility's addresses below `/v2/`."""

from backoffice.api.dialect import PLAND
from backoffice.api.endpoint import both_slashes
from backoffice.api.records import record_endpoint
from facility.documents import COMPLAINT, CUSTOMER_OBJECT

urlpatterns = [
    *both_slashes("complaints/<str:id>", record_endpoint(PLAND, COMPLAINT, update="PATCH")),
    *both_slashes("objects/<str:id>", record_endpoint(PLAND, CUSTOMER_OBJECT, update="PATCH")),
]

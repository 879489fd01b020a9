"""The support desk's addresses below `/iptv/`."""

from backoffice.api.dialect import TELECOMX
from backoffice.api.endpoint import both_slashes
from backoffice.api.records import record_endpoint
from supportdesk.documents import SUPPORT_CASE

urlpatterns = both_slashes("supportcase/<str:id>", record_endpoint(TELECOMX, SUPPORT_CASE, update="POST"))

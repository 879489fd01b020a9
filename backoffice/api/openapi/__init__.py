"""Public names of `backoffice.api.openapi`."""

from backoffice.api.openapi.document import openapi_view
from backoffice.api.openapi.reference import reference_urls

__all__ = [
    "openapi_view",
    "reference_urls",
]

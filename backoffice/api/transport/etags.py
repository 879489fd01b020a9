"""Conditional requests (RFC 9110, section 13). The ETag of a document is its version."""

import re

from django.http import HttpRequest
from django.utils.http import parse_etags
from django.utils.translation import gettext as _

from backoffice.api.errors import STALE_VERSION, ApiError
from backoffice.records.models import Entity

PRECONDITIONS = frozenset({"HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH"})
_VERSION = re.compile(r'"([0-9]{1,18})"')


class PreconditionFailed(Exception):
    """If-Match does not name the current version. `seen_version` is the newest earlier version that it
    names, if any."""

    def __init__(self, seen_version: int | None):
        self.seen_version = seen_version
        super().__init__("stale")


def build_etag(record: Entity) -> str:
    """Return the strong entity tag of the document."""
    return f'"{record.version}"'


def pinned_version(request: HttpRequest, record: Entity) -> int | None:
    """Return the version that If-Match requires, or None. Raises PreconditionFailed if it is not the current
    one, and ApiError 412 if no version can match: the header has no tag, or the current one as a weak tag."""
    if (header := request.META.get("HTTP_IF_MATCH")) is None:
        return None
    tags = parse_etags(header)
    if tags == ["*"]:
        return None
    if not tags:
        message = _('If-Match must be an ETag with its quotation marks, such as "7", or *.')
        raise ApiError(STALE_VERSION, message)
    if build_etag(record) in tags:
        return record.version
    if f"W/{build_etag(record)}" in tags:
        message = _(
            "A weak ETag (W/…) never matches If-Match. Send the tag as the server sent it, without W/."
        )
        raise ApiError(STALE_VERSION, message)
    versions = [int(match[1]) for tag in tags if (match := _VERSION.fullmatch(tag))]
    raise PreconditionFailed(
        max((version for version in versions if 0 < version < record.version), default=None)
    )


def matches_if_none_match(request: HttpRequest, record: Entity) -> bool:
    """Whether If-None-Match names the current version, by weak comparison."""
    if (header := request.META.get("HTTP_IF_NONE_MATCH")) is None:
        return False
    tags = parse_etags(header)
    return tags == ["*"] or build_etag(record) in [tag.removeprefix("W/") for tag in tags]

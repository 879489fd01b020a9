"""Conditional requests (RFC 9110, section 13). The ETag of a document is its version."""

import re

from django.http import HttpRequest
from django.utils.http import parse_etags

from backoffice.records.models import Entity

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
    one."""
    if (sent := request.META.get("HTTP_IF_MATCH")) is None:
        return None
    tags = parse_etags(sent)
    if tags == ["*"]:
        return None
    if build_etag(record) in tags:  # a weak tag (W/"7") never matches here
        return record.version
    versions = [int(match[1]) for tag in tags if (match := _VERSION.fullmatch(tag))]
    raise PreconditionFailed(
        max((version for version in versions if 0 < version < record.version), default=None)
    )


def matches_if_none_match(request: HttpRequest, record: Entity) -> bool:
    """Whether If-None-Match names the current version, by weak comparison."""
    if (sent := request.META.get("HTTP_IF_NONE_MATCH")) is None:
        return False
    tags = parse_etags(sent)
    return tags == ["*"] or build_etag(record) in [tag.removeprefix("W/") for tag in tags]

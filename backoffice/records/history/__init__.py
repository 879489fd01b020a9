"""The public names of `backoffice.records.history`."""

from backoffice.records.history.access_log import log_secret_access, secret_properties
from backoffice.records.history.entries import (
    ChangeDescription,
    HistoryEntry,
    describe_action,
    describe_action_on_page,
    list_entries,
    resolve_path,
)
from backoffice.records.history.formatting import (
    ReferenceNames,
    columns_by_value,
    format_age,
    format_day,
    format_entry,
    format_members,
    format_moment,
    format_value,
    local_time,
    shorten,
    unknown_name,
)
from backoffice.records.history.versions import (
    changes_since,
    entries_visible_to,
    history_of,
    record_at,
    record_types_visible_to,
    state_at,
    version_at,
)

__all__ = [
    "ChangeDescription",
    "HistoryEntry",
    "ReferenceNames",
    "changes_since",
    "columns_by_value",
    "describe_action",
    "describe_action_on_page",
    "entries_visible_to",
    "format_age",
    "format_day",
    "format_entry",
    "format_members",
    "format_moment",
    "format_value",
    "history_of",
    "list_entries",
    "local_time",
    "log_secret_access",
    "record_at",
    "record_types_visible_to",
    "resolve_path",
    "secret_properties",
    "shorten",
    "state_at",
    "unknown_name",
    "version_at",
]

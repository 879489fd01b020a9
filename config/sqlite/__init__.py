"""SQLite as Django speaks it, but for how moments are read (`base`)."""

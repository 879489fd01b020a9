"""Changing many records at once: each by itself, through `records.change`, and accounted for one by one."""

"""Bulk edits: changes of many records, each written separately by the write service, with an outcome of its
own."""

"""Moving all data from one database to another, of the same or another kind: `manage.py move_data FROM_URL
TO_URL`.

Two worker processes, one per database, each have their own settings (on MongoDB, Django's own tables have
other primary keys). The command passes rows between them as plain values.
"""

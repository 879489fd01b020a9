"""Moving everything from one database to another, of whatever kind: `manage.py move_data FROM_URL TO_URL`.

Two worker processes, one for each database, each with the settings of its own (Django's own tables have other keys
on MongoDB than elsewhere). The command stands between them, and hands rows from one to the other as plain values.
"""

"""A list of a hundred records has four hundred moments. For each, Django's own asks the settings whether there are time
zones, and the moment twice whether it has one, which was a sixth of the list's time."""

from datetime import datetime

from django.db.backends.sqlite3 import base, operations


class DatabaseOperations(operations.DatabaseOperations):
    def convert_datetimefield_value(self, value, expression, connection):
        if isinstance(value, datetime) and value.tzinfo is None:
            return value.replace(tzinfo=connection.timezone)
        return super().convert_datetimefield_value(value, expression, connection)


class DatabaseWrapper(base.DatabaseWrapper):
    ops_class = DatabaseOperations

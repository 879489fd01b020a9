"""Path converters."""

from django.urls import register_converter
from django.urls.converters import StringConverter


class ObjectIdConverter(StringConverter):
    """24 hexadecimal digits in either case, passed to the view in lower case."""

    regex = "[0-9a-fA-F]{24}"

    def to_python(self, value):
        return value.lower()


register_converter(ObjectIdConverter, "objectid")

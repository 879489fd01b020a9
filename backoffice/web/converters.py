"""Path converters."""

from django.urls import register_converter


class ObjectIdConverter:
    """24 hexadecimal digits in either case, passed to the view in lower case."""

    regex = "[0-9a-fA-F]{24}"

    def to_python(self, value):
        return value.lower()

    def to_url(self, value):
        return value


register_converter(ObjectIdConverter, "objectid")

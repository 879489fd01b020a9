"""Messages of conversations in the documents of exports and imports."""

from backoffice.api.schema.fields import NestedList, Property, Shape


def message_list(name: str, *more: Property) -> NestedList:
    """Return the list of the messages of one kind; `more` are properties that not all kinds have."""
    shape = Shape(
        "Message",
        Property("_id", "id"),
        Property("text"),
        Property("date"),
        Property("author"),
        Property("authorName"),
        *more,
        Property("files"),
        Property("editedAt"),
    )
    return NestedList(name, shape=shape)

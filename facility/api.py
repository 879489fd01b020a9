"""What facility offers below `/v2/`."""

from backoffice.api.listing import Listing
from backoffice.api.resources import Resource
from facility.documents import ARTICLE, COMPLAINT, CUSTOMER_OBJECT
from facility.filters import ArticleFilters, ComplaintFilters, CustomerObjectFilters

COMPLAINTS = Resource(
    COMPLAINT, "complaints", "complaint", "complaints",
    Listing(COMPLAINT, ComplaintFilters, most=1000),
    required=("desc", "objectId"),
)  # fmt: skip
OBJECTS = Resource(
    CUSTOMER_OBJECT, "objects", "object", "objects",
    Listing(CUSTOMER_OBJECT, CustomerObjectFilters, most=1000),
    required=("address",),
)  # fmt: skip
ARTICLES = Resource(
    ARTICLE, "articles", "article", "articles",
    Listing(ARTICLE, ArticleFilters, most=1000),
    required=("name",),
)  # fmt: skip

OPERATIONS = [
    COMPLAINTS.list(),
    COMPLAINTS.count(),
    COMPLAINTS.distinct(),
    COMPLAINTS.create(),
    COMPLAINTS.read(),
    COMPLAINTS.update(),
    COMPLAINTS.delete(),
    OBJECTS.list(),
    OBJECTS.count(),
    OBJECTS.distinct(),
    OBJECTS.last_number(),
    OBJECTS.read(),
    OBJECTS.update(),
    OBJECTS.delete(),
    ARTICLES.list(),
    ARTICLES.count(),
    ARTICLES.create(),
    ARTICLES.read(),
    ARTICLES.update(),
    ARTICLES.delete(),
]

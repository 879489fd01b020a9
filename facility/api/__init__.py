"""The operations of facility, below `/v2/`."""

from backoffice.api.operations import ListOperation, Resource
from facility.api import complaints, locations, material, objects
from facility.api.documents import ARTICLE
from facility.filters import ArticleFilters

ARTICLES = Resource(
    ARTICLE,
    "articles",
    "article",
    "articles",
    ListOperation(ARTICLE, ArticleFilters, max_limit=1000),
    required=("name",),
)

INTERFACE = "v2"
OPERATIONS = [
    *complaints.OPERATIONS,
    *objects.OPERATIONS,
    *material.OPERATIONS,
    *locations.OPERATIONS,
    ARTICLES.list(),
    ARTICLES.count(),
    ARTICLES.create(),
    ARTICLES.read(),
    ARTICLES.update(),
    ARTICLES.delete(),
]

"""What facility offers below `/v2/`."""

from backoffice.api.listing import Listing
from backoffice.api.resources import Resource
from facility import api_complaints, api_material, api_objects, api_places
from facility.documents import ARTICLE
from facility.filters import ArticleFilters

ARTICLES = Resource(
    ARTICLE, "articles", "article", "articles",
    Listing(ARTICLE, ArticleFilters, most=1000),
    required=("name",),
)  # fmt: skip

OPERATIONS = [
    *api_complaints.OPERATIONS,
    *api_objects.OPERATIONS,
    *api_material.OPERATIONS,
    *api_places.OPERATIONS,
    ARTICLES.list(),
    ARTICLES.count(),
    ARTICLES.create(),
    ARTICLES.read(),
    ARTICLES.update(),
    ARTICLES.delete(),
]

"""Which records an actor sees: the queryset that every list, page, endpoint, export and lookup begins with."""

from typing import TYPE_CHECKING, Self, TypeVar

from django.db import models

from backoffice.db.annotations import Rows
from backoffice.db.search import filter_by_words
from backoffice.records.actors import Actor

if TYPE_CHECKING:
    from backoffice.records.models import Entity


FoundT = TypeVar("FoundT", bound="Entity", covariant=True)


class EntityQuerySet(models.QuerySet[FoundT]):
    """Begin with `visible_to(actor)`, whatever the channel."""

    restricts_staff = False
    """Whether `restrict_for` also restricts the company's own staff."""

    def mark_whole_companies(self, companies: tuple[str, ...] | None) -> Self:
        """Return the same rows, marked as containing all rows of these companies, so that the search index may
        be queried. None: of all companies."""
        rows = self.all()
        rows.query.whole_companies = companies  # type: ignore[attr-defined]  # clones of a query keep attributes
        return rows

    def visible_to(self, actor: Actor) -> Self:
        """Return the rows that exist for this actor. Other rows must look as if they did not exist."""
        visible = actor.scope(self)
        if names := self.model.sort_key_names:
            visible = visible.all() if visible is self else visible
            visible.query.add_deferred_loading(names)
        return visible

    def restrict_for(self, actor: Actor) -> Self:
        """Restrict a company's rows for people from outside (a customer's people): to none, unless a model
        overrides this. Models may restrict them for others, too."""
        return self.none() if actor.customer_id else self

    def search(self, text: str) -> Rows:
        """Return the rows that have, in their searched properties, a word that begins with each word of
        `text` (its first 200 characters). May make a query."""
        return filter_by_words(self, text)

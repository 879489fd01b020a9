"""Which records an actor sees: the queryset that every list, page, endpoint, export and lookup begins with."""

from django.db import models

from backoffice.db.search import filter_by_words
from backoffice.records.actors import Actor


class EntityQuerySet(models.QuerySet):
    """Begin with `visible_to(actor)`, whatever the channel."""

    restricts_staff = False
    """Whether `restrict_for` also restricts the company's own staff."""

    whole_companies: tuple[str, ...] | None = ()
    """Ids of companies of which the actor may see all rows: the search index of these may be queried. None:
    all companies."""

    def _clone(self):
        clone = super()._clone()
        clone.whole_companies = self.whole_companies
        return clone

    def mark_whole_companies(self, companies: tuple[str, ...] | None):
        """Return the same rows, marked as containing all rows of these companies."""
        clone = self._chain()
        clone.whole_companies = companies
        return clone

    def visible_to(self, actor: Actor):
        """Return the rows that exist for this actor. Other rows must look as if they did not exist."""
        visible = actor.scope(self)
        if names := self.model.sort_key_names:
            visible = visible._chain() if visible is self else visible
            visible.query.add_deferred_loading(names)
        return visible

    def restrict_for(self, actor: Actor):
        """Restrict a company's rows for people from outside (a customer's people): to none, unless a model
        overrides this. Models may restrict them for others, too."""
        return self.none() if actor.customer_id else self

    def search(self, text: str):
        """Return the rows that have, in their searched properties, a word that begins with each word of
        `text` (its first 200 characters). May make a query."""
        return filter_by_words(self, text)

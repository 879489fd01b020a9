"""The records that reference fields offer to one person."""

from django.db import models

from backoffice.records.models import Entity
from backoffice.records.naming import are_many, called


class Choices:
    """The records that reference fields offer: what the actor may see of the company, asked for once a form."""

    def __init__(self, actor, company_id: str | None):
        self.actor = actor
        self.company_id = company_id
        self._found: dict[type[models.Model], list[tuple[str, str]]] = {}
        self._many: dict[type[models.Model], bool] = {}
        self._names: dict[tuple[type[models.Model], str], str] = {}

    def are_many(self, model: type[models.Model]) -> bool:
        """Whether there are too many to look through."""
        if model not in self._many:
            self._many[model] = issubclass(model, Entity) and are_many(self.rows(model))
        return self._many[model]

    def name_of(self, model: type[Entity], pk: str) -> str:
        """What means a record that is chosen now, whether it would be offered or not."""
        if (model, pk) not in self._names:
            self.read_names(model, {pk})
        return self._names.get((model, pk), pk)

    def read_names(self, model: type[Entity], ids: set[str]) -> None:
        """Read the names of several, of which each is going to be asked for, at once."""
        for record in model._base_manager.filter(pk__in=ids):
            self._names[model, record.pk] = called(record)

    def of(
        self, model: type[models.Model], chosen: str | None = None, blank: bool = True
    ) -> list[tuple[str, str]]:
        """(id, name) of each, with what is chosen now even if it would not be offered any more."""
        if model not in self._found:
            self._found[model] = self._offered(model)
        offered = self._found[model]
        if chosen and chosen not in {pk for pk, _name in offered}:
            present = model._base_manager.filter(pk=chosen).first()
            offered = [*offered, (chosen, str(present) if present else chosen)]
        return [("", "—"), *offered] if blank else offered

    def _offered(self, model):
        rows = self.rows(model)
        if issubclass(model, Entity):
            rows = model.only_named(rows)
        return sorted(((row.pk, str(row)) for row in rows), key=lambda choice: choice[1].casefold())

    def rows(self, model: type[models.Model]) -> models.QuerySet:
        """All that there is to choose from."""
        rows = model._default_manager.all()
        if issubclass(model, Entity):
            rows = rows.visible_to(self.actor)
            names = {field.name for field in model._meta.fields}
            if "company" in names and self.company_id:
                rows = rows.filter(company_id=self.company_id)
            if "is_active" in names:
                rows = rows.filter(is_active=True)
        return rows

"""Options of reference fields."""

from django.db import models

from backoffice.records import identify
from backoffice.records.history import unknown_name
from backoffice.records.identify import describe_uniquely, has_too_many_for_menu, sort_choices
from backoffice.records.models import Entity
from backoffice.records.properties import UserChoices


class ReferenceOptions:
    """The options of a form's reference fields: the company's records that the actor may see, queried once
    per form."""

    def __init__(self, actor, company_id: str | None):
        self.actor = actor
        self.company_id = company_id
        self._options: dict[tuple, list[tuple[str, str]]] = {}
        self._many: dict[tuple, bool] = {}
        self._names: dict[tuple[type[models.Model], str], str] = {}

    def are_many(self, field: models.ForeignKey) -> bool:
        """Return whether there are too many options for a select box. (Users are read in the same query,
        because finding those who hold the permission is the expensive part.)"""
        model, holders = key = options_key(field)
        if key not in self._many:
            self._many[key] = issubclass(model, Entity) and (
                has_too_many_for_menu(self.rows(model))
                if holders is None
                else len(self._read_options(key, identify.MENU_LENGTH + 1)) > identify.MENU_LENGTH
            )
        return self._many[key]

    def name_of(self, model: type[Entity], pk: str) -> str:
        """Return the unique name of the current record, whether it is an option or not."""
        if (model, pk) not in self._names:
            self.read_names(model, {pk})
        return self._names.get((model, pk)) or unknown_name()

    def read_names(self, model: type[Entity], ids: set[str]) -> None:
        """Cache the names of several records with one query, for later calls of `name_of`."""
        for record in self._with_visible_names(model).filter(pk__in=ids):
            self._names[model, record.pk] = describe_uniquely(record)

    def options_for(
        self, field: models.ForeignKey, chosen: str | None = None, blank: bool = True
    ) -> list[tuple[str, str]]:
        """Return the options as (id, name), including the current value even if it is no longer an option."""
        model, _holders = key = options_key(field)
        options = self._options.get(key) or self._read_options(key)
        if chosen and chosen not in {pk for pk, _name in options}:
            present = self._with_visible_names(model).filter(pk=chosen).first()
            options = [*options, (chosen, str(present) if present else unknown_name())]
        return [("", "—"), *options] if blank else options

    def _with_visible_names(self, model: type[models.Model]) -> models.QuerySet:
        """Return the records whose names the actor may see."""
        return model.names_visible_to(self.actor) if issubclass(model, Entity) else model._base_manager.all()

    def _read_options(self, key: tuple, limit: int | None = None) -> list[tuple[str, str]]:
        model, _holders = key
        rows = self.rows(*key)
        if issubclass(model, Entity):
            rows = model.only_name_columns(rows)
        options = sort_choices([(row.pk, str(row)) for row in rows[:limit]], self.actor)
        self._options[key] = options
        return options

    def rows(self, model: type[models.Model], holders: UserChoices | None = None) -> models.QuerySet:
        """Return the records to choose from; of users, only those whom `holders` accepts."""
        rows = model._default_manager.all()
        if issubclass(model, Entity):
            rows = rows.visible_to(self.actor)
            names = {field.name for field in model._meta.fields}
            if "company" in names and self.company_id:
                rows = rows.filter(company_id=self.company_id)
            if "is_active" in names:
                rows = rows.filter(is_active=True)
        return rows if holders is None else rows.eligible_for(holders, self.actor)


def options_key(field: models.ForeignKey) -> tuple[type[models.Model], UserChoices | None]:
    """Return what determines the options of a field: the model, and for users the restriction."""
    return field.related_model, getattr(field, "holders", None)

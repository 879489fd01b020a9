"""Who may do what: permissions held through groups, within a company, and per property."""

from django.db import models

from backoffice.records.models import Entity


class PersonRights:
    """The rights of a user, as `records` asks for them (`records.actors.Actor`)."""

    @property
    def user_id(self):
        return self.pk

    @property
    def history_name(self):
        return self.get_full_name()

    def may(self, action, target, property=None):
        if not self.is_active:
            return False
        model = target if isinstance(target, type) else type(target)
        record = None if isinstance(target, type) else target
        if record is not None and not self._is_mine(record):
            return False
        if property is None:
            return self.has_perm(model.permission(action)) or (
                record is not None and record.allows(action, self)
            )
        prop = model.properties[property]
        if prop.guard is None:
            return True
        if self.has_perm(prop.guard.permission):
            return True
        if record is None or not prop.guard.or_user:
            return False
        named = getattr(record, prop.guard.or_user)
        # A record in the making is its maker's until it names somebody else.
        return named == self.pk or (named is None and record._state.adding)

    def _is_mine(self, record: Entity) -> bool:
        """Whether the record is of this person's company. (What a reseller sees of it is for `scope` to say.)"""
        owner = record.home_company_id()
        return self.is_superuser or owner is None or owner == self.company_id

    def scope(self, queryset: models.QuerySet) -> models.QuerySet:
        if not self.is_active:
            return queryset.none()
        names = {field.name for field in queryset.model._meta.fields}
        if not self.is_superuser:
            if "company" in names:
                queryset = queryset.filter(company_id=self.company_id) if self.company_id else queryset.none()
            else:
                queryset = queryset.filter(pk=self.company_id)
        return queryset.narrowed(self)

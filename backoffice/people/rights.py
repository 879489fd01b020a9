"""The rights of users: permissions through groups, within a company, and per property."""

from functools import cache
from typing import TypeVar

from django.contrib.auth import get_user_model
from django.db import models

from backoffice.db.queries import CompiledQuery
from backoffice.records.languages import default_language
from backoffice.records.models import Entity, Record

Found = TypeVar("Found", bound=models.Model)
QuerySetT = TypeVar("QuerySetT", bound=models.QuerySet)


class PersonRightsMixin:
    """The rights of a user: the `records.actors.Actor` protocol."""

    @property
    def user_id(self):
        return self.pk

    @property
    def history_name(self):
        return self.get_full_name()

    @property
    def company_language(self) -> str:
        return self.company.language if self.company_id else default_language()

    def may(self, action, target, property=None):
        if not self.can_sign_in:
            return False
        model = target if isinstance(target, type) else type(target)
        record = None if isinstance(target, type) else target
        if record is not None and not self._is_of_own_company(record):
            return False
        if property is None:
            if action == "add" and record is None and not self.company_id and issubclass(model, Record):
                return False  # the record would belong to no company
            return self.has_perm(model.permission(action)) or (
                record is not None and record.allows(action, self)
            )
        prop = model.properties[property]
        if (
            action != "view"
            and prop.change_permissions
            and not any(map(self.has_perm, prop.change_permissions))
        ):
            return False
        if prop.guard is None:
            return True
        if not prop.guard.permission:
            return self.customer_id is None
        if self.has_perm(prop.guard.permission):
            return True
        if record is None or not prop.guard.or_user:
            return False
        named_user = getattr(record, prop.guard.or_user)
        # An unsaved record belongs to its creator until it names another user.
        return named_user == self.pk or (named_user is None and record._state.adding)

    def _is_of_own_company(self, record: Entity) -> bool:
        """Return whether the record belongs to this user's company. (`scope` decides what a reseller sees of
        it.)"""
        owner = record.home_company_id()
        return self.is_superuser or owner is None or owner == self.company_id

    def scope(self, queryset: QuerySetT) -> QuerySetT:
        if not self.can_sign_in:
            return queryset.none()
        if not self.is_superuser:
            if hasattr(queryset.model, "company_id"):
                queryset = queryset.filter(company_id=self.company_id) if self.company_id else queryset.none()
            else:
                queryset = queryset.filter(pk=self.company_id)
        return self._searchable(queryset.restrict_for(self))

    def _searchable(self, rows: models.QuerySet) -> models.QuerySet:
        """Allow index search on the rows if this user may see everything that the index contains."""
        if (
            getattr(rows, "restricts_staff", True)
            or self.customer_id
            or not (self.is_superuser or self.company_id)
        ):
            return rows
        return rows.mark_whole_companies(None if self.is_superuser else (self.company_id,))

    def holds_all_of(self, user) -> bool:
        """Return whether this user may see and do all that another user may, or could when reactivated: scope
        (company, customer) and permissions."""
        return (
            (self.is_superuser or (not user.is_superuser and self.company_id == user.company_id))
            and self.customer_id in (None, user.customer_id)
            and self.has_perms(user.permissions_when_active())
        )

    def find_visible(self, model: type[Found], pk: str) -> Found | None:
        visible = model.objects.all()
        if self._is_insider() and not visible.restricts_staff:
            return next(iter(_compile_lookup(model)(self.company_id, pk)), None)
        return visible.visible_to(self).filter(pk=pk).first()

    def _is_insider(self) -> bool:
        """Return whether the user is one of the company's own staff: their company alone decides which
        records they see."""
        return bool(self.can_sign_in and not self.is_superuser and self.company_id and not self.customer_id)


@cache
def _compile_lookup(model: type[Entity]) -> CompiledQuery:
    """Return the query for a record by its company and id, as the company's own staff sees it."""

    def select(company_id: str, pk: str) -> models.QuerySet:
        staff = get_user_model()(company_id=company_id)
        return model.objects.visible_to(staff).filter(pk=pk).order_by()

    return CompiledQuery(select)

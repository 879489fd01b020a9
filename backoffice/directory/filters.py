"""Filters of customers, contacts, users and API keys."""

import django_filters
from django.contrib.auth.models import Group
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from backoffice.db.compat import subquery_ids
from backoffice.lists import query_params
from backoffice.lists.filters import (
    RecordFilterSet,
    RecordStatusFilter,
    ReferenceFilter,
    UserFilter,
    YesNoFilter,
)
from backoffice.people.models import Customer, User
from backoffice.people.roles import role_label


def has_brought_customers() -> Q:
    brought = Customer.objects.exclude(parent_reseller=None).order_by()
    return Q(pk__in=subquery_ids(brought.values("parent_reseller_id").distinct()))


class CustomerFilters(RecordFilterSet):
    reseller = ReferenceFilter(
        "parent_reseller",
        Customer,
        label=_("Reseller"),
        empty_label=_("Any reseller"),
        restriction=has_brought_customers,
    )
    record = RecordStatusFilter()

    main_filters = ("reseller", "record")
    query_params = {
        **query_params.ids_and_status("Customers"),
        "name": query_params.WordsParameter(
            "name", description="Customers that have these words in their name."
        ),
        "search": query_params.SearchParameter("Customers"),
    }


class ContactFilters(RecordFilterSet):
    customer = ReferenceFilter("customer", Customer, label=_("Customer"), empty_label=_("Any customer"))
    record = RecordStatusFilter()

    main_filters = ("customer", "record")
    query_params = {
        **query_params.ids_and_status("Contacts"),
        "customerIds": query_params.ids("customer", "Contacts at one of these customers."),
        "name": query_params.WordsParameter(
            "first_name", "last_name", description="Contacts that have these words in their name."
        ),
        "search": query_params.SearchParameter("Contacts"),
    }


class RoleChoiceField(django_filters.fields.ModelChoiceField):
    """A choice of roles by their labels."""

    def label_from_instance(self, obj):
        return role_label(obj.name)


class RoleFilter(django_filters.ModelChoiceFilter):
    """Users with a role, by the role's name."""

    field_class = RoleChoiceField

    def __init__(self):
        super().__init__(
            "groups",
            label=_("Role"),
            empty_label=_("Any role"),
            queryset=Group.objects.order_by("name"),
            to_field_name="name",
        )

    def filter(self, queryset, value):
        if value is None:
            return queryset
        return queryset.filter(
            pk__in=subquery_ids(User.groups.through.objects.filter(group=value).values("user_id"))
        )


class UserFilters(RecordFilterSet):
    active = YesNoFilter(
        "is_active",
        label=pgettext_lazy("account", "Status"),
        empty_label=_("Active and inactive"),
        yes=_("Active"),
        no=_("Inactive"),
    )
    role = RoleFilter()

    main_filters = ("active", "role")
    query_params = {
        **query_params.ids_and_status("Users"),
        "name": query_params.WordsParameter(
            "username", "first_name", "last_name", description="Users that have these words in their name."
        ),
        "search": query_params.SearchParameter("Users"),
    }


class ApiKeyFilters(RecordFilterSet):
    owner = UserFilter("owner", User, label=_("Owner"), empty_label=_("Any owner"))

    main_filters = ("owner",)
    query_params = {
        **query_params.ids_and_status("API keys"),
    }

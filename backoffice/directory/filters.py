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
    SearchFilter,
    UserFilter,
    YesNoFilter,
)
from backoffice.people.models import ApiKey, Contact, Customer, User
from backoffice.people.roles import role_label


def has_brought_customers() -> Q:
    brought = Customer.objects.exclude(parent_reseller=None).order_by()
    return Q(pk__in=subquery_ids(brought.values("parent_reseller_id").distinct()))


class CustomerFilters(RecordFilterSet):
    q = SearchFilter()
    reseller = ReferenceFilter(
        "parent_reseller",
        Customer,
        label=_("Reseller"),
        any_label=_("Any reseller"),
        restriction=has_brought_customers,
    )
    record = RecordStatusFilter()

    main_filters = ("reseller", "record")
    query_params = {
        "ids": query_params.ids("pk", "Customers with one of these ids."),
        "status": query_params.numbers("status", "Customers whose `status.status` is one of these."),
        "name": query_params.WordsParameter(
            "name", description="Customers that have these words in their name."
        ),
        "search": query_params.SearchParameter(
            description="Customers that have, somewhere, a word beginning with each of these."
        ),
    }

    class Meta:
        model = Customer
        fields = ()


class ContactFilters(RecordFilterSet):
    q = SearchFilter()
    customer = ReferenceFilter("customer", Customer, label=_("Customer"), any_label=_("Any customer"))
    record = RecordStatusFilter()

    main_filters = ("customer", "record")
    query_params = {
        "ids": query_params.ids("pk", "Contacts with one of these ids."),
        "status": query_params.numbers("status", "Contacts whose `status.status` is one of these."),
        "customerIds": query_params.ids("customer", "Contacts at one of these customers."),
        "name": query_params.WordsParameter(
            "first_name", "last_name", description="Contacts that have these words in their name."
        ),
        "search": query_params.SearchParameter(
            description="Contacts that have, somewhere, a word beginning with each of these."
        ),
    }

    class Meta:
        model = Contact
        fields = ()


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
    q = SearchFilter()
    active = YesNoFilter(
        "is_active",
        label=pgettext_lazy("account", "Status"),
        any_label=_("Active and inactive"),
        yes=_("Active"),
        no=_("Inactive"),
    )
    role = RoleFilter()

    main_filters = ("active", "role")
    query_params = {
        "ids": query_params.ids("pk", "Users with one of these ids."),
        "status": query_params.numbers("status", "Users whose `status.status` is one of these."),
        "name": query_params.WordsParameter(
            "username", "first_name", "last_name", description="Users that have these words in their name."
        ),
        "search": query_params.SearchParameter(
            description="Users that have, somewhere, a word beginning with each of these."
        ),
    }

    class Meta:
        model = User
        fields = ()


class ApiKeyFilters(RecordFilterSet):
    q = SearchFilter()
    owner = UserFilter("owner", User, label=_("Owner"), any_label=_("Any owner"))

    main_filters = ("owner",)
    query_params = {
        "ids": query_params.ids("pk", "API keys with one of these ids."),
        "status": query_params.numbers("status", "API keys whose `status.status` is one of these."),
    }

    class Meta:
        model = ApiKey
        fields = ()

"""Base classes of all admin pages: only our own history is logged, lists are scoped and need a constant
number of queries, and records that are not visible to the user are 404."""

from django.contrib import admin
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Prefetch
from django.http import Http404
from django.template.response import TemplateResponse
from django.utils.functional import Promise

from backoffice.admin.changelists import StrictChangeList
from backoffice.admin.filters import VisibleReferenceFilter
from backoffice.admin.groups import ROWS, AdminGroup
from backoffice.admin.patches import MissingObjectMixin
from backoffice.admin.saved_messages import SavedMessagesMixin
from backoffice.db.compat import subquery_ids
from backoffice.db.search import MAX_SEARCH_LENGTH, fold, split_words
from backoffice.records.models import Entity

_LOOKUPS = ("", "__exact", "__isnull", "__id__exact", "__within")


class BaseAdmin(SavedMessagesMixin, MissingObjectMixin, admin.ModelAdmin):
    """Base class of all admin classes."""

    view_on_site = False
    show_facets = admin.ShowFacets.NEVER
    show_full_result_count = False
    list_select_related = ()  # referenced records are prefetched instead
    list_per_page = 50
    group: AdminGroup | None = None
    """The heading on the index; that of the app by default."""
    summary: str | Promise = ""
    """What administrators do here, in a phrase for the index."""
    with_company = False
    """Whether rows have a company, to be shown to users who see several."""

    class Media:
        js = ("autocomplete.js",)

    def rows(self, request):
        """Return the rows that are visible to the user."""
        raise NotImplementedError

    def get_queryset(self, request):
        shown = [name for name in self.get_list_display(request) if is_reference(self.model, name)]
        rows = self.rows(request).prefetch_related(*(self._prefetch(request, name) for name in shown))
        ordering = self.get_ordering(request)
        return rows.order_by(*ordering) if ordering else rows

    def _prefetch(self, request, name: str) -> Prefetch:
        """Return the prefetch of a reference, restricted to records whose name the user may see."""
        target = self.model._meta.get_field(name).related_model
        queryset = target.names_visible_to(request.user) if issubclass(target, Entity) else None
        return Prefetch(name, queryset)

    def get_list_display(self, request):
        names = super().get_list_display(request)
        return [*names, "company"] if self.with_company and request.user.is_superuser else names

    def get_list_filter(self, request):
        filters = super().get_list_filter(request)
        return (
            [*filters, ("company", VisibleReferenceFilter)]
            if self.with_company and request.user.is_superuser
            else filters
        )

    def get_search_results(self, request, queryset, search_term):
        """Search for every word, ignoring case and accents, as elsewhere."""
        text = search_term[:MAX_SEARCH_LENGTH]
        for name in self.search_fields:
            if name == "search_text":
                queryset = queryset.search(text)
                continue
            by_words = name.endswith("__search_text")
            for word in split_words(text) if by_words else fold(text).split():
                queryset = queryset.filter(**{f"{name}__contains": f" {word}" if by_words else word})
        return queryset, False

    def lookup_allowed(self, lookup, value, request=None):
        """Allow only lookups that a filter offers: any other could reveal properties that the list does not
        show."""
        for item in self.get_list_filter(request):
            name = (
                item if isinstance(item, str) else item[0] if isinstance(item, tuple) else item.parameter_name
            )
            if lookup in {name + suffix for suffix in _LOOKUPS}:
                return True
        return False

    def get_changelist(self, request, **kwargs):
        return StrictChangeList

    def to_field_allowed(self, request, to_field):
        """Allow only the id: the response to a pop-up would reveal any other field."""
        return to_field == self.opts.pk.name

    def log_change(self, request, *args):
        """Log nothing: records have their own history."""

    log_addition = log_deletions = log_change

    def render_page(self, request, template: str, title: str, **context) -> TemplateResponse:
        """Render an additional page in the admin layout."""
        request.current_app = self.admin_site.name
        common = {
            **self.admin_site.each_context(request),
            "title": title,
            "subtitle": None,
            "opts": self.opts,
        }
        return TemplateResponse(request, template, common | context)


def is_reference(model, name) -> bool:
    try:
        return isinstance(name, str) and model._meta.get_field(name).many_to_one
    except FieldDoesNotExist:
        return False


class ReadOnlyAdmin(BaseAdmin):
    """Rows that are written elsewhere and only shown."""

    actions = None
    list_display_links = None
    change_form_template = "admin/form_without_history.html"

    def has_add_permission(self, request, obj=None):
        return False

    has_change_permission = has_delete_permission = has_add_permission

    def has_module_permission(self, request):
        return self.has_view_permission(request)

    def get_fields(self, request, obj=None):
        return self.fields or [field.name for field in self.opts.concrete_fields if not field.primary_key]

    def history_view(self, request, object_id, extra_context=None):
        """Rows that are only read have no history."""
        raise Http404


class ChildRowAdmin(ReadOnlyAdmin):
    """Child rows of records (`records.models.Row`): users who see the record see its rows."""

    group = ROWS
    list_display = ("__str__", "record")
    list_display_links = ("__str__",)

    def __init__(self, model, admin_site):
        super().__init__(model, admin_site)
        self.path, self.owner = "record", model._meta.get_field("record").related_model
        while not issubclass(self.owner, Entity):
            self.path += "__record"
            self.owner = self.owner._meta.get_field("record").related_model
        self.search_fields = (f"{self.path}__search_text",)

    def rows(self, request):
        visible = self.owner.objects.visible_to(request.user)
        return self.model._default_manager.filter(**{f"{self.path}__in": subquery_ids(visible.values("pk"))})

    def has_view_permission(self, request, obj=None):
        return request.user.may("view", self.owner)

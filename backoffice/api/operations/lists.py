"""List operations: filters, sorting, pages, counts and distinct values of documents."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial

from django.core.exceptions import ValidationError
from django.http import HttpResponse, QueryDict
from django.utils.translation import gettext as _

from backoffice.api import error_codes
from backoffice.api.errors import FORBIDDEN, INVALID, ApiError, ErrorDetail
from backoffice.api.operations.base import Parameter
from backoffice.api.operations.general_field import ANY_TYPE, CONTAINS, ORDERED, GeneralField
from backoffice.api.schema.documents import Document
from backoffice.api.schema.json_types import encode_value
from backoffice.api.transport.request_body import parameter_value
from backoffice.api.transport.views import MAY_NOT_SEE, ApiRequest, json_response
from backoffice.db.annotations import JsonObject, Rows
from backoffice.db.compat import slice_rows, subquery_ids
from backoffice.lists.filters import RecordFilterSet
from backoffice.lists.query_params import whole_number
from backoffice.records.fields import ObjectIdField, sort_key
from backoffice.records.languages import company_language
from backoffice.records.models import Entity

GENERAL, SORT, LIMIT, OFFSET = "generalField", "sort", "limit", "offset"
NO_FILTERS = {GENERAL, SORT, LIMIT, OFFSET}
GENERAL_DESCRIPTION = (
    "One condition on any other property, as a JSON object: `key` is the path of the property, `operator` one of "
    f"{', '.join(f'`{operator}`' for operator in (*ANY_TYPE, CONTAINS, *ORDERED))}, as far as the type of "
    "the property supports it, and `value` the value to compare with: a list for `in` and `not_in`, no value for "
    "`exists` and `not_exists`."
)
GENERAL_EXAMPLE = {"key": "status.createdAt", "operator": "greater_equal", "value": "2026-01-01T00:00:00Z"}
NEWEST_FIRST = "status.createdAt:-1"
A_FEW = 10
DEFAULT_LIMIT = 100
LARGEST_OFFSET = 2**31 - 1
MAX_SORT_KEYS = 5


@dataclass(frozen=True)
class ListOperation:
    """The list operations of one type of document. `filters` is the FilterSet whose parameters scripts may
    use; `has_general_field` enables `generalField`, `is_sortable` enables `sort`; `name` is the key of the
    documents in a page, in the dialect that responds with pages, and `max_limit` the largest `limit`."""

    document: Document
    filters: type[RecordFilterSet]
    max_limit: int
    has_general_field: bool = True
    is_sortable: bool = True
    name: str = ""

    @cached_property
    def general_field(self) -> GeneralField:
        return GeneralField(self.document)

    @cached_property
    def conditions(self) -> tuple[Parameter, ...]:
        """The query parameters that filter."""
        parameters = [
            Parameter(
                name=name, schema=item.schema, description=item.description, many=item.many, key=item.key
            )
            for name, item in self.filters.query_params.items()
        ]
        if self.has_general_field:
            schema = {**self.general_field.schema, "examples": [GENERAL_EXAMPLE]}
            parameters.append(
                Parameter(name=GENERAL, schema=schema, description=GENERAL_DESCRIPTION, json=True)
            )
        return tuple(parameters)

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """All query parameters of the list."""
        parameters = list(self.conditions)
        if self.is_sortable:
            one = f"({'|'.join(re.escape(path) for path in self.document.scalars)}):(1|-1)"
            description = (
                "What to sort by: `number:1,status.createdAt:-1`; 1 is upwards, -1 downwards. Also a JSON object "
                '`{"by": "number", "direction": 1}`. Ties are sorted by `_id`.'
            )
            more = f"(,{one}){{0,{MAX_SORT_KEYS - 1}}}"
            schema = {"type": "string", "pattern": f"^{one}{more}$", "examples": [self._sort_example]}
            parameters.append(Parameter(name=SORT, schema=schema, description=description))
        return (*parameters, *self.paging_parameters)

    @property
    def _sort_example(self) -> str:
        scalars = self.document.scalars
        return NEWEST_FIRST if NEWEST_FIRST.partition(":")[0] in scalars else f"{next(iter(scalars))}:-1"

    @cached_property
    def paging_parameters(self) -> tuple[Parameter, ...]:
        """The query parameters that select a page."""
        limit = {"type": "integer", "minimum": 1, "maximum": self.max_limit, "default": DEFAULT_LIMIT}
        limit["examples"] = [A_FEW]
        offset = {"type": "integer", "minimum": 0, "maximum": LARGEST_OFFSET, "default": 0}
        return (
            Parameter(name=LIMIT, schema=limit, description="The maximum number of documents."),
            Parameter(name=OFFSET, schema=offset, description="The number of documents to skip."),
        )

    def filter(self, call: ApiRequest, base_queryset: Rows | None = None) -> Rows:
        """Return the records that the actor may see and that match the query parameters, in order. Raises
        ApiError with every invalid parameter."""
        call.demand("view", self.document.model)
        visible = (
            self.document.model.objects.visible_to(call.actor) if base_queryset is None else base_queryset
        )
        params, queryset = call.request.GET, visible
        details: list[ErrorDetail] = []
        if params.keys() - NO_FILTERS:  # building the FilterSet is expensive
            self._check_rights(call)
            filters = self.filters(params, visible, actor=call.actor, by_script=True)
            for name, errors in filters.form.errors.as_data().items():
                details += [ErrorDetail.from_error(name, error) for error in errors]
            queryset = filters.qs if not details else visible
        if self.has_general_field and GENERAL in params:
            try:
                queryset = self.general_field.parse(read_single_value(params, GENERAL))(queryset, call.actor)
            except ValidationError as error:
                details.append(ErrorDetail.from_error(GENERAL, error))
        order: list[str] = []
        try:
            order = self._order(params)
        except ValidationError as error:
            details.append(ErrorDetail.from_error(SORT, error))
        details += self.paging(params)[1]
        if details:
            raise ApiError(INVALID, details=details)
        return queryset.order_by(*order)

    def _check_rights(self, call: ApiRequest) -> None:
        """Raise ApiError for filters by properties that the actor may not see."""
        model, details = self.document.model, []
        for name, item in self.filters.query_params.items():
            if name in call.request.GET and not model.shows_values_to(call.actor, item.field_name):
                guard = model.properties[item.field_name].guard
                more = {"permission": guard.permission} if guard and guard.permission else {}
                details.append(ErrorDetail(name, str(MAY_NOT_SEE), error_codes.NOT_ALLOWED, more))
        if details:
            raise ApiError(FORBIDDEN, details=details)

    def page(self, call: ApiRequest, base_queryset: Rows | None = None) -> HttpResponse:
        """Return a page of documents in the dialect's format."""
        queryset = self.filter(call, base_queryset)
        (limit, offset), _details = self.paging(call.request.GET)
        documents = documents_of(call, self.document, slice_rows(queryset, offset, offset + limit))
        if self.name:
            total = queryset.count()
            return json_response({OFFSET: offset, LIMIT: limit, "total": total, self.name: documents})
        return json_response(documents)

    def count(self, call: ApiRequest, base_queryset: Rows | None = None) -> HttpResponse:
        """Return `{"count": …}`."""
        return json_response({"count": self.filter(call, base_queryset).count()})

    def distinct(self, call: ApiRequest, path: str) -> HttpResponse:
        """Return the distinct values of a property except empty ones, sorted."""
        column = self.document.scalars.get(path)
        rows = self.document.plain_lists.get(path)
        records = self.filter(call).order_by()
        if column is not None:
            name, field = column.field.attname, column.field
            values = records.values_list(name, flat=True).distinct()
        elif rows is not None:
            (name,) = rows.fields
            name, field = rows.columns()[name].field.attname, rows.columns()[name].field
            entries = rows.model._base_manager.filter(record_id__in=subquery_ids(records.values("pk")))
            values = entries.order_by().values_list(name, flat=True).distinct()
        else:
            raise _no_such_path("field", path)
        found = [value for value in values if value not in (None, "")]
        is_text = not field.is_relation and not isinstance(field, ObjectIdField)
        if is_text and found and isinstance(found[0], str):
            found.sort(key=partial(sort_key, language=company_language(call.actor.company_id)))
        else:
            found.sort()
        return json_response([encode_value(field, value, call.dialect) for value in found])

    @property
    def distinct_paths(self) -> list[str]:
        """The paths that `distinct` accepts."""
        return [*self.document.scalars, *self.document.plain_lists]

    def paging(self, params: QueryDict) -> tuple[tuple[int, int], list[ErrorDetail]]:
        """Return the requested limit and offset, and the errors in them."""
        details: list[ErrorDetail] = []
        values: list[int] = []
        for name, default, least, most in (
            (LIMIT, DEFAULT_LIMIT, 1, self.max_limit),
            (OFFSET, 0, 0, LARGEST_OFFSET),
        ):
            value = default
            if name in params:
                try:
                    value = whole_number(read_single_value(params, name))
                except ValidationError as error:
                    details.append(ErrorDetail.from_error(name, error))
                if not least <= value <= most:
                    message = _("Enter a value from %(least)s to %(most)s.") % {"least": least, "most": most}
                    details.append(ErrorDetail(name, message, error_codes.OUT_OF_RANGE))
            values.append(value)
        return (values[0], values[1]), details

    def _order(self, params: QueryDict) -> list[str]:
        order: list[str] = []
        for path, direction in self._parse_sort(params) if self.is_sortable else []:
            column = self.document.scalars.get(path)
            if column is None:
                raise ValidationError(
                    _("The list cannot be sorted by “%(path)s”.") % {"path": path[:100]}, code="choice"
                )
            if len(order) == MAX_SORT_KEYS:
                raise ValidationError(
                    _("Sort by at most %(most)s properties.") % {"most": MAX_SORT_KEYS}, code="too_many"
                )
            name = getattr(column.field, "sort_name", "") or column.field.attname
            order.append(f"{'-' if direction == -1 else ''}{name}")
        return [*order, "id"]

    def _parse_sort(self, params: QueryDict) -> list[tuple[str, int]]:
        order: list[tuple[str, int]] = []
        for text in params.getlist(SORT):
            if text.startswith(("{", "[")):
                order += _parse_json_sort(text)
                continue
            for entry in text.split(","):
                path, colon, direction = entry.partition(":")
                if colon and direction not in ("1", "-1"):
                    raise ValidationError(_("Enter a sort order such as number:1 or number:-1."))
                order.append((path, int(direction or 1)))
        return order


def documents_of(call: ApiRequest, document: Document, records: Sequence[Entity]) -> list[JsonObject]:
    """Serialize records, and record in the access log that their secrets were read."""
    if document.has_secrets:
        call.log_secret_access(records)
    return document.serialize_records(records, call.actor, call.dialect)


def _parse_json_sort(text: str) -> list[tuple[str, int]]:
    parsed = parameter_value(text)
    entries = parsed if isinstance(parsed, list) else [parsed]
    order: list[tuple[str, int]] = []
    for entry in entries:
        sent = entry if isinstance(entry, dict) else {}
        path, direction = sent.get("by"), sent.get("direction", 1)
        is_known = direction in (1, -1) and not isinstance(direction, bool)
        if not isinstance(path, str) or not is_known or sent.keys() - {"by", "direction"}:
            raise ValidationError(_('Enter a sort order such as {"by": "number", "direction": 1}.'))
        order.append((path, int(direction)))
    return order


def read_single_value(params: QueryDict, name: str) -> str:
    """Return the text of a parameter that must not be repeated. Raises ValidationError."""
    values = params.getlist(name)
    if len(values) > 1:
        raise ValidationError(_("Enter this only once."), code="twice")
    return values[0]


def _no_such_path(parameter: str, path: str) -> ApiError:
    message = _("“%(path)s” has no values to list.") % {"path": path[:100]}
    return ApiError(INVALID, details=[ErrorDetail(parameter, message, error_codes.INVALID_CHOICE)])

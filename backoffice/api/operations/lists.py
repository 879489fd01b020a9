"""Lists of documents: the documented filters, sorting and pages; how many there are; what values they have."""

import re
from dataclasses import dataclass
from functools import cached_property, partial

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.utils.translation import gettext as _

from backoffice.api import error_codes
from backoffice.api.errors import INVALID, ApiError, ErrorDetail
from backoffice.api.operations.base import Parameter
from backoffice.api.operations.general_field import ANY_TYPE, CONTAINS, ORDERED, GeneralField
from backoffice.api.schema.documents import Document
from backoffice.api.schema.json_types import answered
from backoffice.api.transport.parsing import parameter_value
from backoffice.api.transport.views import ApiRequest, json_response
from backoffice.db.compat import slice_rows, subquery_ids
from backoffice.lists.filters import RecordFilterSet
from backoffice.lists.query_params import whole_number
from backoffice.records.fields import ObjectIdField, sort_key
from backoffice.records.history import log_readings
from backoffice.records.languages import company_language
from backoffice.records.models import Entity

GENERAL, SORT, LIMIT, OFFSET = "generalField", "sort", "limit", "offset"
NO_FILTERS = {GENERAL, SORT, LIMIT, OFFSET}
GENERAL_SAYS = (
    "One condition on any other property, as a JSON object: `key` is the path of the property, `operator` one of "
    f"{', '.join(f'`{operator}`' for operator in (*ANY_TYPE, CONTAINS, *ORDERED))}, as far as the property's type "
    "knows it, and `value` what to compare with: a list for `in` and `not_in`, nothing for `exists` and `not_exists`."
)
GENERAL_EXAMPLE = {"key": "status.createdAt", "operator": "greater_equal", "value": "2026-01-01T00:00:00Z"}
NEWEST_FIRST = "status.createdAt:-1"
A_FEW = 10
DEFAULT_LIMIT = 100
LARGEST_OFFSET = 2**31 - 1
MOST_SORTED_BY = 5


@dataclass(frozen=True)
class ListOperation:
    """How one kind of document is listed. The `filters` are the FilterSet's by the names that scripts ask with;
    `general` says whether `generalField` is understood, `sorted` whether `sort` is; `name` is what a page calls
    its documents, in the dialect that answers pages, and `most` the longest page."""

    document: Document
    filters: type[RecordFilterSet]
    most: int
    general: bool = True
    sorted: bool = True
    name: str = ""

    @cached_property
    def general_field(self) -> GeneralField:
        return GeneralField(self.document)

    @cached_property
    def conditions(self) -> tuple[Parameter, ...]:
        """The query parameters that say which documents."""
        found = [
            Parameter(
                name=name, schema=item.schema, description=item.description, many=item.many, key=item.key
            )
            for name, item in self.filters.asked.items()
        ]
        if self.general:
            schema = {**self.general_field.schema, "examples": [GENERAL_EXAMPLE]}
            found.append(Parameter(name=GENERAL, schema=schema, description=GENERAL_SAYS, json=True))
        return tuple(found)

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """All query parameters of the list."""
        found = list(self.conditions)
        if self.sorted:
            one = f"({'|'.join(re.escape(path) for path in self.document.scalars)}):(1|-1)"
            description = (
                "What to sort by: `number:1,status.createdAt:-1`; 1 is upwards, -1 downwards. Also a JSON object "
                '`{"by": "number", "direction": 1}`. Ties are sorted by `_id`.'
            )
            more = f"(,{one}){{0,{MOST_SORTED_BY - 1}}}"
            schema = {"type": "string", "pattern": f"^{one}{more}$", "examples": [self._usual_order]}
            found.append(Parameter(name=SORT, schema=schema, description=description))
        return (*found, *self.paging_parameters)

    @property
    def _usual_order(self) -> str:
        """An example of what to sort by."""
        scalars = self.document.scalars
        return NEWEST_FIRST if NEWEST_FIRST.partition(":")[0] in scalars else f"{next(iter(scalars))}:-1"

    @cached_property
    def paging_parameters(self) -> tuple[Parameter, ...]:
        """Those that say which page."""
        limit = {"type": "integer", "minimum": 1, "maximum": self.most, "default": DEFAULT_LIMIT}
        limit["examples"] = [A_FEW]
        offset = {"type": "integer", "minimum": 0, "maximum": LARGEST_OFFSET, "default": 0}
        return (
            Parameter(name=LIMIT, schema=limit, description="How many documents at most."),
            Parameter(
                name=OFFSET, schema=offset, description="How many documents to leave out at the beginning."
            ),
        )

    def found(self, call: ApiRequest, among: QuerySet | None = None) -> QuerySet:
        """The records that the caller may see and asks for. Raises a Problem that names every parameter that
        was not understood."""
        call.demand("view", self.document.model)
        everything = self.document.model.objects.visible_to(call.actor) if among is None else among
        given, offences, queryset = call.request.GET, [], everything
        if given.keys() - NO_FILTERS:  # making them takes a tenth of what a list does
            filters = self.filters(given, everything, actor=call.actor, by_script=True)
            for name, errors in filters.form.errors.as_data().items():
                offences += [ErrorDetail.of(name, error) for error in errors]
            queryset = filters.qs if not offences else everything
        if self.general and GENERAL in given:
            try:
                queryset = self.general_field.read(load_once(given, GENERAL))(queryset, call.actor)
            except ValidationError as error:
                offences.append(ErrorDetail.of(GENERAL, error))
        order = []
        try:
            order = self._order(given)
        except ValidationError as error:
            offences.append(ErrorDetail.of(SORT, error))
        offences += self.paging(given)[1]
        if offences:
            raise ApiError(INVALID, offences=offences)
        return queryset.order_by(*order)

    def page(self, call: ApiRequest, among: QuerySet | None = None) -> HttpResponse:
        """A page of the documents, as the dialect answers lists."""
        queryset = self.found(call, among)
        (limit, offset), _offences = self.paging(call.request.GET)
        documents = documents_of(call, self.document, slice_rows(queryset, offset, offset + limit))
        if self.name:
            total = queryset.count()
            return json_response({OFFSET: offset, LIMIT: limit, "total": total, self.name: documents})
        return json_response(documents)

    def count(self, call: ApiRequest, among: QuerySet | None = None) -> HttpResponse:
        """`{"count": …}`"""
        return json_response({"count": self.found(call, among).count()})

    def distinct(self, call: ApiRequest, path: str) -> HttpResponse:
        """The different values of a property, empty ones left out, in order."""
        column = self.document.scalars.get(path)
        rows = self.document.plain_lists.get(path)
        records = self.found(call).order_by()
        if column is not None:
            name, field = column.field.attname, column.field
            values = records.values_list(name, flat=True).distinct()
        elif rows is not None:
            (name,) = rows.fields
            name, field = rows.columns()[name].field.attname, rows.columns()[name].field
            of_them = rows.model._base_manager.filter(record_id__in=subquery_ids(records.values("pk")))
            values = of_them.order_by().values_list(name, flat=True).distinct()
        else:
            raise _no_such_path("field", path)
        told = [value for value in values if value not in (None, "")]
        is_text = not field.is_relation and not isinstance(field, ObjectIdField)
        if is_text and told and isinstance(told[0], str):
            told.sort(key=partial(sort_key, language=company_language(call.actor.company_id)))
        else:
            told.sort()
        return json_response([answered(field, value, call.dialect) for value in told])

    @property
    def distinct_paths(self) -> list[str]:
        """What `distinct` can be asked for."""
        return [*self.document.scalars, *self.document.plain_lists]

    def paging(self, given: QueryDict) -> tuple[tuple[int, int], list[ErrorDetail]]:
        """The limit and the offset that were asked for, and what is wrong with how."""
        offences, values = [], []
        for name, default, least, most in (
            (LIMIT, DEFAULT_LIMIT, 1, self.most),
            (OFFSET, 0, 0, LARGEST_OFFSET),
        ):
            value = default
            # The same conditions are also counted by, and a count has no pages.
            if name in given:
                try:
                    value = whole_number(load_once(given, name))
                except ValidationError as error:
                    offences.append(ErrorDetail.of(name, error))
                if not least <= value <= most:
                    said = _("This must be from %(least)s to %(most)s.") % {"least": least, "most": most}
                    offences.append(ErrorDetail(name, said, error_codes.OUT_OF_RANGE))
            values.append(value)
        return (values[0], values[1]), offences

    def _order(self, given: QueryDict) -> list[str]:
        order = []
        for path, direction in self._asked_order(given) if self.sorted else []:
            column = self.document.scalars.get(path)
            if column is None:
                raise ValidationError(
                    _("“%(path)s” cannot be sorted by.") % {"path": path[:100]}, code="choice"
                )
            if len(order) == MOST_SORTED_BY:
                raise ValidationError(
                    _("Sort by %(most)s properties at most.") % {"most": MOST_SORTED_BY}, code="too_many"
                )
            name = getattr(column.field, "sort_name", "") or column.field.attname
            order.append(f"{'-' if direction == -1 else ''}{name}")
        return [*order, "id"]

    def _asked_order(self, given: QueryDict) -> list[tuple[str, int]]:
        asked = []
        for text in given.getlist(SORT):
            if text.startswith(("{", "[")):
                asked += _order_of_json(text)
                continue
            for entry in text.split(","):
                path, colon, direction = entry.partition(":")
                if colon and direction not in ("1", "-1"):
                    raise ValidationError(_("Write number:1 or number:-1."))
                asked.append((path, int(direction or 1)))
        return asked


def documents_of(call: ApiRequest, document: Document, records: list[Entity]) -> list[dict]:
    """The documents of some records; that their secrets were read is written down."""
    if document.has_secrets:
        log_readings(records, call.actor, call.via)
        call.request.shows_secrets = True
    return document.of_many(records, call.actor, call.dialect)


def _order_of_json(text: str) -> list[tuple[str, int]]:
    parsed = parameter_value(text)
    entries = parsed if isinstance(parsed, list) else [parsed]
    found = []
    for entry in entries:
        path = entry.get("by") if isinstance(entry, dict) else None
        direction = entry.get("direction", 1) if isinstance(entry, dict) else None
        known = isinstance(path, str) and direction in (1, -1) and not isinstance(direction, bool)
        if not known or entry.keys() - {"by", "direction"}:
            raise ValidationError(_('Write {"by": "number", "direction": 1}.'))
        found.append((path, int(direction)))
    return found


def load_once(given: QueryDict, name: str) -> str:
    """The text of a parameter that may be given once."""
    values = given.getlist(name)
    if len(values) > 1:
        raise ValidationError(_("Give this once."), code="twice")
    return values[0]


def _no_such_path(parameter: str, path: str) -> ApiError:
    said = _("“%(path)s” has no values that could be listed.") % {"path": path[:100]}
    return ApiError(INVALID, offences=[ErrorDetail(parameter, said, error_codes.INVALID_CHOICE)])

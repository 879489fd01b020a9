"""Validation of documents of an import, with all errors as in API responses."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import BinaryIO

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from backoffice.api.errors import ApiError, ErrorDetail
from backoffice.api.operations import conflict_error, validation_error
from backoffice.api.schema import ParsedBody
from backoffice.api.transport import find_unstorable, parse_object
from backoffice.exchange.exportables import Exportable, exportable_for
from backoffice.exchange.extended_json import unwrap
from backoffice.exchange.models import ImportRun
from backoffice.exchange.staging import StagedDocument, StagingDatabase
from backoffice.people.models import Company
from backoffice.records import services
from backoffice.records.actors import Actor
from backoffice.records.exceptions import Conflict, Forbidden
from backoffice.records.fields import now
from backoffice.records.models import Entity
from backoffice.records.properties import ElementsProperty
from backoffice.records.services import PlannedWrite, ReferenceResolver, forbidden_properties

COMPANIES = "companies"
MAX_CACHED_REFERENCES = 10_000
"""The maximum number of cached references."""


@dataclass(frozen=True)
class ImportFile:
    """A file of documents of one type. `name` is its name in reports."""

    subject: Exportable
    name: str
    file: BinaryIO

    def content(self, entry_or_part) -> bytes:
        return os.pread(self.file.fileno(), entry_or_part.length, entry_or_part.offset)

    def body(self, entry: StagedDocument) -> tuple[dict, dict[tuple, str]]:
        """Parse a document. Return its body and the errors of values that cannot be stored. Raises
        ApiError."""
        body, unstorable = parse_object(self.content(entry), entry.line, entry.column)
        plain = unwrap(self.subject.import_document, body)
        return plain, unstorable | find_unstorable(plain)


@dataclass(frozen=True)
class ImportContext:
    """The actor of an import, and the company of its records, if it is not that of the documents."""

    actor: Actor
    company_id: str | None = None

    def company_of(self, model: type[Entity], sent: object) -> str | None:
        """Return the id of the company of a new record, given the one in its document."""
        if "company" not in {field.name for field in model._meta.concrete_fields}:
            return None
        sent_id = sent.lower() if isinstance(sent, str) else None
        return self.company_id or sent_id or self.actor.company_id


class DocumentRefused(Exception):
    """A document is not valid."""

    def __init__(self, details: list[ErrorDetail]):
        self.details = details
        super().__init__(f"{len(details)} errors")


class ImportItem:
    """A document of the run and its record, None if the document creates it."""

    def __init__(
        self,
        entry: StagedDocument,
        source: ImportFile,
        record: Entity | None,
        context: ImportContext,
        references: "References",
    ):
        self.entry, self.source, self.record, self.context = entry, source, record, context
        self.references, self.resolve_references = references, references.resolver_for(entry)
        self.model, self.document = source.subject.model, source.subject.import_document
        self.body, self.unstorable = source.body(entry)
        self.sent_company = self.body.get("companyId")
        if self.sent_company is None or context.company_id:
            self.body.pop("companyId", None)
        self.company_id = record.home_company_id() if record else entry.company
        self.record_or_blank = record or self._blank()
        self.parsed = self._parse()

    def _parse(self) -> ParsedBody:
        """Parse the document. Properties that the actor may not change are errors beside the others."""
        parsed = self.document.parse(self.body, self.record_or_blank, self.unstorable)
        forbidden = forbidden_properties(self.record_or_blank, parsed.values, self.context.actor)
        if not forbidden:
            return parsed
        refusal = ValidationError(
            _("You do not have permission to view or change this property."), code="other"
        )
        refused = {tuple(self.document.place_of(name).path.split(".")): refusal for name in forbidden}
        values = {name: value for name, value in parsed.values.items() if name not in forbidden}
        return replace(parsed, values=values, errors=refused | parsed.errors)

    def _blank(self) -> Entity:
        record = self.model(id=self.entry.id)
        if hasattr(record, "company_id"):
            record.company_id = self.company_id
        return record

    def split(self, values: dict) -> tuple[dict, services.Provenance | None, dict]:
        """Split values into those for the write service, the stamps of a new record, and its bookkeeping
        fields."""
        properties = {name: value for name, value in values.items() if name in self.model.properties}
        if self.record is not None:
            return properties, None, {}
        others = {name: self._typed(name, values[name]) for name in values.keys() - properties.keys()}
        extra = {name: value for name, value in others.items() if name in self.model.bookkeeping_columns}
        return properties, self._stamps(others, properties), extra

    def _typed(self, name: str, value):
        return self.document.bound[name].to_python(value)

    def _stamps(self, sent: dict, values: dict) -> services.Provenance:
        """Return the stamps of the document. Without `createdAt`, the creation time is the earliest of the
        date of the case, the last modification and now."""
        modified = sent.get("last_modified_at")
        reported_at = self._typed("date", values["date"]) if values.get("date") else None
        created = sent.get("created_at") or min(filter(None, (reported_at, modified, now())))
        users = dict.fromkeys(("created_by", "last_modified_by"), self.context.actor.user_id) | sent
        return services.Provenance(
            created, users["created_by"], modified or created, users["last_modified_by"]
        )

    def plan(self, values: dict) -> PlannedWrite:
        """Plan the write. Raises its errors."""
        properties, provenance, _extra = self.split(values)
        options = {"actor": self.context.actor, "resolve_references": self.resolve_references}
        if self.record is None:
            return services.plan_creation(self._blank(), properties, provenance=provenance, **options)
        return services.plan(self.record, properties, base=self.parsed.base, **options)

    def validate(self) -> None:
        """Raise DocumentRefused with all errors if the document is not valid."""
        actor = self.context.actor
        if self.record is None and not actor.may("import", ImportRun):
            raise DocumentRefused([ErrorDetail("", _("You do not have permission to import new records."))])
        details = self._company_errors()
        if self.record is None or not details:
            details += self._content_errors({detail.field for detail in details})
        details += self._find_duplicates(should_claim=not details)
        if details:
            raise DocumentRefused(details)

    def _content_errors(self, reported_fields: set[str]) -> list[ErrorDetail]:
        try:
            if self.parsed.errors:
                raise self._invalid()
            self.plan(self.parsed.values)
        except (ValidationError, Conflict, Forbidden, ApiError) as error:
            return [detail for detail in self.to_details(error) if detail.field not in reported_fields]
        return []

    def to_details(self, error: Exception) -> list[ErrorDetail]:
        """Convert an error of the write service or the API to details with paths of the document."""
        if isinstance(error, Forbidden):
            paths = [self.document.place_of(name).path for name in error.properties] or [""]
            return [ErrorDetail(path, str(error)) for path in paths]
        if isinstance(error, Conflict):
            dialect = self.source.subject.document.dialect
            error = conflict_error(self.document, self.record, self.context.actor, error, dialect)
        elif isinstance(error, ValidationError):
            error = self._invalid(error)
        return error.details or [ErrorDetail("", error.message)]

    def _invalid(self, error: ValidationError | None = None) -> ApiError:
        return validation_error(self.document, self.parsed, self.plan, error)

    def _company_errors(self) -> list[ErrorDetail]:
        """Check that the record's company exists, and is the company of the import, if there is one."""
        if not hasattr(self.record_or_blank, "company_id"):
            return []
        required, sent, company = self.context.company_id, self.sent_company, self.company_id
        if self.record is not None:
            is_foreign = required is not None and required != company
            return [ErrorDetail("_id", _("Another company has a record with this id."))] if is_foreign else []
        if company is None:
            if sent is not None or self.model._meta.get_field("company").null:
                return []
            return [ErrorDetail("companyId", _("Enter the company, here or with --company."))]
        if required is None and isinstance(sent, str) and sent.lower() != company:
            return [ErrorDetail("companyId", _("This is not the company that you are importing for."))]
        if not self.references.has_company(self.entry, company, self.context.actor):
            return [ErrorDetail("companyId", _("This company does not exist."))]
        return []

    def _find_duplicates(self, should_claim: bool) -> list[ErrorDetail]:
        """Return errors of unique values that another document of the run has. With `should_claim`, claim the
        others."""
        details = []
        for path, scope, value in self._unique_values():
            if holder := self.references.staging.claim(scope, value, self.entry, should_claim):
                details.append(
                    ErrorDetail(path, _("Another document already has this: %(where)s.") % {"where": holder})
                )
        return details

    def _unique_values(self) -> Iterator[tuple[str, str, object]]:
        """Yield (path, scope, value) for values that must be unique in a scope."""
        for name, value in self.parsed.values.items():
            prop = self.model.properties.get(name)
            if isinstance(prop, ElementsProperty) and self.record is None:
                yield from _element_ids(prop, self.document.place_of(name).path, value)
            elif prop is not None and not prop.many and isinstance(value, (str, int, float)):
                path = self.document.place_of(name).path
                if name == "number":
                    yield path, f"{self.entry.slug} number {self.company_id}", value
                elif prop.field.unique:
                    yield path, f"{self.entry.slug} {name}", self.model.unique_key(name, value)
        for constraint in services.unique_pairs(self.model):
            sent = [name for name in constraint.fields if name in self.parsed.values]
            record = self.record_or_blank
            pair = [
                self.parsed.values.get(name, record.serializable_value(name)) for name in constraint.fields
            ]
            if sent and None not in pair:
                yield (
                    self.document.place_of(sent[0]).path,
                    f"{self.entry.slug} {constraint.name}",
                    json.dumps(pair),
                )


def _element_ids(prop: ElementsProperty, path: str, elements) -> Iterator[tuple[str, str, str]]:
    """Yield (path, scope, id) for sub-documents, including nested ones."""
    for index, element in enumerate(elements if isinstance(elements, list) else ()):
        if not isinstance(element, dict):
            continue
        if isinstance(pk := element.get("id"), str):
            yield f"{path}.{index}._id", prop.model._meta.label_lower, pk.lower()
        for name, nested in prop.nested.items():
            yield from _element_ids(nested, f"{path}.{index}.{name}", element.get(name))


class References:
    """The records that documents of a run may refer to: existing ones, and those that the run creates."""

    def __init__(self, staging: StagingDatabase):
        self.staging = staging
        self._existing: set[tuple] = set()

    def has_company(self, entry: StagedDocument, pk: str, actor: Actor) -> bool:
        """Whether a company exists and is visible to the actor, or is created by the run."""
        new = self.staging.find_new(COMPANIES, [pk])
        if new:
            self.staging.link(entry, new[pk], "company")
        elif (Company, "", None, pk) not in self._existing:
            if not Company.objects.visible_to(actor).filter(pk=pk).exists():
                return False
            self._existing.add((Company, "", None, pk))
        return True

    def resolver_for(self, entry: StagedDocument) -> ReferenceResolver:
        """Return the resolver of references of one document, which also notes its links to new records."""
        return partial(self._resolve, entry)

    def _resolve(
        self, entry: StagedDocument, record: Entity, name: str, target, ids: set[str], actor: Actor
    ) -> set[str]:
        subject = exportable_for(target)
        new = self.staging.find_new(subject.slug, ids) if subject else {}
        known = {pk for pk, other in new.items() if _may_refer(record, name, target, other)}
        for pk in known:
            self.staging.link(entry, new[pk], name)
        rest = ids - new.keys()
        company = getattr(record, "company_id", None)
        cached = {pk for pk in rest if (target, name, company, pk) in self._existing}
        if rest - cached:
            found = record.check_references(name, target, rest - cached, actor)
            if len(self._existing) > MAX_CACHED_REFERENCES:
                self._existing.clear()
            self._existing |= {(target, name, company, pk) for pk in found}
            cached |= found
        return known | cached


def _may_refer(record: Entity, name: str, target, other: StagedDocument) -> bool:
    """Whether a record may refer to a new one: its stamps to users of any company, other references within
    its own."""
    if name in record.server_properties or not hasattr(target, "company_id"):
        return True
    company = getattr(record, "company_id", None)
    return company is None or other.company == company

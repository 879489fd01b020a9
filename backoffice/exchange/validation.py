"""What a document of an import would do, and what speaks against it: every offence of it, as the JSON doors tell."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import BinaryIO

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from backoffice.api.errors import ApiError, ErrorDetail, Faults
from backoffice.api.operations import conflict_error, validation_error
from backoffice.api.schema import without
from backoffice.api.transport import find_unstorable, object_in
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
from backoffice.records.services import PlannedWrite, ReferenceResolver

COMPANIES = "companies"
REMEMBERED = 10_000
"""How many references are known without asking the database again."""


@dataclass(frozen=True)
class ImportFile:
    """A file of documents of one kind. `name` is what it is called in reports."""

    subject: Exportable
    name: str
    file: BinaryIO

    def content(self, entry_or_part) -> bytes:
        return os.pread(self.file.fileno(), entry_or_part.length, entry_or_part.offset)

    def body(self, entry: StagedDocument) -> tuple[dict, dict[tuple, str]]:
        """The document, and what no property may hold. Raises a Problem if there is none."""
        body, unstorable = object_in(self.content(entry), entry.line, entry.column)
        plain = unwrap(self.subject.brought, body)
        return plain, unstorable | find_unstorable(plain)


@dataclass(frozen=True)
class ImportContext:
    """In whose name an import runs, and for which company, if that is not for the documents to say."""

    actor: Actor
    company_id: str | None = None

    def company_of(self, model: type[Entity], said: object) -> str | None:
        """The company of a new record whose document says this one."""
        if "company" not in {field.name for field in model._meta.concrete_fields}:
            return None
        given = said.lower() if isinstance(said, str) else None
        return self.company_id or given or self.actor.company_id


class DocumentRefused(Exception):
    """A document is not taken."""

    def __init__(self, offences: list[ErrorDetail]):
        self.offences = offences
        super().__init__(f"{len(offences)} offences")


class ImportItem:
    """A document of the run beside the record that it is about; None if it makes one."""

    def __init__(
        self,
        entry: StagedDocument,
        source: ImportFile,
        record: Entity | None,
        terms: ImportContext,
        references: "References",
    ):
        self.entry, self.source, self.record, self.terms = entry, source, record, terms
        self.references, self.known = references, references.of(entry)
        self.model, self.document = source.subject.model, source.subject.brought
        self.body, self.unstorable = source.body(entry)
        self.said_company = self.body.get("companyId")
        if self.said_company is None or terms.company_id:
            self.body.pop("companyId", None)
        self.company_id = record.home_company_id() if record else entry.company
        self.subject_of_rights = record or self._blank()
        self.base = source.subject.document.find_base_version(self.body, record) if record else None

    @cached_property
    def faults(self) -> Faults:
        """What is wrong with the document before the model is asked, what the actor may not touch included."""
        refusal = ValidationError(_("You may not see or change this property."), code="other")
        paths = self.document.find_forbidden(self.body, self.subject_of_rights, self.terms.actor)
        forbidden = {tuple(path.split(".")): refusal for path in paths}
        return forbidden | self.document.faults(self.body, self.subject_of_rights, self.unstorable)

    @cached_property
    def values(self) -> dict:
        """What it says, as far as that is of the right types."""
        return self.document.values(without(self.body, self.faults)[0])

    def _blank(self) -> Entity:
        record = self.model(id=self.entry.id)
        if hasattr(record, "company_id"):
            record.company_id = self.company_id
        return record

    def split(self, values: dict) -> tuple[dict, services.Provenance | None, dict]:
        """What is for `create` or `change`, the stamps of a new record, and its bookkeeping."""
        mine = {name: value for name, value in values.items() if name in self.model.properties}
        if self.record is not None:
            return mine, None, {}
        told = {name: self._typed(name, values[name]) for name in values.keys() - mine.keys()}
        extra = {name: value for name, value in told.items() if name in self.model.bookkeeping}
        return mine, self._stamps(told, mine), extra

    def _typed(self, name: str, value):
        return self.document.bound[name].to_python(value)

    def _stamps(self, told: dict, values: dict) -> services.Provenance:
        """Those that are told; a case tells when it was raised."""
        modified = told.get("last_modified_at")
        raised = self._typed("date", values["date"]) if values.get("date") else None
        created = told.get("created_at") or min(filter(None, (raised, modified, now())))
        who = dict.fromkeys(("created_by", "last_modified_by"), self.terms.actor.user_id) | told
        return services.Provenance(created, who["created_by"], modified or created, who["last_modified_by"])

    def planned(self, values: dict) -> PlannedWrite:
        """What would be written. Raises what speaks against it."""
        mine, stamps, _extra = self.split(values)
        how = {"actor": self.terms.actor, "known": self.known}
        if self.record is None:
            return services.plan_creation(self._blank(), mine, stamps=stamps, **how)
        return services.plan(self.record, mine, base=self.base, **how)

    def judge(self) -> None:
        """Raise Refused, with every offence, if the document cannot be taken."""
        actor = self.terms.actor
        if self.record is None and not actor.may("import", ImportRun):
            raise DocumentRefused([ErrorDetail("", _("You may not import new records."))])
        found = self._company_offences()
        if self.record is None or not found:
            found += self._content_offences({offence.field for offence in found})
        found += self._doubles(take=not found)
        if found:
            raise DocumentRefused(found)

    def _content_offences(self, known: set[str]) -> list[ErrorDetail]:
        try:
            if self.faults:
                raise self._invalid(faults=self.faults)
            self.planned(self.values)
        except (ValidationError, Conflict, Forbidden, ApiError) as error:
            return [offence for offence in self.offences(error) if offence.field not in known]
        return []

    def offences(self, error: Exception) -> list[ErrorDetail]:
        """What an error says, as offences of the document."""
        if isinstance(error, Forbidden):
            path = self.document.place_of(error.property).path if error.property else ""
            return [ErrorDetail(path, str(error))]
        if isinstance(error, Conflict):
            dialect = self.source.subject.document.dialect
            error = conflict_error(self.document, self.record, self.terms.actor, error, dialect)
        elif isinstance(error, ValidationError):
            error = self._invalid(error=error)
        return error.offences or [ErrorDetail("", error.message)]

    def _invalid(self, **what) -> ApiError:
        record, actor = self.subject_of_rights, self.terms.actor
        return validation_error(self.document, record, actor, self.body, self.base, plan=self.planned, **what)

    def _company_offences(self) -> list[ErrorDetail]:
        """A record is of a company that is there, and of the one that everything is for, if there is one."""
        if not hasattr(self.subject_of_rights, "company_id"):
            return []
        wanted, said, company = self.terms.company_id, self.said_company, self.company_id
        if self.record is not None:
            another = wanted is not None and wanted != company
            return [ErrorDetail("_id", _("Another company has a record with this id."))] if another else []
        if company is None:
            if said is not None or self.model._meta.get_field("company").null:
                return []
            return [ErrorDetail("companyId", _("Say whose this is: here, or with --company."))]
        if wanted is None and isinstance(said, str) and said.lower() != company:
            return [ErrorDetail("companyId", _("This is not the company that the records are for."))]
        if not self.references.has_company(self.entry, company, self.terms.actor):
            return [ErrorDetail("companyId", _("There is no such company."))]
        return []

    def _doubles(self, take: bool) -> list[ErrorDetail]:
        """What two documents of the run cannot both have."""
        found = []
        for path, what, value in self._unique():
            if holder := self.references.ledger.claim(what, value, self.entry, take):
                found.append(
                    ErrorDetail(path, _("Another document has this already: %(where)s.") % {"where": holder})
                )
        return found

    def _unique(self) -> Iterator[tuple[str, str, object]]:
        """(path, what, value) of what only one record may have."""
        for name, value in self.values.items():
            prop = self.model.properties.get(name)
            if isinstance(prop, ElementsProperty) and self.record is None:
                yield from _element_ids(prop, self.document.place_of(name).path, value)
            elif prop is not None and not prop.many and isinstance(value, (str, int, float)):
                path = self.document.place_of(name).path
                if name == "number":
                    yield path, f"{self.entry.slug} number {self.company_id}", value
                elif prop.field.unique:
                    yield path, f"{self.entry.slug} {name}", self.model.unique_key(name, value)


def _element_ids(rows: ElementsProperty, path: str, elements) -> Iterator[tuple[str, str, str]]:
    """The ids of sub-documents, those within them included."""
    for place, element in enumerate(elements if isinstance(elements, list) else ()):
        if not isinstance(element, dict):
            continue
        if isinstance(pk := element.get("id"), str):
            yield f"{path}.{place}._id", rows.model._meta.label_lower, pk.lower()
        for name, nested in rows.nested.items():
            yield from _element_ids(nested, f"{path}.{place}.{name}", element.get(name))


class References:
    """What the documents of a run may point at: what is there, and what the run is going to make."""

    def __init__(self, ledger: StagingDatabase):
        self.ledger = ledger
        self._there: set[tuple] = set()

    def has_company(self, entry: StagedDocument, pk: str, actor: Actor) -> bool:
        """Whether a company is there for the actor, or coming."""
        coming = self.ledger.coming(COMPANIES, [pk])
        if coming:
            self.ledger.link(entry, coming[pk], "company")
        elif (Company, "", None, pk) not in self._there:
            if not Company.objects.visible_to(actor).filter(pk=pk).exists():
                return False
            self._there.add((Company, "", None, pk))
        return True

    def of(self, entry: StagedDocument) -> ReferenceResolver:
        """What one document may point at; what it does point at is noted."""
        return partial(self._known, entry)

    def _known(
        self, entry: StagedDocument, record: Entity, name: str, target, ids: set[str], actor: Actor
    ) -> set[str]:
        subject = exportable_for(target)
        coming = self.ledger.coming(subject.slug, ids) if subject else {}
        known = {pk for pk, other in coming.items() if _fits(record, name, target, other)}
        for pk in known:
            self.ledger.link(entry, coming[pk], name)
        rest = ids - coming.keys()
        company = getattr(record, "company_id", None)
        remembered = {pk for pk in rest if (target, name, company, pk) in self._there}
        if rest - remembered:
            found = record.check_references(name, target, rest - remembered, actor)
            if len(self._there) > REMEMBERED:
                self._there.clear()
            self._there |= {(target, name, company, pk) for pk in found}
            remembered |= found
        return known | remembered


def _fits(record: Entity, name: str, target, other: StagedDocument) -> bool:
    """Whether a record may point at one that is coming: stamps at anybody, others within the company."""
    if name in record.kept_by_server or not hasattr(target, "company_id"):
        return True
    company = getattr(record, "company_id", None)
    return company is None or other.company == company

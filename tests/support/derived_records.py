"""Records, requests and changes of the apps that the tables of the suites do not list, derived from the models.

An app gives values that cannot be derived in its module `tests.samples`: `SAMPLES = {"keyloan": {"key": "A1"}}`,
by model name. A value may be a function of the company."""

import ast
import re
import sys
from datetime import datetime, timedelta, timezone
from functools import cache
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

from django.apps import apps
from django.core.validators import RegexValidator
from django.db import models
from django.utils.module_loading import module_has_submodule

import config.urls  # noqa: F401 (loads the apps)
from backoffice.api.operations import Operation
from backoffice.api.schema import Document, registered_documents
from backoffice.db.object_ids import new_object_id
from backoffice.people.models import Company, Contact, Customer, User
from backoffice.people.roles import granted_codenames
from backoffice.people.tests.factories import ContactFactory, CustomerFactory, UserFactory
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel, Installation
from backoffice.records.fields import AnyField, EmailLineField, OpenObjectField, TextListField, URIField
from backoffice.records.models import Entity, Record
from backoffice.records.properties import CollectionProperty, ColumnProperty
from backoffice.records.services import unique_pairs
from config.api import FACILITY, SUPPORT_DESK
from facility.models import Article, CustomerObject
from facility.tests.factories import ArticleFactory, CustomerObjectFactory

LISTED = frozenset(
    [
        "facility.complaint",
        "facility.customerobject",
        "facility.article",
        "supportdesk.supportcase",
        "people.company",
        "people.customer",
        "people.contact",
        "people.user",
        "people.apikey",
        "workplace.cannedanswer",
        "mail.mailtemplate",
        "mail.mailsender",
    ]
)
"""The models that the tables list by hand."""
DERIVED: list[type[Record]] = [
    model
    for model in apps.get_models()
    if issubclass(model, Entity) and model._meta.label_lower not in LISTED and "tests" not in model.__module__
]
"""All others."""
FIRST_TIME = datetime(2026, 3, 1, 8, tzinfo=timezone.utc)
TARGETS = {
    Customer: lambda company: CustomerFactory(company=company),
    Contact: lambda company: ContactFactory(company=company),
    Article: lambda company: ArticleFactory(company=company),
    CustomerObject: lambda company: CustomerObjectFactory(
        company=company, customer=CustomerFactory(company=company).pk
    ),
}
"""How records are made that derived ones refer to."""


def document_of(model: type[Entity]) -> Document:
    return next(document for document in registered_documents.values() if document.model is model)


@cache
def samples_of(model: type[Entity]) -> dict[str, object]:
    """Return the values that the model's app gives."""
    app = apps.get_app_config(model._meta.app_label)
    if not module_has_submodule(app.module, "tests"):
        return {}
    tests = import_module(f"{app.name}.tests")
    if not module_has_submodule(tests, "samples"):
        return {}
    return import_module(f"{app.name}.tests.samples").SAMPLES.get(model._meta.model_name, {})


def own_properties(model: type[Entity]) -> dict[str, object]:
    """Return the properties that users set in a form, without those of every record."""
    skipped = {"number", "status", "chat_id"}
    return {
        name: prop
        for name, prop in model.properties.items()
        if not prop.derived and name not in skipped and (prop.many or prop.field.editable)
    }


def sample_values(model: type[Entity], company: Company, nth: int = 1) -> dict[str, object]:
    """Return valid values of all properties that users set. Instants come in the order of their declaration."""
    given = {name: value(company) if callable(value) else value for name, value in samples_of(model).items()}
    values, time = {}, FIRST_TIME
    for name, prop in own_properties(model).items():
        if name in given:
            continue
        if prop.many:
            values[name] = [_sample_row(prop, company, nth)]
        elif isinstance(prop.field, models.DateTimeField):
            values[name] = time = time + timedelta(days=1)
        else:
            values[name] = _sample_value(prop.field, company, nth)
    return values | given


def _sample_row(prop: CollectionProperty, company: Company, nth: int) -> object:
    columns = {name: _sample_value(column.field, company, nth) for name, column in prop.columns().items()}
    return columns if prop.has_ids or len(columns) > 1 else next(iter(columns.values()))


def _sample_value(field: models.Field, company: Company, nth: int) -> object:
    if field.is_relation:
        return refer_to(field.related_model, company)
    if field.choices:
        return field.flatchoices[0][0]
    for kind, value in (
        (models.DateTimeField, FIRST_TIME),
        (models.BooleanField, False),
        (models.IntegerField, nth),
        (models.FloatField, float(nth)),
        (TextListField, []),
        (OpenObjectField, {}),
        (AnyField, None),
        (EmailLineField, f"sample{nth}@example.com"),
        (URIField, f"https://example.com/{nth}"),
        ((models.CharField, models.TextField), f"Sample {nth}"[: field.max_length]),
    ):
        if isinstance(field, kind):
            return value
    raise NotImplementedError(f"{field} has no sample: give one in SAMPLES")


def refer_to(model: type[Entity], company: Company) -> str:
    """Return the id of a user of the company, or of a new record of it that nothing else refers to."""
    if issubclass(model, User):
        staff = User._base_manager.filter(company_id=company.pk, customer=None).order_by("pk")
        return staff.values_list("pk", flat=True).first() or UserFactory(company=company).pk
    return (TARGETS[model](company) if model in TARGETS else make_record(model, company)).pk


def make_record(model: type[Entity], company: Company, **given: object) -> Entity:
    """Create a valid record of a model in a company."""
    nth = model._base_manager.count() + 1
    values = sample_values(model, company, nth) | given
    context = ChangeContext(Channel.COMMAND)
    return services.create(
        model, values, actor=Installation(company.pk), context=context, company_id=company.pk
    ).record


class Records(SimpleNamespace):
    """The records of a test. Derived ones, of the company (`keyloan`) and of the other one (`their_keyloan`), are made
    when they are asked for: tests of listed records do not see them."""

    def __getattr__(self, name: str) -> Entity:
        model = next((each for each in DERIVED if each._meta.model_name == name.removeprefix("their_")), None)
        if model is None:
            raise AttributeError(name)
        company = (self.their_object if name.startswith("their_") else self.object).company
        setattr(self, name, make_record(model, company))
        return getattr(self, name)


def actions_of(model: type[Entity]) -> dict[str, set[str]]:
    """Return what each standard role may do with the records of a model, as its app declares."""
    found: dict[str, set[str]] = {}
    grants = getattr(apps.get_app_config(model._meta.app_label), "grants", {})
    for role, name, codename in granted_codenames(grants):
        if name == model._meta.model_name:
            found.setdefault(role, set()).add(codename.removesuffix(f"_{name}"))
    return found


@cache
def permissions_of(role: str) -> set[str]:
    """Return the permissions (`app.codename`) that the apps grant to a standard role."""
    return {
        f"{config.label}.{codename}"
        for config in apps.get_app_configs()
        for holder, _model, codename in granted_codenames(getattr(config, "grants", {}))
        if holder == role
    }


def is_required(prop: ColumnProperty | CollectionProperty) -> bool:
    """Return whether a new record must be sent a value of the property."""
    return not prop.many and not prop.field.blank and prop.field.get_default() in prop.field.empty_values


def rights_of(model: type[Entity], role: str) -> set[str]:
    """Return what a standard role may do with the records of a model. A guard limits it: `secrets` is to see them,
    and a role that may not set a property that each record needs cannot add one."""
    rights = set(actions_of(model).get(role, ()))
    guarded = [prop for prop in own_properties(model).values() if prop.guard]
    if any(prop.guard.secret and prop.guard.permission in permissions_of(role) for prop in guarded):
        rights.add("secrets")
    needed = {prop.guard.permission for prop in guarded if is_required(prop) and not prop.guard.or_user}
    return rights if needed - {""} <= permissions_of(role) else rights - {"add"}


def has_secrets(model: type[Entity]) -> bool:
    return any(prop.guard and prop.guard.secret for prop in model.properties.values())


def _paired_properties(model: type[Entity]) -> set[str]:
    """Return the names of the properties that are unique in their company, or together with others."""
    return {name for constraint in unique_pairs(model) for name in constraint.fields}


def text_property(model: type[Entity]) -> str:
    """Return the name of the first property with a text that a record must have, that everybody may see, and that may
    be any text of one line, in several records."""
    paired = _paired_properties(model)
    for name, prop in own_properties(model).items():
        if (
            not (prop.many or prop.guard or name in paired)
            and isinstance(prop.field, models.CharField)
            and not (prop.field.choices or prop.field.blank or prop.field.unique)
            and not any(isinstance(validator, RegexValidator) for validator in prop.field.validators)
        ):
            return name
    raise NotImplementedError(
        f"{model._meta.label}: the suites change a required text that has no choices, guard or RegexValidator and is not "
        "unique, and there is none."
    )


def other_property(model: type[Entity], name: str) -> tuple[str, object]:
    """Return another property that can be changed alone, and a new value."""
    special = (EmailLineField, URIField, TextListField)
    for other, prop in own_properties(model).items():
        is_special = prop.many or prop.guard or other == name or prop.field.choices
        field = None if is_special else prop.field
        if isinstance(field, (models.CharField, models.TextField)) and not isinstance(field, special):
            return other, "beside"
    return "chat_id", "c" * 24


def operations_of(model: type[Entity]) -> dict[str, tuple[str, Operation]]:
    """Return the usual operations on a model (`list`, `count`, `create`, …) with their URLs."""
    slug = document_of(model).slug
    return {
        match[0]: (f"/{interface.prefix}/{operation.path}", operation)
        for interface in (FACILITY, SUPPORT_DESK)
        for operation in interface.operations
        if operation.path.split("/")[0] == slug
        and (match := re.match("list|count|create|get|update|delete", operation.id))
    }


def messages_of(model: type[Entity]) -> list[str]:
    """Return the translated texts in the module of a model, among them the messages of its rules."""
    tree = ast.parse(Path(sys.modules[model.__module__].__file__).read_text())
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    named = (call.args[0] for call in calls if getattr(call.func, "id", "") == "_" and call.args)
    return [text.value for text in named if isinstance(text, ast.Constant)]


def sample_body(record: Entity) -> dict:
    """Return the JSON body of another record like this one, with the same references. Of guarded properties, it has
    those that a record needs: not all visitors may send the others. A text that must be unique is another one."""
    document, body = document_of(type(record)), {}
    paired = _paired_properties(type(record))
    for name, prop in own_properties(type(record)).items():
        leaf = next((leaf for leaf in document.properties if leaf.attribute == name and leaf.writable), None)
        if leaf and not prop.many and (is_required(prop) or not prop.guard):
            value = leaf.encode(prop, prop.read(record), document.dialect)
            if name in paired and isinstance(prop.field, models.CharField):
                value = f"{new_object_id()[-6:]} {value}"[: prop.field.max_length]
            (body.setdefault(leaf.group, {}) if leaf.group else body)[leaf.key] = value
    return body

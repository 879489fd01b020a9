"""Attempts to distinguish another company's id from an unknown one: in the browser, in admin and over JSON."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.test import Client

import config.urls  # noqa: F401 (loads the apps)
from backoffice.api.schema import NestedList
from backoffice.bulk.forms import bulk_form_class
from backoffice.exchange.exportables import exportables
from backoffice.forms.fields import ReferenceField
from backoffice.forms.tests.pages import form_data, record_form
from backoffice.lists.filters import ReferenceFilter
from backoffice.people.models import Customer, User
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel, Installation
from facility.models import Article, CustomerObject
from tests.support.derived_records import DERIVED, sample_body
from tests.support.leaks import PATHS, normalize_answer
from tests.support.leaks import text_of as whole_answer
from tests.support.rollback import rolled_back
from tests.support.visitors import Visitor

UNKNOWN = "0123456789abcdef01234567"
IDS = re.compile(r"[0-9a-f]{24}")
FOREIGN = "mk-foreign"
"""A text in the name of every record of the other company."""
WORDS = {
    "object": CustomerObject,
    "customer": Customer,
    "user": User,
    "manager": User,
    "contact": None,
    "article": Article,
}


@dataclass
class CompanyRecords:
    """The company's records, and the other company's ids, by model."""

    cast: object
    own: dict[type, object]
    foreign: dict[type, str]
    visitors: dict[str, Visitor] = field(default_factory=dict)


def mask_ids(text: str, pk: str) -> str:
    """Return a response without the sent id, other ids (of records just created), and parts that always
    differ."""
    text = re.sub(r"Set-Cookie: messages=[^\n]*", "", text)  # signed; the next page shows it
    text = re.sub(r'name="request-key" value="[^"]*"', "", text)  # new in every form
    return IDS.sub("ID", normalize_answer(text).replace(pk, "ID").replace(pk.upper(), "ID"))


@dataclass
class Attempts:
    """Requests with a foreign id and with an unknown one, and those whose responses differ."""

    company_records: CompanyRecords
    asked: int = 0
    found: list[str] = field(default_factory=list)

    def ask(self, action: str, model: type, send) -> None:
        """Compare the responses for both ids; `send(pk)` returns the texts of all responses to an id."""
        texts = []
        for pk in (self.company_records.foreign.get(model, UNKNOWN[::-1]), UNKNOWN):
            with rolled_back():
                texts.append([mask_ids(text, pk) for text in send(pk)])
        self.asked += 1
        if texts[0] != texts[1]:
            self.found.append(f"{action}: {describe_difference(*texts)}")
        if any(FOREIGN in text for text in texts[0]):
            self.found.append(f"{action}: tells the name")


def describe_difference(foreign: list[str], unknown: list[str]) -> str:
    for foreign_text, unknown_text in zip(foreign, unknown, strict=False):
        if foreign_text != unknown_text:
            at = next(
                (
                    place
                    for place, pair in enumerate(zip(foreign_text, unknown_text, strict=False))
                    if pair[0] != pair[1]
                ),
                0,
            )
            return f"{foreign_text[max(at - 60, 0) : at + 60]!r} is not {unknown_text[max(at - 60, 0) : at + 60]!r}"
    return f"{len(foreign)} answers are not {len(unknown)}"


def text_of(client: Client, response) -> str:
    response.whole_content = b"".join(response.streaming_content) if response.streaming else response.content
    return whole_answer(response)


def browser(user) -> Client:
    return Visitor.signed_in("somebody", user).client


def signed_in(company_records: CompanyRecords, name: str) -> Client:
    """Return a browser whose session survives the rollback of each attempt."""
    return browser(getattr(company_records.cast, name))


def reference_fields(form) -> Iterator[tuple[str, type]]:
    """Return the name of each control of a form that takes an id, including its rows, and the model of the
    id."""
    for name, control in form.fields.items():
        if isinstance(control, ReferenceField):
            yield form.add_prefix(name), form._meta.model._meta.get_field(name).related_model
    for formset in getattr(form, "row_sets", {}).values():
        for row in [*formset.forms, formset.empty_form][-1:]:
            yield from ((name.replace("__prefix__", "0"), model) for name, model in reference_fields(row))


def page_attempts(company_records: CompanyRecords, name: str, kinds) -> Attempts:
    """Try everything in the browser: new records, prefilled and submitted; records edited, and edited after a
    concurrent change; choices, filters, exports, saved views, autocomplete, bulk edits."""
    attempts, user, client = (
        Attempts(company_records),
        getattr(company_records.cast, name),
        signed_in(company_records, name),
    )

    def get(address):
        return lambda pk: [text_of(client, client.get(address.format(pk=pk), follow=True))]

    for kind in kinds:
        model, record = kind.model, company_records.own.get(kind.model)
        if not user.may("view", model):
            continue
        for filter_name, item in kind.filterset_class(None, model.objects.none(), actor=user).filters.items():
            target = item.target if isinstance(item, ReferenceFilter) else Customer
            query = f"{filter_name}={{pk}}"
            attempts.ask(f"{kind.slug}?{query}", target, get(f"{kind.url('list')}?{query}"))
            attempts.ask(f"{kind.slug} export", target, get(f"/{kind.slug}/export?format=csv&{query}"))
            if isinstance(item, ReferenceFilter):
                attempts.ask(f"choices/{model._meta.label_lower}/{filter_name}", target,
                             get(f"/choices/{model._meta.label_lower}/{filter_name}?q={{pk}}"))  # fmt: skip

            def save_view(pk, kind=kind, query=query):
                sent = {"name": "Mine", "query": query.format(pk=pk)}
                return [
                    text_of(client, client.post(kind.url("views"), sent, follow=True)),
                    *get(kind.url("views"))(pk),
                ]

            attempts.ask(f"{kind.slug} saved view {query}", target, save_view)
        attempts.ask(
            f"choices/{model._meta.label_lower}", model, get(f"/choices/{model._meta.label_lower}?q={{pk}}")
        )
        attempts.ask(
            f"choices of {kind.slug}", model, get(f"/choices/{model._meta.label_lower}?q=a&company={{pk}}")
        )
        state = f"/notifications/state?model={model._meta.label_lower}"
        attempts.ask(f"state of {kind.slug}", model, get(f"{state}&record={{pk}}&version=1"))
        attempts.ask(f"state of a list of {kind.slug}", model, get(f"{state}&since=1&list=q%3D{{pk}}"))
        if user.may("add", model):
            form = kind.form_class(actor=user)
            for control, target in reference_fields(form):
                sent = form_data(record_form(client.get(kind.url("new")).content))
                attempts.ask(f"{kind.slug}/new?{control}", target, get(f"{kind.url('new')}?{control}={{pk}}"))
                attempts.ask(
                    f"{kind.slug}/new {control}", target, sender(client, kind.url("new"), sent, control, form)
                )
        if (
            record is not None
            and user.may("change", model)
            and model.objects.visible_to(user).filter(pk=record.pk)
        ):
            edit_attempts(attempts, client, user, kind, record)
            bulk_attempts(attempts, client, user, kind, record)
    return attempts


def sender(client, address, sent, control, form):
    """Return a function that submits a form with an id in one of its controls; a new row has room for it."""
    more = {}
    for prefix in [formset.prefix for formset in form.row_sets.values()]:
        more |= (
            {f"{prefix}-TOTAL_FORMS": "1", f"{prefix}-INITIAL_FORMS": "0"}
            if control.startswith(prefix)
            else {}
        )
    return lambda pk: [text_of(client, client.post(address, sent | more | {control: pk}))]


def edit_attempts(attempts, client, user, kind, record) -> None:
    """Try an existing record: saved, saved after a concurrent change of the same property, and chosen from a
    menu."""
    page, form = kind.url("record", record.pk), kind.form_class(actor=user, instance=record)
    for control, target in reference_fields(form):
        sent = form_data(record_form(client.get(page).content))
        attempts.ask(f"{kind.slug} {control}", target, sender(client, page, sent, control, form))
        if control in record.properties:

            def conflict(pk, control=control, target=target, sent=sent, page=page):
                other = (
                    target._default_manager.visible_to(user)
                    .exclude(pk=record.properties[control].read(record))
                    .first()
                )
                own = Installation(record.home_company_id())
                present = type(record)._base_manager.get(pk=record.pk)
                try:
                    services.update(
                        present, {control: other and other.pk}, actor=own, context=ChangeContext(Channel.JSON)
                    )
                except Exception:
                    return []
                return [text_of(client, client.post(page, sent | {control: pk}))]

            attempts.ask(f"{kind.slug} {control}, a conflict", target, conflict)
    for name in kind.quick_properties:
        if target := record.properties[name].target:
            address = kind.url("quick", record.pk, name)
            attempts.ask(f"{kind.slug} quick {name}", target,
                         lambda pk, address=address: [text_of(client, client.post(address, {"value": pk}, follow=True))])  # fmt: skip


def bulk_attempts(attempts, client, user, kind, record) -> None:
    """Try bulk edits: the form with its error, the preview, and the job's title in the list."""
    form = bulk_form_class(kind.form_class)(actor=user)
    for control, target in reference_fields(form):

        def say(pk, control=control):
            job = client.post(kind.url("bulk"), {"chosen": [record.pk]})["Location"]
            name = control.split("-")[0]
            more = {f"{name}-TOTAL_FORMS": "1", f"{name}-INITIAL_FORMS": "0"} if name != control else {}
            answers = [
                client.post(job, {"set": [name], control: pk, f"how-{name}": "add"} | more, follow=True)
            ]
            answers += [client.get(job), client.get(f"{job}/preview", follow=True), client.get("/bulk")]
            return [text_of(client, answer) for answer in answers]

        attempts.ask(f"{kind.slug} bulk {control}", target, say)


def admin_attempts(company_records: CompanyRecords, name: str) -> Attempts:
    """Try the administration's forms, filters and actions."""
    from django.contrib import admin

    attempts, user, client = (
        Attempts(company_records),
        getattr(company_records.cast, name),
        signed_in(company_records, name),
    )
    for model, model_admin in admin.site._registry.items():
        base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        record = company_records.own.get(model)
        for item in model_admin.list_filter:
            path = item[0] if isinstance(item, tuple) else item
            if isinstance(path, str) and (
                target := getattr(model._meta.get_field(path), "related_model", None)
            ):
                for lookup in ("__id__exact", "__exact", ""):
                    attempts.ask(f"{base}?{path}{lookup}", target,
                                 lambda pk, base=base, path=path, lookup=lookup: [text_of(client, client.get(f"{base}?{path}{lookup}={pk}", follow=True))])  # fmt: skip
        for page in ("change", "history", "delete"):
            attempts.ask(f"{base}<pk>/{page}", model,
                         lambda pk, base=base, page=page: [text_of(client, client.get(f"{base}{pk}/{page}/"))])  # fmt: skip
        form_class = getattr(model_admin, "form", None)
        if record is None or not hasattr(form_class, "groups"):
            continue
        for address, instance in ((f"{base}add/", None), (f"{base}{record.pk}/change/", record)):
            opened = client.get(address)
            if opened.status_code != 200:
                continue
            form, sent = form_class(actor=user, instance=instance), form_data(record_form(opened.content))
            for control, target in reference_fields(form):
                attempts.ask(f"{address} {control}", target, sender(client, address, sent, control, form))
        for action in model_admin.actions or ():
            if getattr(action, "confirmed_by", "") == "value" and model.properties[action.property].target:
                target = model.properties[action.property].target
                chosen = {"action": action.__name__, "_selected_action": [record.pk]}
                attempts.ask(f"{base} {action.__name__}", target,
                             lambda pk, base=base, chosen=chosen: [text_of(client, client.post(base, chosen | {"value": pk}))])  # fmt: skip
    return attempts


def bodies_with_ids(leaves, bound) -> Iterator[tuple[str, type, object]]:
    """Yield the path of each property of a document that takes an id, its model, and a function that makes
    the body."""
    for leaf in leaves:
        prop = bound.get(leaf.attribute)
        if prop is None or not leaf.writable:
            continue
        if isinstance(leaf, NestedList):
            for below in leaf.shape.properties:
                column = prop.columns().get(below.attribute) if hasattr(prop, "columns") else None
                if column is not None and column.target:
                    yield (
                        f"{leaf.path}.{below.path}",
                        column.target,
                        nested(leaf, lambda pk, below=below: [nested(below)(pk)]),
                    )
        elif prop.many:
            target = next((column.target for column in prop.columns().values() if column.target), None)
            if target:
                yield leaf.path, target, nested(leaf, lambda pk: [pk])
        elif prop.target:
            yield leaf.path, prop.target, nested(leaf)


def nested(leaf, value=lambda pk: pk):
    def body(pk):
        inner = {leaf.key: value(pk)}
        return {leaf.group: inner} if leaf.group else inner

    return body


def script_attempts(company_records: CompanyRecords, name: str, slugs) -> Attempts:
    """Try everything over JSON: each property that takes an id, on creation and update; each parameter of
    each list; each address."""
    attempts, user = Attempts(company_records), getattr(company_records.cast, name)
    key, client = Visitor.script(name, user).key, Client()
    headers = {"x-api-key": key.secret}

    def get(address):
        return lambda pk: [text_of(client, client.get(address.format(pk=pk), headers=headers))]

    for slug in slugs:
        subject, path = exportables()[slug], PATHS[slug]
        record = company_records.own.get(subject.model)
        for parameter in subject.viewset.filterset_class.query_params:
            target = next((each for word, each in WORDS.items() if word in parameter.lower()), subject.model)
            for below in ("", "/count"):
                attempts.ask(
                    f"GET {path}{below}?{parameter}", target, get(f"{path}{below}?{parameter}={{pk}}")
                )
        attempts.ask(f"GET {path}/<id>", subject.model, get(f"{path}/{{pk}}"))
        for method in ("PATCH", "POST", "DELETE"):
            attempts.ask(f"{method} {path}/<id>", subject.model, lambda pk, method=method, path=path: [text_of(client, client.generic(
                method, f"{path}/{pk}", "{}", content_type="application/json", headers=headers))])  # fmt: skip
        if subject.document is None:
            continue
        for property_path, target, body in bodies_with_ids(
            subject.document.properties, subject.document.bound
        ):
            condition = urlencode(
                {"generalField": json.dumps({"key": property_path, "operator": "equals", "value": "PK"})}
            )
            attempts.ask(
                f"generalField {property_path}", target, get(f"{path}?{condition.replace('PK', '{pk}')}")
            )
            required = {"name": "x", "desc": "x", "address": {"street": "x"}, "scopes": ["people:read"],
                        "objectId": company_records.own[CustomerObject].pk, "email": "x@example.com"}  # fmt: skip
            known = {leaf.group or leaf.key for leaf in subject.document.properties}
            new = {key: value for key, value in required.items() if key in known}
            if subject.model in DERIVED:
                new = sample_body(record)
            tries = [("POST", path, new)]
            tries += [
                (method, f"{path}/{record.pk}", {}) for method in ("PATCH", "POST") if record is not None
            ]
            for method, address, more in tries:
                attempts.ask(f"{method} {address} {property_path}", target, lambda pk, method=method, address=address, more=more, body=body: [
                    text_of(client, client.generic(method, address, json.dumps(more | body(pk)), content_type="application/json", headers=headers))])  # fmt: skip
    return attempts

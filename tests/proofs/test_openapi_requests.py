"""Requests made by schemathesis from the descriptions: whatever a client sends, the answer is a described one.

Each request is taken back before the next, each story of linked requests before the next story.
"""

import re
from functools import cache

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.core import NotSet
from schemathesis.core.failures import AcceptedNegativeData, FailureGroup
from schemathesis.generation.drivers import CoverageGenerator
from schemathesis.generation.feedback import FeedbackSources
from schemathesis.generation.hypothesis.examples import generate_one
from schemathesis.openapi.checks import RejectedPositiveData

from backoffice.api.openapi.document import describe
from backoffice.records.tests.daily import daily, seldom
from config.api import FACILITY, SUPPORT_DESK
from config.wsgi import application
from conftest import make_key
from tests.support.rollback import taken_back

pytestmark = pytest.mark.django_db

INTERFACES = {interface.prefix: interface for interface in (FACILITY, SUPPORT_DESK)}
OPERATIONS = [
    pytest.param(prefix, operation.id, id=operation.id)
    for prefix, interface in INTERFACES.items()
    for operation in interface.operations
]
EXAMPLES, MANY = 2, 100
"""Requests for each operation, in the everyday run and in the deep one."""
STORIES, MANY_STORIES = 2, 60

UNSAID = {
    "a reference to nothing": r"There is no .+ with this id\.",
    "a date that there is not": r"“.+” value has the correct format .+ but it is an invalid date/time\.|This date is out of range\.",
    "a contract that ends before it starts": r"The contract cannot end before it starts\.",
    "a reseller who is the customer itself": r"A customer cannot be its own reseller\.",
    "a date that was set once and for all": r"The date of a case does not change\.",
    "a role that may do more, or is none here": r"You cannot give the role “.*”: it may do more than you\.|There is no “.*” to choose\.",
    "a key for somebody who may do more": r"You cannot make a key for this user\.",
    "an id that is in a list twice, once in capitals": r"This (id )?is in the list twice\.",
    "two spellings of a key with different ids": r"Send _id or id: the two differ\.",
    "an id that another element has": r"This id is taken\.",
    "a name that is taken": r"A user with that username already exists\.",
    "a customer that is active": r"Only a passive customer can be removed\. .+",
    "a key of a request with another body": r"This Idempotency-Key was sent with another body\. .+",
    "a number that is taken": r"This number is taken\.",
    "a version that is not the present one": r"This is not the present version any more\.",
    "one of two parameters": r"Say the field once\.",
    "an address that is empty": r"An object needs an address\.",
    "a contact without a whole name and without an e-mail address": r"Give a first and a last name, or an e-mail address\.",
    "a text that `fieldType` calls a number or a boolean": r"“.*” is not a number\.|Say true or false\.",
    "a file of no known kind": r"This is no picture.*",
    "a file with nothing in it": r"This file is empty\.|Send the file in the part of this name\.",
    "a file that is a plain value": r"This must be a file: send it with a file name\.",
    "a latitude without a longitude": r"Give both latitude and longitude, or neither\.",
    "an element of a list that is not there": r"There is no element with this id here\.",
    "a null character in an open value": r"Null characters are not allowed\.",
    "a search with neither letters nor digits": r"Enter at least one letter or digit to search for\.",
    "a search with spaces only": r"Enter at least one character that is not a space\.",
    "a text that is no condition": r"This is not valid JSON\.|This must be a JSON object with key, operator and value\.",
    "a moment that there is not": r"Give Unix milliseconds or a date and time .+",
    "an element of a list that lacks what a new one needs": r"This field cannot be (blank|null)\.|This is required\.",
    "an integer beyond 64 bits in an open value": r"This number is beyond 64 bits\.|This number has too many digits\.",
}
"""The rules that a schema cannot say, each with what is told of an offence against it."""
EXPLAINED = re.compile("|".join(f"(?:{told})" for told in UNSAID.values()), re.DOTALL)

CONFIG = {
    # A precondition that is none holds for no version (412).
    "checks": {"negative_data_rejection": {"expected-statuses": ["4xx"]}},
    "generation": {"deterministic": True, "with-security-parameters": False},
}
QUIET = {
    "derandomize": True, "deadline": None, "database": None, "phases": [Phase.generate],
    "suppress_health_check": list(HealthCheck),
}  # fmt: skip


@cache
def schema_of(prefix):
    document = describe(INTERFACES[prefix], f"http://localhost/{prefix}")
    schema = schemathesis.openapi.from_dict(document, config=SchemathesisConfig.from_dict(CONFIG))
    schema.app = application
    return schema


@pytest.fixture
def caller(cast, records):
    return Caller(cast, records)


class Caller:
    """A script of the administrator's, that knows the ids of some records."""

    def __init__(self, cast, records):
        # Schemathesis reads no compressed answers of an application that it calls by WSGI.
        self.headers = {"x-API-Key": make_key(cast.ada), "Accept-Encoding": "identity"}
        self.there = {
            "complaints": records.complaint.pk, "objects": records.object.pk, "customers": cast.resold.pk,
            "contacts": records.contact.pk, "articles": records.article.pk, "users": cast.alice.pk,
            "supportcase": records.case.pk, "articleId": records.article.pk, "objectId": records.object.pk,
            "customerId": cast.resold.pk, "customer": cast.resold.pk, "userId": cast.alice.pk,
            "employee": cast.sven.pk, "objectManagerId": cast.alice.pk, "contactIds": records.contact.pk,
            "invoiceRecipientId": records.contact.pk, "invoiceCCRecipientIds": records.contact.pk,
            "parentResellerId": cast.reseller.pk, "ownerId": cast.ada.pk,
        }  # fmt: skip

    def send(self, case):
        """Send it, judge the answer, and take back what it did."""
        with taken_back():
            self.aim(case, path=True)
            response = case.call(headers=self.headers)
            judge(response, lambda: case.validate_response(
                response, headers=self.headers, transport_kwargs={"headers": self.headers}
            ), is_form=case.media_type == "multipart/form-data")  # fmt: skip

    def aim(self, case, *, path):
        """Let most ids that were made up be those of records that are there: the others say enough of the unknown."""
        if path:
            kind = case.path.split("/")[1]
            for name, value in (case.path_parameters or {}).items():
                case.path_parameters[name] = self._known(kind if name == "id" else name, value)
        if isinstance(case.body, dict):
            case.body = self._aimed(case.body)

    def _aimed(self, value, key=""):
        if isinstance(value, dict):
            return {name: self._aimed(inner, name) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._aimed(inner, key) for inner in value[:1]] + value[1:]
        return self._known(key, value)

    def _known(self, key, value):
        made_up = isinstance(value, str) and re.fullmatch("[0-9a-fA-F]{24}", value)
        return self.there[key] if made_up and key in self.there and value[-1] < "c" else value


def judge(response, validate, is_form=False):
    """Let all checks speak; a valid request may be refused only for rules that a schema cannot say. In a form every
    part is text, so nothing that is sent has another type than the description says."""
    try:
        validate()
    except FailureGroup as group:
        explained = all(EXPLAINED.fullmatch(told) for told in _told(response))
        left = [
            one
            for one in group.exceptions
            if not (explained and isinstance(one, RejectedPositiveData))
            and not (is_form and isinstance(one, AcceptedNegativeData))
        ]
        if left:
            raise FailureGroup(left, group.message) from None


def _told(response):
    """Every sentence of a refusal."""
    said = response.json() if response.status_code in (400, 412, 413, 422) else {}
    whole = [said.get("description", said.get("message", "none"))]
    if response.status_code == 412:  # its entries tell what changed since, and are no offences
        return whole
    return [offence["message"] for offence in said.get("errors", [])] or whole


def can_be_written(case):
    """A list or a number as a form is nothing that the client could even put into words."""
    return case.media_type != "multipart/form-data" or isinstance(case.body, (dict, str, bytes, NotSet))


def ask_anything(prefix, id, caller, requests):
    """Requests as the description allows them, and others with something wrong in them."""
    operation = schema_of(prefix).find_operation_by_id(id)
    cases = st.one_of(operation.as_strategy(generation_mode=mode) for mode in GenerationMode)

    @given(case=cases.filter(can_be_written))
    @settings(max_examples=requests, **QUIET)
    def send(case):
        caller.send(case)

    send()


@pytest.mark.slow
@pytest.mark.parametrize(("prefix", "id"), daily(OPERATIONS, *OPERATIONS[::6]))
def test_any_request(prefix, id, caller):
    ask_anything(prefix, id, caller, EXAMPLES)


@pytest.mark.deep
@pytest.mark.parametrize(("prefix", "id"), OPERATIONS)
def test_many_requests(prefix, id, caller):
    ask_anything(prefix, id, caller, MANY)


@pytest.mark.deep
@pytest.mark.parametrize(("prefix", "id"), OPERATIONS)
def test_each_keyword_of_the_schema(prefix, id, caller):
    """The examples, and for each thing that the description says a request that keeps it and one that breaks it."""
    operation = schema_of(prefix).find_operation_by_id(id)
    for strategy in operation.get_strategies_from_examples():
        caller.send(generate_one(strategy))
    how = {"auth_storage": None, "as_strategy_kwargs": {}, "feedback": FeedbackSources()}
    modes, config = list(GenerationMode), operation.schema.config.generation
    for case in CoverageGenerator(
        operation=operation, generation_modes=modes, generation_config=config, **how
    ):
        if can_be_written(case):
            caller.send(case)


def follow_links(prefix, caller, stories):
    """Stories of requests that lead to one another by the links of the description."""

    class Story(schema_of(prefix).as_state_machine()):
        def setup(self):
            self.transaction = taken_back()
            self.transaction.__enter__()

        def teardown(self):
            self.transaction.__exit__(None, None, None)

        def get_call_kwargs(self, case):
            return {"headers": caller.headers}

        def before_call(self, case):
            caller.aim(case, path=False)

        def validate_response(self, response, case, **kwargs):
            how = {"headers": caller.headers, "transport_kwargs": kwargs, "recorder": self.recorder}
            judge(response, lambda: case.validate_response(response, **how))

    Story.run(settings=settings(max_examples=stories, stateful_step_count=6, **QUIET))


@pytest.mark.parametrize("prefix", INTERFACES)
@seldom
def test_what_leads_to_what(prefix, caller):
    follow_links(prefix, caller, STORIES)


@pytest.mark.deep
@pytest.mark.parametrize("prefix", INTERFACES)
def test_what_leads_to_what_for_long(prefix, caller):
    follow_links(prefix, caller, MANY_STORIES)

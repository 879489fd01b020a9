"""Generated sequences of PATCH, composer, edit, undo and import: the round trips of the contract hold."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backoffice.api.tests.clients import ApiClient
from backoffice.exchange.exportables import exportables
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel, Installation
from backoffice.records.history import history_of, record_at, state_at
from backoffice.records.tests.examples import examples
from facility.models import Complaint
from supportdesk.models import SupportCase
from tests.support.rollback import rolled_back

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
BROWSER = ChangeContext(Channel.BROWSER)
COMMAND = ChangeContext(Channel.COMMAND)
TEXTS = st.sampled_from(["", "a", "b", "Two\nlines", "æøå", " spaced "])
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["patch", "patch with base", "compose", "edit", "undo", "reimport", "send back", "old code"]
        ),
        st.integers(0, 2),
        TEXTS,
    ),
    max_size=12,
)


class Conversation:
    """One record with its client. `kinds` are (JSON path, property, messages)."""

    def __init__(self, model, record, url, client, actor, kinds, method):
        self.model, self.pk, self.url, self.client = model, record.pk, url, client
        self.actor, self.kinds, self.method = actor, kinds, method
        self.texts = {kind[2]: self._texts(kind[2]) for kind in kinds}

    @property
    def record(self):
        return self.model.objects.get(pk=self.pk)

    def _texts(self, messages) -> list[str]:
        text = "comment" if messages == "comments" else "text"
        return [message[text] for message in getattr(self.record, messages)]

    def send(self, body, **headers):
        return self.client.send(self.method, self.url, body, **headers)

    def run(self, step, index, text):
        path, column, messages = self.kinds[index % len(self.kinds)]
        before, shown = self.texts[messages], self.read(path) if column else ""
        getattr(self, step.replace(" ", "_"))(path, column, messages, text)
        self.texts = {kind[2]: self._texts(kind[2]) for kind in self.kinds}
        after = self.texts[messages]
        if step != "undo" and step != "edit":
            assert after[: len(before)] == before, "nothing that was said is lost"
        if column and step in ("patch", "patch with base"):
            assert self.read(path) == text
            assert len(after) > len(before) or not text or text == shown
        self.check()

    def read(self, path) -> str:
        value = self.client.get(self.url).json()
        for key in path:
            value = value.get(key, "") if isinstance(value, dict) else ""
        return value or ""

    def body(self, path, text) -> dict:
        for key in reversed(path):
            text = {key: text}
        return text

    def patch(self, path, column, messages, text):
        if not column:
            known = self.client.get(self.url).json()["comments"]
            answer = self.send({"comments": [*known, {"comment": text}]})
            assert answer.status_code == (200 if text.strip() else 422), answer.content
            return
        answer = self.send(self.body(path, text))
        assert answer.status_code == 200, answer.content
        again = self.send(self.body(path, text))
        assert again["ETag"] == answer["ETag"], "the same text is no edit"

    def patch_with_base(self, path, column, messages, text):
        if not column:
            return
        etag = self.client.get(self.url)["ETag"]
        assert self.send(self.body(path, text), if_match=etag).status_code == 200

    def send_back(self, path, column, messages, text):
        read = self.client.get(self.url)
        again = self.send(read.json())
        assert (again.status_code, again["ETag"], again.content) == (200, read["ETag"], read.content)

    def compose(self, path, column, messages, text):
        record = self.record
        if not text.strip():
            return
        field = "comment" if messages == "comments" else "text"
        values = {messages: [*({"id": each["id"]} for each in getattr(record, messages)), {field: text}]}
        services.update(record, values, actor=self.actor, context=BROWSER, base=record.version)
        if column:
            assert self.read(path) == text

    def edit(self, path, column, messages, text):
        record = self.record
        field = "comment" if messages == "comments" else "text"
        own = [
            each
            for each in getattr(record, messages)
            if self.actor.pk in (each.get("author"), each.get("employee"))
        ]
        if not own or not text.strip():
            return
        values = {
            messages: [
                {"id": each["id"]} | ({field: text} if each["id"] == own[-1]["id"] else {})
                for each in getattr(record, messages)
            ]
        }
        services.update(
            record, values, actor=self.actor, context=BROWSER, base=record.version, action="edit_message"
        )

    def undo(self, path, column, messages, text):
        record = self.record
        row = history_of(record).first()
        if services.find_undoable(record, [row], self.actor):
            services.undo(record, row, actor=self.actor, context=BROWSER)

    def reimport(self, *_arguments):
        """Export the record, delete it and import it: its documents are identical."""
        record = self.record
        for _path, column, messages in self.kinds:
            text, rows = column and getattr(record, column), getattr(record, messages)
            if text and not (rows and rows[-1]["text"] == text):
                return  # an import adds the message of the text, too
        subject = next(each for each in exportables().values() if each.model is self.model)
        document, installation = subject.export_document, Installation()
        exported = document.serialize_record(record, installation, document.dialect)
        with rolled_back():
            services.delete(record, actor=installation, context=COMMAND)
            draft = self.model(id=record.pk, company_id=record.company_id)
            parsed = subject.import_document.parse(exported, draft)
            assert not parsed.errors
            values = {name: value for name, value in parsed.values.items() if name in self.model.properties}
            provenance = services.Provenance(
                record.created_at, record.created_by_id, record.last_modified_at, record.last_modified_by_id
            )
            made = services.create(
                self.model,
                values,
                actor=installation,
                context=COMMAND,
                company_id=record.company_id,
                id=record.pk,
                provenance=provenance,
            ).record
            again = document.serialize_record(
                self.model.objects.get(pk=made.pk), installation, document.dialect
            )
            different = {
                name: (exported[name], again[name]) for name in exported if exported[name] != again[name]
            }
            assert different == {}

    def old_code(self, path, column, messages, text):
        """The version before changes the column only."""
        if column and text:
            self.model.objects.filter(pk=self.pk).update(**{column: text})

    def check(self):
        """The history restores every earlier version, and the present one."""
        record = self.record
        assert record_at(record, record.version).version == record.version
        state_at(record, 1)
        for _path, _column, messages in self.kinds:
            rows = getattr(record, messages)
            assert len({each["id"] for each in rows}) == len(rows)


@settings(
    max_examples=examples(200),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
@pytest.mark.parametrize("name", ["complaint", "case"])
def test_generated_sequences_keep_every_text(name, steps, cast, records, key_of):
    with rolled_back():
        if name == "complaint":
            client = ApiClient(key_of(cast.alice))
            kinds = [(("comment",), "comment", "notes"), (("response",), "response", "answers")]
            arguments = (Complaint, records.complaint, f"/v2/complaints/{records.complaint.pk}")
            conversation = Conversation(*arguments, client, cast.alice, kinds, "PATCH")
        else:
            client = ApiClient(key_of(cast.sven))
            kinds = [
                (("privateInformation",), "private_information", "notes"),
                (("response", "answer"), "response_answer", "answers"),
                ((), "", "comments"),
            ]
            arguments = (SupportCase, records.case, f"/iptv/supportcase/{records.case.pk}")
            conversation = Conversation(*arguments, client, cast.sven, kinds, "POST")
        for step, index, text in steps:
            conversation.run(step, index, text)

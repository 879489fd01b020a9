"""“Take next”: the most urgent record without an assignee goes to the user, in the browser and over JSON."""

import pytest
from bs4 import BeautifulSoup

from backoffice.api.tests.clients import ApiClient
from backoffice.api.tests.test_idempotency import overlap_requests
from backoffice.forms.tests.pages import form_data
from backoffice.people.tests.factories import UserFactory
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.exceptions import Forbidden
from backoffice.records.history import history_of
from backoffice.records.writes import taking
from backoffice.web.views import take_next as view
from facility.models import Complaint
from facility.tests.factories import ComplaintFactory
from supportdesk.models import SupportCase
from supportdesk.tests.factories import SupportCaseFactory

pytestmark = pytest.mark.django_db
COMMAND = ChangeContext(Channel.COMMAND)
JSON = {Complaint: "/v2/complaints/takeNext", SupportCase: "/iptv/supportcase/takeNext"}
PAGE = {Complaint: "/complaints", SupportCase: "/cases"}
WORKER = {Complaint: "alice", SupportCase: "sven"}
MODELS = pytest.mark.parametrize("model", [Complaint, SupportCase])


@pytest.fixture
def waiting(cast, records):
    """`waiting(model)` creates records of which four wait, besides those that exist, and returns the ids of all that
    wait in the order in which they are to be taken."""

    def create(model) -> list[str]:
        def make(**values):
            if model is Complaint:
                return ComplaintFactory(company=cast.company, object=records.object.pk, **values).pk
            return SupportCaseFactory(company=cast.company, **values).pk

        low, critical, high, later = (make(priority=priority) for priority in (1, 4, 3, 4))
        make(priority=4, status=2)
        make(priority=4, **{model.assignee_property: cast.ada.pk})
        done = model.objects.get(pk=make(priority=4))
        if model is Complaint:
            services.update(done, {}, actor=cast.ada, context=COMMAND, action="finish")
        else:
            services.update(done, {"solved": True}, actor=cast.ada, context=COMMAND)
        existing = (records.complaint if model is Complaint else records.case).pk
        return [critical, later, high, existing, low]

    return create


def assignee_of(model, pk):
    return getattr(model.objects.get(pk=pk), f"{model.assignee_property}_id")


@MODELS
def test_scripts_take_one_after_the_other_until_nothing_waits(model, cast, waiting, key_of):
    order, worker = waiting(model), getattr(cast, WORKER[model])
    script = ApiClient(key_of(worker))
    for pk in order:
        answer = script.post(JSON[model], None)
        assert (answer.status_code, answer.json()["_id"]) == (200, pk)
        assert assignee_of(model, pk) == worker.pk
        assert answer["ETag"] == f'"{model.objects.get(pk=pk).version}"'
        assert history_of(model.objects.get(pk=pk)).first().via == "json"
    nothing = script.post(JSON[model], {})
    assert nothing.status_code == 404
    texts = nothing.json()
    if model is SupportCase:
        assert (texts["code"], texts["message"]) == (404, "not_found")
    assert "No " in str(texts) and "is waiting." in str(texts)


@MODELS
def test_pages_have_a_button_that_takes_the_next_one(model, cast, waiting, as_user):
    order, worker = waiting(model), getattr(cast, WORKER[model])
    browser = as_user(worker)
    for page, pk in zip(("/", PAGE[model]), order, strict=False):
        soup = BeautifulSoup(browser.get(page).content, "lxml")
        (form,) = [each for each in soup.select("form.take-next") if each["action"].startswith(PAGE[model])]
        assert form.button.get_text(strip=True) == "Take next"
        answer = browser.post(form["action"], form_data(form), follow=True)
        assert answer.redirect_chain[-1][0] == f"{PAGE[model]}/{pk}"
        assert "Assigned to you." in answer.content.decode()
        assert assignee_of(model, pk) == worker.pk
        # Twice (a double click): the same one again, and no other.
        again = browser.post(form["action"], form_data(form), follow=True)
        assert again.redirect_chain[-1][0] == f"{PAGE[model]}/{pk}"
        assert "You have already taken this one." in again.content.decode()
    assert [assignee_of(model, pk) for pk in order[2:]] == [None, None, None]
    for _each in order[2:]:
        browser.post(f"{PAGE[model]}/take-next")
    last = browser.post(f"{PAGE[model]}/take-next", follow=True)
    assert last.redirect_chain[-1][0] == PAGE[model]
    assert "Nothing is waiting" in last.content.decode()


@MODELS
def test_a_form_sent_twice_at_once_takes_one(model, cast, waiting, as_user, monkeypatch):
    order, worker = waiting(model), getattr(cast, WORKER[model])
    browser = as_user(worker)
    form = BeautifulSoup(browser.get(PAGE[model]).content, "lxml").select_one("form.take-next")
    browser.post(form["action"], form_data(form))
    overlap_requests(monkeypatch, view)
    browser.post(form["action"], form_data(form))
    assert [assignee_of(model, pk) for pk in order[:2]] == [worker.pk, None]


@MODELS
def test_a_repeated_request_gets_the_record_of_the_first(model, cast, waiting, key_of):
    order, script = waiting(model), ApiClient(key_of(getattr(cast, WORKER[model])))
    first, again = (script.post(JSON[model], {}, idempotency_key="k1") for _each in range(2))
    assert first.json() == again.json() and first.json()["_id"] == order[0]
    assert again["Idempotent-Replayed"] == "true"
    assert script.post(JSON[model], {}, idempotency_key="k2").json()["_id"] == order[1]
    unknown = script.post(JSON[model], {"priority": 4})
    assert unknown.json()["errors"][0]["field"] == "priority"
    assert assignee_of(model, order[2]) is None


@MODELS
def test_who_may_not_change_the_records_takes_none(model, cast, waiting, key_of, as_user):
    order = waiting(model)
    for who in ("vera", "rikke"):
        browser, script = as_user(getattr(cast, who)), ApiClient(key_of(getattr(cast, who)))
        assert browser.post(f"{PAGE[model]}/take-next").status_code == 403
        assert script.post(JSON[model], {}).status_code == 403
        assert not BeautifulSoup(browser.get("/").content, "lxml").select("form.take-next")
    reader = ApiClient(key_of(getattr(cast, WORKER[model]), scopes=["facility:read", "supportdesk:read"]))
    assert reader.post(JSON[model], {}).status_code == 403
    assert all(assignee_of(model, pk) is None for pk in order)
    with pytest.raises(Forbidden):
        services.take_next(model, actor=cast.vera, context=COMMAND)


@MODELS
def test_nobody_takes_a_record_of_another_company(model, cast, waiting, key_of):
    """A superuser without a company cannot be an assignee."""
    order = waiting(model)
    assert ApiClient(key_of(cast.root)).post(JSON[model], {}).json()["_id"] == order[0]
    without = UserFactory(company=None, username="ops", is_superuser=True)
    with pytest.raises(Forbidden):
        services.take_next(model, actor=without, context=COMMAND)
    elsewhere = UserFactory(company=cast.elsewhere, roles=["Administrator"])
    taken = services.take_next(model, actor=elsewhere, context=COMMAND)
    assert taken.record.company_id == cast.elsewhere.pk
    assert services.take_next(model, actor=elsewhere, context=COMMAND) is None


@MODELS
@pytest.mark.parametrize("change", ["taken", "closed", "deleted", "edited"])
def test_a_record_that_changes_meanwhile_is_looked_at_again(model, change, cast, waiting, monkeypatch):
    """Between choosing and writing, another person takes, closes, deletes or edits the most urgent one."""
    order, worker = waiting(model), getattr(cast, WORKER[model])
    present = model.objects.get(pk=order[0])
    real, runs = taking.update, []

    def interfere(record, values, **how):
        if not runs:
            if change == "taken":
                real(present, {model.assignee_property: cast.ada.pk}, actor=cast.ada, context=COMMAND)
            elif change == "deleted":
                services.delete(present, actor=cast.ada, context=COMMAND)
            elif change == "edited":
                real(present, {"status": 7}, actor=cast.ada, context=COMMAND)
                real(model.objects.get(pk=order[0]), {"status": 1}, actor=cast.ada, context=COMMAND)
            elif model is Complaint:
                real(present, {}, actor=cast.ada, context=COMMAND, action="finish")
            else:
                real(present, {"solved": True}, actor=cast.ada, context=COMMAND)
        runs.append(record.pk)
        return real(record, values, **how)

    monkeypatch.setattr(taking, "update", interfere)
    taken = services.take_next(model, actor=worker, context=COMMAND).record
    expected = order[0] if change == "edited" else order[1]
    assert (taken.pk, runs) == (expected, [order[0], expected])


def test_the_literal_path_is_no_id(cast, records, key_of):
    """`/iptv/supportcase/{id}` updates a case; an id has 24 hexadecimal digits."""
    script = ApiClient(key_of(cast.sven))
    assert script.get("/iptv/supportcase/takeNext").status_code == 405
    assert script.post("/iptv/supportcase/takenext", {}).status_code == 404
    assert script.post(f"/iptv/supportcase/{records.case.pk}", {"solved": True}).json()["solved"] is True
    assert script.post("/iptv/supportcase/takeNext/", {}).status_code == 404  # nothing waits any more

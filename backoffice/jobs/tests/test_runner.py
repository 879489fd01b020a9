"""Background jobs: adding, claiming, retrying and giving up."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import OperationalError

from backoffice.db.transactions import LOCK_PAUSE, atomic, has_one_writer
from backoffice.jobs import runner, worker
from backoffice.jobs.kinds import JobFailed, JobKind, Lane, kinds
from backoffice.jobs.models import QueuedJob
from backoffice.jobs.outbox import drop, enqueue, retry
from backoffice.jobs.runner import RETRY_DELAYS, claim, find_due_lanes, run_due
from backoffice.lists.models import SavedView
from backoffice.records.fields import now

pytestmark = pytest.mark.django_db


@pytest.fixture
def add_kind(monkeypatch):
    """Register a kind of jobs for a test."""

    def add(handler, name="test.job", **options):
        monkeypatch.setitem(kinds, name, JobKind(name=name, label="Test", handler=handler, **options))

    return add


def make_due() -> None:
    QueuedJob.objects.filter(state="waiting").update(due_at=now() - timedelta(seconds=1))


def fail_with(error):
    def handler(run):
        raise error

    return handler


def test_a_rolled_back_change_leaves_no_job(add_kind):
    add_kind(lambda run: None)
    with pytest.raises(ZeroDivisionError), atomic():
        enqueue("test.job")
        raise ZeroDivisionError
    assert not QueuedJob.objects.exists()


def test_a_job_that_is_done_has_no_row(add_kind):
    done = []
    add_kind(lambda run: done.append(run.job.params))
    enqueue("test.job", params={"record": "a"})
    enqueue("test.job", params={"record": "b"}, due_at=now() + timedelta(minutes=1))
    assert run_due() == 1
    assert done == [{"record": "a"}]
    assert [job.params for job in QueuedJob.objects.all()] == [{"record": "b"}]


def test_the_effects_of_a_failed_attempt_are_rolled_back(add_kind, cast):
    def handler(run):
        SavedView.objects.create(owner=cast.alice, record_type="people.user", name="Made")
        if run.attempts == 1:
            raise ValueError

    add_kind(handler)
    enqueue("test.job")
    run_due()
    assert not SavedView.objects.filter(name="Made").exists()
    make_due()
    run_due()
    assert SavedView.objects.filter(name="Made").count() == 1
    assert not QueuedJob.objects.exists()


def test_failures_are_retried_later_and_later_then_given_up(add_kind, caplog):
    add_kind(fail_with(JobFailed("The server is away.")))
    enqueue("test.job")
    for number, delay in enumerate(RETRY_DELAYS, 1):
        make_due()
        began = now()
        assert run_due() == 1
        job = QueuedJob.objects.get()
        seconds = (job.due_at - began).total_seconds()
        assert delay * 0.79 < seconds < delay * 1.21 + 5
        assert (job.state, job.attempts, job.worker, job.reason) == (
            "waiting",
            number,
            "",
            "The server is away.",
        )
    make_due()
    assert run_due() == 1
    job = QueuedJob.objects.get()
    assert (job.state, job.worker, job.reason) == ("given up", "", "The server is away.")
    make_due()
    assert run_due() == 0
    assert "was given up: The server is away." in caplog.text


def test_a_permanent_failure_is_given_up_at_once(add_kind):
    add_kind(fail_with(JobFailed("The address does not exist.", is_permanent=True)))
    enqueue("test.job")
    run_due()
    assert QueuedJob.objects.get().state == "given up"


def test_the_reason_has_no_data_of_an_unexpected_error(add_kind):
    add_kind(fail_with(ValueError("karen@example.dk")))
    enqueue("test.job")
    run_due()
    assert QueuedJob.objects.get().reason == "ValueError"


def test_an_unavailable_database_is_no_attempt(add_kind):
    add_kind(fail_with(OperationalError("database is locked")), is_atomic=False)
    enqueue("test.job")
    for _attempt in range(10):
        with pytest.raises(OperationalError):
            run_due()
    job = QueuedJob.objects.get()
    assert (job.state, job.attempts, job.worker) == ("waiting", 0, "")


def test_two_workers_never_do_the_same_job(add_kind):
    done = []
    add_kind(lambda run: done.append(run.worker))
    enqueue("test.job")
    stop = worker.threading.Event()
    first = claim("first", ["test.job"], stop)
    assert claim("second", ["test.job"], stop) is None
    make_due()  # the lease of the first expires
    second = claim("second", ["test.job"], stop)
    first.execute()
    assert done == []
    second.execute()
    assert done == ["second"]
    assert not QueuedJob.objects.exists()


def test_a_job_that_ends_its_worker_each_time_is_given_up(add_kind):
    add_kind(lambda run: None)
    enqueue("test.job")
    for _attempt in range(len(RETRY_DELAYS) + 1):
        assert claim("killed", ["test.job"], worker.threading.Event())
        make_due()
    assert claim("other", ["test.job"], worker.threading.Event()) is None
    assert (QueuedJob.objects.get().state, QueuedJob.objects.get().reason) == (
        "given up",
        runner.WORKER_ENDED,
    )


def test_a_long_job_with_progress_may_be_interrupted_often(add_kind):
    add_kind(lambda run: None, lane=Lane.LONG, is_atomic=False)
    enqueue("test.job")
    for _attempt in range(20):
        run = claim("killed", ["test.job"], worker.threading.Event())
        assert run.renew_lease(has_progressed=True)
        make_due()
    run_due()
    assert not QueuedJob.objects.exists()


def test_jobs_with_one_key_are_one_job(add_kind):
    add_kind(lambda run: None)
    for _time in range(3):
        with atomic():
            enqueue("test.job", key="report of a")
    with atomic():
        enqueue("test.job", key="report of b")
    assert QueuedJob.objects.count() == 2
    assert run_due() == 2


def test_a_job_is_done_again_if_its_key_is_added_while_it_runs(add_kind):
    done = []

    def handler(run):
        done.append(run.worker)
        if len(done) == 1:
            with atomic():
                enqueue("test.job", key="report of a")

    add_kind(handler, is_atomic=False)
    with atomic():
        enqueue("test.job", key="report of a")
    run_due()
    assert len(done) == 2
    assert not QueuedJob.objects.exists()


def test_a_job_that_was_given_up_is_done_if_its_key_is_added(add_kind):
    add_kind(fail_with(JobFailed("x", is_permanent=True)))
    with atomic():
        enqueue("test.job", key="a")
    run_due()
    add_kind(lambda run: None)
    with atomic():
        enqueue("test.job", key="a")
    run_due()
    assert not QueuedJob.objects.exists()


def test_a_scheduled_job_waits_for_its_next_time_and_is_never_given_up(add_kind, monkeypatch):
    results = [None, *[ValueError()] * 10, None]

    def handler(run):
        if error := results.pop(0):
            raise error

    for name in list(kinds):
        monkeypatch.delitem(kinds, name)
    add_kind(handler, every=timedelta(hours=1), is_atomic=False)
    for _start in range(2):
        worker.ensure_schedules()
    job = QueuedJob.objects.get()
    assert timedelta(minutes=4) < job.due_at - now() <= timedelta(minutes=5)
    while results:
        make_due()
        assert run_due() == 1
    job = QueuedJob.objects.get()
    assert (job.state, job.attempts, job.reason) == ("waiting", 0, "")
    assert timedelta(minutes=59) < job.due_at - now() <= timedelta(hours=1)


def test_a_scheduled_job_whose_worker_ended_after_many_failures_is_not_given_up(add_kind, monkeypatch):
    def handler(run):
        raise ValueError

    for name in list(kinds):
        monkeypatch.delitem(kinds, name)
    kind = add_kind(handler, every=timedelta(hours=1))
    worker.ensure_schedules()
    for _time in range(len(RETRY_DELAYS) + 1):
        make_due()
        run_due()
    make_due()
    assert claim("killed", list(kinds), threading.Event())
    make_due()
    run_due()
    assert QueuedJob.objects.get().state == "waiting", kind


def test_jobs_of_a_later_version_are_left_to_it(add_kind):
    QueuedJob(kind="later.version", key="x").save(force_insert=True)
    assert find_due_lanes() == set()
    assert run_due() == 0
    assert QueuedJob.objects.filter(state="waiting").exists()


def test_an_idle_process_makes_one_query_in_five_seconds(add_kind, django_assert_num_queries):
    assert worker.POLL_INTERVAL == 5
    idle = worker.Worker()
    idle._wake_due_lanes()  # adds the schedules
    with django_assert_num_queries(1):
        idle._wake_due_lanes()
    assert idle.lanes == {}


def test_retry_and_drop_leave_running_jobs_alone(add_kind):
    add_kind(fail_with(JobFailed("x", is_permanent=True)))
    for _number in range(3):
        enqueue("test.job")
    running = claim("one", ["test.job"], worker.threading.Event())
    run_due()
    everything = QueuedJob.objects.all()
    add_kind(lambda run: None)
    first = QueuedJob.objects.filter(state="given up").first()
    assert drop(everything.filter(pk__in=[first.pk, running.job.pk])) == 1
    assert retry(everything) == 1
    assert run_due() == 1
    assert list(everything.values_list("pk", flat=True)) == [running.job.pk]


def test_a_serving_process_leaves_the_lock_between_two_jobs_on_sqlite(add_kind, monkeypatch):
    monkeypatch.setattr("backoffice.jobs.outbox.wake", lambda lane: None)
    pauses, done = [], []
    add_kind(lambda run: done.append(run.job.pk))

    class Stop(threading.Event):
        def wait(self, timeout=None):
            pauses.append(timeout)
            return False

    for _each in range(2):
        enqueue("test.job")
    run_due(stop=Stop())
    assert len(done) == 2
    assert pauses == [LOCK_PAUSE if has_one_writer() else 0] * 2


@pytest.fixture
def running_worker(monkeypatch):
    """A running worker without a database, the lanes that it has worked on, and its queries for due ones."""
    done, queries, running = [], [], worker.Worker()
    running.has_schedules = True
    monkeypatch.setattr(worker, "run_due", lambda lanes, *args: done.extend(lanes))
    monkeypatch.setattr(worker, "find_due_lanes", lambda: queries.append(1) or {Lane.QUICK})
    yield running, done, queries
    running.stop()


def wait_until(condition):
    deadline = time.monotonic() + 10
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert condition()


def test_a_new_job_wakes_its_lane_without_a_query(running_worker):
    running, done, queries = running_worker
    running.start()
    wait_until(lambda: set(done) == {Lane.QUICK})
    running.wake(Lane.MAIL)
    wait_until(lambda: set(done) == {Lane.QUICK, Lane.MAIL})
    assert len(queries) == 1


def test_a_thread_that_cannot_be_started_is_started_later(running_worker, monkeypatch):
    running, done, _queries = running_worker
    start, failures = worker._LaneThread.start, [RuntimeError("can't start new thread")]

    def fail_once(thread):
        if failures:
            raise failures.pop()
        start(thread)

    monkeypatch.setattr(worker._LaneThread, "start", fail_once)
    monkeypatch.setattr(worker, "POLL_INTERVAL", 0.1)
    running.start()
    wait_until(lambda: Lane.QUICK in done)


def test_twenty_due_jobs_are_fetched_at_once(add_kind, monkeypatch):
    monkeypatch.setattr("backoffice.jobs.outbox.wake", lambda lane: None)
    fetched, find_due = [], runner._due
    add_kind(lambda run: None)
    for _each in range(runner.FETCH_SIZE):
        enqueue("test.job")
    monkeypatch.setattr(runner, "_due", lambda names: fetched.append(1) or find_due(names))
    assert run_due() == runner.FETCH_SIZE
    assert len(fetched) == 2

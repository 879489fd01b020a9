"""Object ids: sorted by time, and impossible to guess."""

import itertools
import multiprocessing
import threading

import pytest

from backoffice.db import object_ids
from backoffice.db.object_ids import is_object_id, new_object_id
from facility.models import Article
from facility.tests.factories import ArticleFactory

pytestmark = pytest.mark.attack
TIME, RANDOM = slice(0, 14), slice(14, 24)
MANY = 5000


def test_ids_are_sorted_by_time():
    ids = [new_object_id() for _each in range(MANY)]
    assert ids == sorted(ids) and all(map(is_object_id, ids))
    times = [object_id[TIME] for object_id in ids]
    assert len(set(times)) == MANY


def test_ids_are_sorted_when_the_clock_goes_back(monkeypatch):
    before = new_object_id()
    monkeypatch.setattr(object_ids.time, "time_ns", lambda: 0)
    assert before < new_object_id() < new_object_id()


def test_each_id_has_a_random_part_of_its_own():
    """Each of the 40 random bits is set in half of the ids, and no id follows from the one before."""
    parts = [int(new_object_id()[RANDOM], 16) for _each in range(MANY)]
    assert len(set(parts)) == MANY
    for bit in range(40):
        assert 0.44 < sum(part >> bit & 1 for part in parts) / MANY < 0.56
    steps = [(after - before) % 2**40 for before, after in itertools.pairwise(parts)]
    assert len(set(steps)) == len(steps) and min(steps) > 1


def test_threads_create_no_duplicate_ids():
    ids: list[list[str]] = [[] for _each in range(4)]

    def make(thread_ids):
        thread_ids += [new_object_id() for _each in range(1000)]

    threads = [threading.Thread(target=make, args=[thread_ids]) for thread_ids in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({object_id for thread_ids in ids for object_id in thread_ids}) == 4000
    assert all(thread_ids == sorted(thread_ids) for thread_ids in ids)


def _send(queue):
    queue.put([new_object_id() for _each in range(100)])


@pytest.mark.deep
def test_a_forked_worker_creates_other_ids():
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    children = [context.Process(target=_send, args=[queue]) for _each in range(2)]
    with object_ids._lock:  # as another thread of the parent may hold it
        for child in children:
            child.start()
    ids = [queue.get(timeout=30), queue.get(timeout=30), [new_object_id() for _each in range(100)]]
    for child in children:
        child.join()
    assert len({object_id[RANDOM] for ids_of_process in ids for object_id in ids_of_process}) == 300


def test_records_are_listed_in_the_order_of_their_creation(cast):
    ids = [ArticleFactory(company=cast.company).pk for _each in range(5)]
    assert list(Article.objects.filter(pk__in=ids).order_by("pk").values_list("pk", flat=True)) == ids
    assert len({pk[RANDOM] for pk in ids}) == 5

"""Memory is bounded between all stages, and nobody waits for ever."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from damsight_consumer.bounds import ByteBudget, ByteQueue
from damsight_consumer.errors import AbandonedError
from damsight_consumer.records import Lane

LIVE, BACKFILL = Lane.LIVE, Lane.BACKFILL


def test_a_full_queue_says_so_and_takes_what_was_made_already() -> None:
    """Who makes more asks before; what is in hand never waits, since what is live would wait behind it."""
    queue: ByteQueue[str] = ByteQueue(10)
    assert queue.has_room(LIVE)
    queue.put("a", 11, LIVE)
    assert not queue.has_room(LIVE)
    queue.put("b", 8, LIVE)
    assert list(queue.take(1, 100)) == ["a"]
    assert queue.has_room(LIVE)
    assert list(queue.take(10, 100)) == ["b"]


def test_an_empty_queue_takes_what_is_larger_than_itself() -> None:
    """Otherwise a single large item could never pass."""
    queue: ByteQueue[str] = ByteQueue(10)
    queue.put("large", 1000, LIVE)
    assert list(queue.take(1, 1)) == ["large"]


def test_a_take_brings_all_that_is_there_up_to_both_limits() -> None:
    """Greedy batches: by number and by bytes, at least one."""
    queue: ByteQueue[int] = ByteQueue(1000)
    for number in range(6):
        queue.put(number, 10, LIVE)
    assert list(queue.take(2, 1000)) == [0, 1]
    assert list(queue.take(10, 25)) == [2, 3]
    assert list(queue.take(10, 1)) == [4]
    assert list(queue.take(10, 1000)) == [5]


def test_a_closed_queue_frees_everybody() -> None:
    """What comes later is dropped; a consumer gets what is left, then nothing, even where it waited already."""
    queue: ByteQueue[str] = ByteQueue(1)
    queue.put("a", 1, LIVE)
    assert list(queue.take(10, 100)) == ["a"]
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(queue.take, 10, 100)
        time.sleep(0.02)
        assert not waiting.done()
        queue.close()
        assert list(waiting.result(5)) == []
    queue.put("b", 1, LIVE)
    assert list(queue.take(10, 100)) == []


def test_what_is_live_goes_first_and_is_not_mixed_with_the_rest() -> None:
    """A live item that comes after a thousand of the backfill is in the next batch, and alone in it."""
    queue: ByteQueue[str] = ByteQueue(10_000)
    for _ in range(1000):
        queue.put("old", 1, BACKFILL)
    queue.put("new", 1, LIVE)
    assert list(queue.take(100, 1000)) == ["new"]
    assert list(queue.take(100, 1000)) == ["old"] * 100


def test_a_batch_of_the_backfill_may_be_smaller() -> None:
    """What is live waits for it; what is live itself goes in batches of any size."""
    queue: ByteQueue[int] = ByteQueue(1000)
    queue.put_all([(number, 1) for number in range(9)], BACKFILL)
    assert len(queue.take(6, 1000, backfill=4)) == 4
    queue.put_all([(number, 1) for number in range(9)], LIVE)
    assert len(queue.take(6, 1000, backfill=4)) == 6


def test_a_quiet_times_batch_of_the_backfill_has_a_bound_of_its_own() -> None:
    """While nothing live comes, a batch of the backfill holds as many as that bound; live ones are not bound by it."""
    queue: ByteQueue[int] = ByteQueue(1000, lively=lambda: False)
    for number in range(8):
        queue.put(number, 1, Lane.BACKFILL)
    assert len(queue.take(8, 1000, backfill=1, quiet_backfill=5)) == 5
    for number in range(8):
        queue.put(number, 1, Lane.LIVE)
    assert len(queue.take(8, 1000, backfill=1, quiet_backfill=5)) == 8
    assert len(queue.take(8, 1000, backfill=1)) == 3


def test_a_full_backfill_holds_up_nothing_live() -> None:
    """Each lane has room of its own."""
    queue: ByteQueue[str] = ByteQueue(10)
    queue.put("old", 11, BACKFILL)
    assert not queue.has_room(BACKFILL)
    assert queue.has_room(LIVE)
    queue.put("new", 10, LIVE)
    assert list(queue.take(10, 100)) == ["new"]


def test_a_budget_is_never_overdrawn() -> None:
    """Twenty threads with shares of 1 to 7 of 10 bytes: what is held at once stays within 10."""
    budget, held, highest, lock = ByteBudget(10), 0, 0, threading.Lock()

    def work(size: int) -> None:
        nonlocal held, highest
        share = budget.reservation()
        share.take(size)
        with lock:
            held += size
            highest = max(highest, held)
        time.sleep(0.002)
        with lock:
            held -= size
        share.give_back()
        share.give_back()

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(work, [number % 7 + 1 for number in range(100)]))
    assert 0 < highest <= 10


def test_what_is_larger_than_the_budget_gets_all_of_it_alone() -> None:
    """A file larger than the whole budget still passes."""
    budget = ByteBudget(10)
    share = budget.reservation()
    share.take(1000)
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(budget.take, 1)
        time.sleep(0.02)
        assert not other.done()
        share.give_back()
        assert other.result(5) == 1


def test_a_closed_budget_frees_who_waits() -> None:
    """They give up, and the event comes again."""
    budget = ByteBudget(1)
    budget.take(1)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(budget.take, 1)
        time.sleep(0.02)
        budget.close()
        with pytest.raises(AbandonedError):
            waiting.result(5)


def test_a_backfills_batch_is_bounded_in_bytes_of_its_own() -> None:
    """One media with many parts goes alone; what is live is bounded as before."""
    queue: ByteQueue[str] = ByteQueue(1000)
    for lane in (Lane.BACKFILL, Lane.LIVE):
        for name in "abc":
            queue.put(name, 40, lane)
    assert queue.take(9, 200, backfill=8, backfill_bytes=100) == ["a", "b", "c"]
    assert queue.take(9, 200, backfill=8, backfill_bytes=100) == ["a", "b"]
    assert queue.take(9, 200, backfill=8, backfill_bytes=10) == ["c"]

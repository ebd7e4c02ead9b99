"""What is live is begun first."""

import threading
from concurrent.futures import CancelledError

import pytest

from damsight_consumer.priority import PriorityPool
from damsight_consumer.records import Lane


def test_lanes_are_begun_in_their_order() -> None:
    """Behind what is already begun, lanes go in their order, and within a lane the first come goes first."""
    pool, gate, done = PriorityPool(1, "test"), threading.Event(), list[str]()
    first = pool.submit(Lane.BACKFILL, lambda: gate.wait(60))
    for lane, name in [(Lane.BACKFILL, "b1"), (Lane.RETRY, "r"), (Lane.BACKFILL, "b2")]:
        pool.submit(lane, lambda name=name: done.append(name))  # type: ignore[misc]  # mypy sees no default in a lambda
    last = pool.submit(Lane.BACKFILL, lambda: None)
    gate.set()
    assert first.result(60) is True
    last.result(60)
    pool.shutdown()
    assert done == ["r", "b1", "b2"]


def test_live_work_does_not_wait_for_what_is_begun() -> None:
    """With every thread busy on something long of another lane, what is live is begun at once, and nothing else is."""
    pool, gate, begun = PriorityPool(2, "test"), threading.Event(), threading.Barrier(3)

    def work() -> bool:
        begun.wait(60)
        return gate.wait(60)

    busy = [pool.submit(Lane.BACKFILL, work) for _ in range(2)]
    begun.wait(60)
    retried = pool.submit(Lane.RETRY, gate.is_set)
    assert pool.submit(Lane.LIVE, gate.is_set).result(60) is False
    assert not retried.done()
    gate.set()
    assert retried.result(60) is True
    assert all(one.result(60) for one in busy)
    pool.shutdown()


def test_an_error_is_the_futures_own() -> None:
    """One call's error ends neither the thread nor the next call."""
    pool = PriorityPool(1, "test")
    failing = pool.submit(Lane.LIVE, lambda: 1 // 0)
    assert pool.submit(Lane.LIVE, lambda: 7).result(60) == 7
    with pytest.raises(ZeroDivisionError):
        failing.result(60)
    pool.shutdown()


def test_a_shutdown_cancels_what_has_not_begun() -> None:
    """Who waits for it hears of it, what was begun ends, and nothing more is taken."""
    pool, gate, begun = PriorityPool(1, "test"), threading.Event(), threading.Event()

    def work() -> int:
        begun.set()
        gate.wait(60)
        return 1

    running, waiting = pool.submit(Lane.RETRY, work), pool.submit(Lane.RETRY, lambda: 2)
    assert begun.wait(60)
    waiting.add_done_callback(lambda _: gate.set())
    pool.shutdown()
    assert running.result(60) == 1
    with pytest.raises(CancelledError):
        waiting.result(60)
    with pytest.raises(RuntimeError, match="shut down"):
        pool.submit(Lane.LIVE, lambda: 3)

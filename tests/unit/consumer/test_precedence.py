"""What is live goes first: gates close while it is under way, and never for good."""

import threading

from damsight_consumer.bounds import ByteQueue
from damsight_consumer.precedence import Precedence
from damsight_consumer.priority import PriorityPool
from damsight_consumer.records import Lane

PATIENCE_S = 120


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_others_wait_while_something_live_is_under_way() -> None:
    """A gate is open, closes for other lanes when a live event begins, and opens when the last one ends."""
    precedence = Precedence(clock=Clock())
    gate, first, second = precedence.gate(), object(), object()
    assert gate.admits(Lane.BACKFILL)
    precedence.began(first)
    precedence.began(second)
    assert gate.admits(Lane.LIVE)
    assert not gate.admits(Lane.BACKFILL)
    assert not gate.admits(Lane.RETRY)
    precedence.ended(first)
    assert not gate.admits(Lane.BACKFILL)
    precedence.ended(second)
    assert gate.admits(Lane.BACKFILL)


def test_a_live_event_that_waits_for_a_storage_holds_up_nobody_for_long() -> None:
    """After half a second an event that is still under way no longer closes the gates; a newer one does."""
    clock = Clock()
    precedence = Precedence(held_s=0.5, clock=clock)
    gate = precedence.gate()
    precedence.began(object())
    assert not gate.admits(Lane.BACKFILL)
    clock.now += 0.6
    assert gate.admits(Lane.BACKFILL)
    precedence.began(object())
    assert not gate.admits(Lane.BACKFILL)


def test_however_much_is_live_a_step_is_made_now_and_then() -> None:
    """Under live events without end, each gate lets a step through once in its longest rest, and no more."""
    clock = Clock()
    precedence = Precedence(held_s=0.5, longest_rest_s=0.25, clock=clock)
    gate = precedence.gate()
    steps = 0
    for _ in range(100):
        precedence.began(object())
        steps += gate.admits(Lane.BACKFILL)
        clock.now += 0.05
    assert 15 <= steps <= 21


def test_whoever_waits_is_woken_when_the_last_live_event_ends() -> None:
    """A queue that holds old work back gives it out once nothing live is left, without a timeout of the test's."""
    precedence = Precedence(held_s=1e9, longest_rest_s=1e9)
    queue: ByteQueue[str] = ByteQueue(100, admits=precedence.gate().admits)
    precedence.listen(queue.wake)
    live, taken = object(), list[str]()
    precedence.began(live)
    queue.put("old", 1, Lane.BACKFILL)
    thread = threading.Thread(target=lambda: taken.extend(queue.take(5, 100)))
    thread.start()
    thread.join(0.2)
    assert taken == []
    queue.put("new", 1, Lane.LIVE)
    thread.join(PATIENCE_S)
    assert taken == ["new"]
    precedence.ended(live)
    assert queue.take(5, 100) == ["old"]


def test_a_closed_queue_gives_out_what_was_held_back() -> None:
    """When the consumer stops, what waits for leave is not forgotten."""
    queue: ByteQueue[str] = ByteQueue(100, admits=lambda lane: lane is Lane.LIVE)
    queue.put("old", 1, Lane.BACKFILL)
    queue.close()
    assert queue.take(5, 100) == ["old"]
    assert queue.take(5, 100) == []


def test_a_pool_begins_what_is_live_past_what_is_held_back() -> None:
    """A thread of the pool is free for live work while old work waits for leave, and does the old work after it."""
    allowed, done = threading.Event(), list[str]()
    pool = PriorityPool(1, "test", admits=lambda lane: lane is Lane.LIVE or allowed.is_set())
    old = pool.submit(Lane.BACKFILL, lambda: done.append("old"))
    pool.submit(Lane.LIVE, lambda: done.append("new")).result(PATIENCE_S)
    assert done == ["new"]
    allowed.set()
    pool.wake()
    old.result(PATIENCE_S)
    assert done == ["new", "old"]
    pool.shutdown()


def test_a_thread_of_another_lane_gives_way_and_comes_back() -> None:
    """Giving way ends when nothing live is left, or after the time that the thread has; what is live never waits."""
    precedence = Precedence(held_s=1e9)
    live = object()
    precedence.began(live)
    precedence.give_way(Lane.LIVE, PATIENCE_S)
    precedence.give_way(Lane.BACKFILL, 0.01)
    thread = threading.Thread(target=lambda: precedence.give_way(Lane.BACKFILL, PATIENCE_S))
    thread.start()
    precedence.ended(live)
    thread.join(PATIENCE_S / 2)
    assert not thread.is_alive()


def test_a_lane_may_have_a_taker_of_its_own() -> None:
    """Who takes only what is live leaves old work to others."""
    queue: ByteQueue[str] = ByteQueue(100)
    queue.put("old", 1, Lane.BACKFILL)
    queue.put("new", 1, Lane.LIVE)
    assert queue.take(5, 100, lanes=(Lane.LIVE,)) == ["new"]
    queue.close()
    assert queue.take(5, 100, lanes=(Lane.LIVE,)) == []
    assert queue.take(5, 100) == ["old"]


def test_a_backfill_works_in_whole_batches_while_nothing_live_comes() -> None:
    """Small batches are the price of live events: ten seconds after the last one, a backfill has whole ones again."""
    clock = Clock()
    precedence = Precedence(clock=clock)
    queue: ByteQueue[str] = ByteQueue(100, lively=precedence.is_lively)
    for _ in range(3):
        queue.put_all([("old", 1)] * 8, Lane.BACKFILL)
        if not precedence.is_lively():
            assert len(queue.take(8, 100, backfill=2)) == 8
            live = object()
            precedence.began(live)
            precedence.ended(live)
        else:
            assert [len(queue.take(8, 100, backfill=2)) for _ in range(4)] == [2, 2, 2, 2]
            clock.now += 11


def test_what_is_made_ahead_stays_bounded_although_no_put_waits() -> None:
    """While nobody takes, threads make no more than the queue has room for and one piece each; then all comes."""
    queue: ByteQueue[int] = ByteQueue(30)
    pool = PriorityPool(2, "test", admits=queue.has_room)
    futures = [
        pool.submit(Lane.BACKFILL, lambda number=number: queue.put(number, 10, Lane.BACKFILL)) for number in range(50)
    ]
    for future in futures[:3]:
        future.result(PATIENCE_S)
    assert sum(future.done() for future in futures) <= 3 + 2
    taken: list[int] = []
    while len(taken) < 50:
        batch = queue.take(100, 1000)
        assert len(batch) <= 3 + 2
        taken += batch
    assert sorted(taken) == list(range(50))
    pool.shutdown()

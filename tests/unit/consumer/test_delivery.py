"""When an event counts as done, how much is taken in, and how the consumer stops."""

import signal
import threading
import time
from dataclasses import replace

import pytest

from damsight_consumer.pipeline import Consumer
from damsight_consumer.records import Outcome
from examples.assets import PARTITION, changed_event
from fakes.event_source import MOST_PER_POLL
from fakes.workshop import Workshop


def test_nothing_is_committed_before_it_is_stored(workshop: Workshop) -> None:
    """With the index standing still, many polls later, the commit has not moved; the next consumer does the work."""
    workshop.writer.gate.clear()
    workshop.limits = replace(workshop.limits, grace_s=0.2)
    workshop.send(*(changed_event(f"a{number}", uri=None, title="x") for number in range(50)))
    started = time.monotonic()

    def a_while(consumer: Consumer) -> bool:
        assert workshop.log.committed.get(PARTITION, 0) == 0
        if time.monotonic() - started > 0.5:
            workshop.writer.troubles = 1_000_000
            workshop.writer.gate.set()
            return True
        return False

    assert workshop.consume(a_while) == {}
    assert workshop.log.committed.get(PARTITION, 0) == 0
    workshop.writer.troubles = 0
    assert workshop.consume_events(50) == {Outcome.INDEXED: 50}
    assert workshop.log.committed[PARTITION] == 50


def test_an_event_that_is_put_off_holds_the_commit_back(workshop: Workshop) -> None:
    """Those after it are stored and counted, but only what lies before it is committed."""
    workshop.stage_limits = replace(workshop.stage_limits, longest_wait_s=0.3)
    workshop.writer.later = {"a3": 1_000_000}
    workshop.limits = replace(workshop.limits, grace_s=0.2)
    workshop.send(*(changed_event(f"a{number}", uri=None, title="x") for number in range(10)))
    counts = workshop.consume(lambda consumer: sum(consumer.counts().values()) == 9)
    assert counts == {Outcome.INDEXED: 9}
    assert workshop.log.committed[PARTITION] == 3


def test_no_more_is_taken_in_than_the_limit(workshop: Workshop) -> None:
    """Beyond 20 events, and what one poll brings, the source is held until some are done; all 200 get through."""
    workshop.limits = replace(workshop.limits, events=20)
    highest = 0
    workshop.send(*(changed_event(f"a{number}", uri=None, title="x") for number in range(200)))

    def all_done(consumer: Consumer) -> bool:
        nonlocal highest
        highest = max(highest, consumer.in_flight())
        return sum(consumer.counts().values()) == 200

    assert workshop.consume(all_done) == {Outcome.INDEXED: 200}
    assert highest < 20 + MOST_PER_POLL


def test_a_fault_of_ours_ends_the_consumer_and_commits_nothing(workshop: Workshop) -> None:
    """An error that no rule knows, in a loop that must never end, is raised by run."""

    def broken(documents: object) -> list[object]:
        raise KeyError("a fault in the writer")

    workshop.writer.write = broken
    workshop.send(changed_event(uri=None, title="x"))
    with pytest.raises(KeyError, match="a fault in the writer"):
        workshop.consume(lambda _: False)
    assert workshop.log.committed.get(PARTITION, 0) == 0


def test_stopping_finishes_what_is_under_way_and_commits_it(workshop: Workshop) -> None:
    """What was begun is stored within the grace period, and is not read again."""
    workshop.writer.gate.clear()
    workshop.send(changed_event(uri=None, title="x"))

    def begun(consumer: Consumer) -> bool:
        if consumer.in_flight() == 1:
            consumer.stop()
            time.sleep(0.1)
            workshop.writer.gate.set()
            return True
        return False

    assert workshop.consume(begun) == {Outcome.INDEXED: 1}
    assert workshop.log.committed[PARTITION] == 1


def test_the_loop_tells_how_long_ago_it_turned(workshop: Workshop) -> None:
    """Before its first turn it tells nothing; then only a moment."""
    consumer = workshop.consumer()
    assert consumer.idle_s() is None
    ages: list[float] = []

    def turned(running: Consumer) -> bool:
        idle = running.idle_s()
        ages.append(idle or 0.0)
        return idle is not None and running.has_partitions()

    workshop.send(changed_event(uri=None))
    workshop.consume(turned)
    assert max(ages) < 2.0


def test_a_signal_that_another_thread_receives_stops_it(workshop: Workshop) -> None:
    """The kernel gives a signal to any thread, and Python handles it in the main one, which must wake up for that."""
    consumer = workshop.consumer()
    ended, was_late = threading.Event(), threading.Event()

    def tell() -> None:
        while not consumer.has_partitions():
            time.sleep(0.01)
        time.sleep(0.1)
        signal.pthread_kill(threading.get_ident(), signal.SIGUSR1)
        if not ended.wait(10):
            was_late.set()
            consumer.stop()

    before = signal.signal(signal.SIGUSR1, lambda *_: consumer.stop())
    telling = threading.Thread(target=tell)
    telling.start()
    try:
        consumer.run()
    finally:
        ended.set()
        telling.join()
        signal.signal(signal.SIGUSR1, before)
    assert not was_late.is_set()

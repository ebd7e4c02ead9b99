"""The consumer's heart: one thread polls, schedules and commits; the stages do the rest in theirs.

Nothing slow happens in the poll thread, and nothing but it touches the source and the schedule. What is done comes
back to it, so a commit can only name what was stored or acknowledged before.
"""

import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass

from damsight_consumer.intake import take_in, unreadable
from damsight_consumer.ports import EventSource
from damsight_consumer.records import Delivery, Outcome, Record, Stage, Unreadable, Work
from damsight_consumer.schedule import Schedule
from damsight_consumer.stages import Dropped, Stages
from damsight_consumer.store import Ended
from damsight_consumer.telemetry import Telemetry


@dataclass(frozen=True)
class ConsumerLimits:
    """How much is taken in at once, and how long things may take.

    Attributes:
        events: Most events that are delivered and not done.
        event_bytes: Most bytes of them.
        commit_interval_s: Between two commits.
        grace_s: For what is under way when the consumer is told to stop.
    """

    events: int = 2000
    event_bytes: int = 64 * 1024 * 1024
    commit_interval_s: float = 1.0
    grace_s: float = 20.0


class Consumer:
    """Turns events into documents until it is told to stop.

    Args:
        source: Where events come from.
        stages: Fetch, decode, encode, store.
        telemetry: Is told of everything.
        limits: How much at once, and how long.
        resources: Closed when the consumer ends, whatever ended it; the source is among them.
    """

    def __init__(
        self,
        *,
        source: EventSource,
        stages: Stages,
        telemetry: Telemetry,
        limits: ConsumerLimits,
        resources: ExitStack,
    ) -> None:
        self._source = source
        self._stages = stages
        self._telemetry = telemetry
        self._limits = limits
        self._resources = resources
        self._schedule = Schedule()
        self._stopped = threading.Event()
        self._in_flight = 0
        self._in_flight_bytes = 0
        self._last_commit = time.monotonic()
        self._last_turn: float | None = None

    def run(self) -> None:
        """Consume until `stop` is called; then finish what is under way, commit, and close.

        Raises:
            ConsumerError: Something that trying again does not help; nothing that was not done is committed.
        """
        with self._resources:
            self._stages.start()
            try:
                while not self._stopped.is_set():
                    self._turn()
                self._drain()
            finally:
                self._stages.close()

    def stop(self) -> None:
        """Tell the consumer to stop; any thread and any signal handler may."""
        self._stopped.set()

    def counts(self) -> dict[Outcome, int]:
        """Return how many events ended how, since this consumer began; any thread may ask."""
        return self._telemetry.counts()

    def in_flight(self) -> int:
        """Return how many events are delivered and not done; any thread may ask."""
        return self._in_flight

    def has_partitions(self) -> bool:
        """Tell whether Kafka has given us anything to read; any thread may ask."""
        return self._source.has_partitions()

    def idle_s(self) -> float | None:
        """Return how long ago the poll loop last turned, in seconds; none before its first turn."""
        return None if self._last_turn is None else time.monotonic() - self._last_turn

    def _turn(self) -> None:
        self._last_turn = time.monotonic()
        self._raise_failure()
        for delivery in self._source.poll():
            self._accept(delivery)
        self._settle()
        for work in self._schedule.take_ready():
            self._stages.begin(work)
        self._source.hold(paused=self._is_full())
        if time.monotonic() - self._last_commit >= self._limits.commit_interval_s:
            self._source.commit()
            self._last_commit = time.monotonic()

    def _raise_failure(self) -> None:
        failure = self._stages.failure()
        if failure is not None:
            self._telemetry.unexpected(Stage.WRITE, failure)
            raise failure

    def _accept(self, delivery: Delivery) -> None:
        taken = unreadable(delivery) if isinstance(delivery, Unreadable) else take_in(delivery)
        self._count(taken.record, 1)
        if isinstance(taken, Work):
            self._schedule.offer(taken)
        else:
            self._stages.refuse(taken)

    def _settle(self) -> None:
        for back in self._stages.take_back():
            if isinstance(back, Dropped):
                self._schedule.drop(back.work)
            else:
                self._end(back)
        self._telemetry.in_flight(self._in_flight, self._in_flight_bytes)

    def _end(self, ended: Ended) -> None:
        self._telemetry.ended(ended.record, ended.outcome, ended.stage, work=ended.work, problem=ended.problem)
        self._done(ended.record)
        if ended.work is None:
            return
        for needless in self._schedule.finish(ended.work, stored=ended.stored):
            self._telemetry.ended(needless.record, Outcome.SUPERSEDED, Stage.PLAN, work=needless)
            self._done(needless.record)

    def _done(self, record: Record) -> None:
        self._source.done(record.receipt)
        self._count(record, -1)

    def _count(self, record: Record, sign: int) -> None:
        self._in_flight += sign
        self._in_flight_bytes += sign * record.size

    def _is_full(self) -> bool:
        return self._in_flight >= self._limits.events or self._in_flight_bytes >= self._limits.event_bytes

    def _drain(self) -> None:
        """Finish what is under way within the grace period, and commit what is done."""
        self._telemetry.note("stopping", in_flight=self._in_flight)
        self._stages.stop()
        self._source.hold(paused=True)
        deadline = time.monotonic() + self._limits.grace_s
        while len(self._schedule) and time.monotonic() < deadline:
            self._last_turn = time.monotonic()
            self._raise_failure()
            # What a held source still delivers belongs to nobody yet: it is not done, so it comes again.
            self._source.poll()
            self._settle()
        self._source.commit(wait=True)
        self._telemetry.note("stopped", left=self._in_flight)

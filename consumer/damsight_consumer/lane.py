"""One lane: its thread polls, schedules and commits; the stages do the rest in theirs.

Nothing slow happens in the poll thread, and nothing but it touches the lane's source and schedule. What is done comes
back to it, so a commit can only name what was stored or acknowledged before.
"""

import threading
import time
from dataclasses import dataclass

from damsight_consumer.ending import Ended
from damsight_consumer.intake import take_in, unreadable
from damsight_consumer.ports import EventSource
from damsight_consumer.precedence import LONGEST_WAY_S
from damsight_consumer.records import Delivery, Lane, Outcome, Receipt, Record, Stage, Unreadable, Work
from damsight_consumer.schedule import Schedule
from damsight_consumer.stages import Dropped, Stages
from damsight_consumer.telemetry import Telemetry


@dataclass(frozen=True)
class LaneLimits:
    """How much a lane takes in at once, and how long things may take.

    Attributes:
        events: Most events that are delivered and not done.
        event_bytes: Most bytes of them.
        commit_interval_s: Between two commits.
        grace_s: For what is under way when the consumer is told to stop.
        slow_s: An event that is under way for longer is told of in the log.
        epoch: Of the pipeline that makes the documents; see `damsight_schemas.version`.
    """

    events: int = 2000
    event_bytes: int = 64 * 1024 * 1024
    commit_interval_s: float = 1.0
    grace_s: float = 20.0
    slow_s: float = 300.0
    epoch: int = 0


class LaneLoop:
    """Turns one lane's events into documents.

    Args:
        lane: Which.
        source: Where its events come from.
        stages: Fetch, decode, encode, store; shared with the other lanes.
        telemetry: Is told of everything.
        limits: How much at once, and how long.
    """

    def __init__(
        self, lane: Lane, *, source: EventSource, stages: Stages, telemetry: Telemetry, limits: LaneLimits
    ) -> None:
        self.lane = lane
        self._source = source
        self._stages = stages
        self._telemetry = telemetry
        self._limits = limits
        self._schedule = Schedule()
        # By identity, since a place that is read again is a second delivery; in the order of arrival, oldest first.
        self._under_way: dict[int, tuple[Record, float]] = {}
        self._bytes = 0
        self._last_commit = time.monotonic()
        self._last_turn: float | None = None
        self._told_of: Receipt | None = None
        self._in_trouble = False

    def run(self, stopped: threading.Event) -> None:
        """Consume until told to stop; then finish what is under way, and commit.

        Raises:
            ConsumerError: Something that trying again does not help; nothing that was not done is committed.
        """
        while not stopped.is_set():
            self._turn()
        self._drain()

    def in_flight(self) -> int:
        """Return how many events are delivered and not done; any thread may ask."""
        return len(self._under_way)

    def has_partitions(self) -> bool:
        """Tell whether Kafka has given us anything to read; any thread may ask."""
        return self._source.has_partitions()

    def is_alive(self) -> bool:
        """Tell whether the source can still deliver; any thread may ask."""
        return self._source.is_alive()

    def idle_s(self) -> float | None:
        """Return how long ago the loop last turned, in seconds; none before its first turn."""
        return None if self._last_turn is None else time.monotonic() - self._last_turn

    def _turn(self) -> None:
        self._last_turn = time.monotonic()
        self._raise_failure()
        left_s = 0.0 if self.lane is Lane.LIVE else LONGEST_WAY_S
        for delivery in self._source.poll():
            # To read a whole poll of old events takes the interpreter for a tenth of a second.
            if left_s > 0:
                left_s -= self._stages.give_way(self.lane, left_s)
            self._accept(delivery)
        self._settle()
        if ready := self._schedule.take_ready():
            self._stages.begin(ready)
        self._source.hold(paused=self._must_wait())
        if time.monotonic() - self._last_commit >= self._limits.commit_interval_s:
            self._source.commit()
            self._last_commit = time.monotonic()
            self._tell()

    def _raise_failure(self) -> None:
        failure = self._stages.failure()
        if failure is not None:
            self._telemetry.unexpected(Stage.WRITE, failure)
            raise failure

    def _accept(self, delivery: Delivery) -> None:
        epoch = self._limits.epoch
        taken = unreadable(delivery) if isinstance(delivery, Unreadable) else take_in(delivery, epoch=epoch)
        record = taken.record
        self._under_way[id(record)] = (record, time.monotonic())
        self._bytes += record.size
        if isinstance(taken, Work):
            self._schedule.offer(taken)
        else:
            self._stages.refuse(taken)

    def _settle(self) -> None:
        for back in self._stages.take_back(self.lane):
            if isinstance(back, Dropped):
                self._schedule.drop(back.work)
            else:
                self._end(back)

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
        del self._under_way[id(record)]
        self._bytes -= record.size

    def _must_wait(self) -> bool:
        full = len(self._under_way) >= self._limits.events or self._bytes >= self._limits.event_bytes
        in_trouble = self._stages.is_in_trouble()
        if in_trouble != self._in_trouble:
            self._in_trouble = in_trouble
            self._telemetry.paused(self.lane, because_of_trouble=in_trouble)
        return full or in_trouble

    def _tell(self) -> None:
        self._telemetry.in_flight(self.lane, len(self._under_way), self._bytes)
        oldest = next(iter(self._under_way.values()), None)
        if oldest is None:
            self._telemetry.oldest(self.lane, 0.0)
            return
        record, since = oldest
        age = time.monotonic() - since
        self._telemetry.oldest(self.lane, age)
        if age >= self._limits.slow_s and self._told_of != record.receipt:
            self._told_of = record.receipt
            self._telemetry.slow(record, age)

    def _drain(self) -> None:
        """Finish what is under way within the grace period, and commit what is done."""
        self._telemetry.note("stopping", lane=self.lane.value, in_flight=len(self._under_way))
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
        self._telemetry.note("stopped", lane=self.lane.value, left=len(self._under_way))

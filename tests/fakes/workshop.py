"""A whole consumer in memory: real stages, fake ports."""

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Self

from damsight_consumer.alerting import Alarms
from damsight_consumer.fetching import FetchLimits
from damsight_consumer.lane import LaneLimits, LaneLoop
from damsight_consumer.pipeline import Consumer
from damsight_consumer.records import Delivery, Lane, Outcome, Partition, Unreadable
from damsight_consumer.stages import Stages
from damsight_consumer.telemetry import Telemetry
from damsight_consumer.world import KeptPreviews, StageLimits, World
from damsight_encoders.ports import Encoders, MediaDecoder
from damsight_schemas.events import AssetEvent, to_structured
from examples.assets import PARTITION
from fakes.dead_letters import FakeDeadLetters
from fakes.document_writer import FakeWriter
from fakes.encoders import fake_encoders
from fakes.event_source import FakeLog, FakeSource
from fakes.fetcher import FakeFetcher
from fakes.media_decoder import FakeMediaDecoder
from fakes.retries import FakeRetries
from fakes.stored_assets import FakeStoredAssets

QUICK = StageLimits(fetch=FetchLimits(4, missing_waits_s=(0.01, 0.01)), longest_wait_s=0.05)


@dataclass
class Workshop:
    """Everything around a consumer, and consumers over it one after another."""

    log: FakeLog = field(default_factory=FakeLog)
    writer: FakeWriter = field(default_factory=FakeWriter)
    letters: FakeDeadLetters = field(default_factory=FakeDeadLetters)
    retries: FakeRetries = field(default_factory=FakeRetries)
    fetcher: FakeFetcher = field(default_factory=FakeFetcher)
    encoders: Encoders = field(default_factory=fake_encoders)
    previews: KeptPreviews | None = None
    alarms: Alarms | None = None
    stage_limits: StageLimits = QUICK
    limits: LaneLimits = field(default_factory=lambda: LaneLimits(commit_interval_s=0.01, grace_s=2.0))

    def __post_init__(self) -> None:
        self.logs = {Lane.LIVE: self.log, Lane.RETRY: FakeLog(), Lane.BACKFILL: FakeLog()}
        for log in self.logs.values():
            # An empty partition: every lane has something that it could read.
            log.records.setdefault(PARTITION, {})
        self.stored = FakeStoredAssets(self.writer)
        self.decoder: MediaDecoder = FakeMediaDecoder()
        self.apart = self.decoder
        self.suspects: set[int] = set()
        self.broken_lane: Lane | None = None

    def send(
        self, *events: AssetEvent, partition: Partition = PARTITION, lane: Lane = Lane.LIVE, attempt: int = 0
    ) -> None:
        tried = [("damsight-attempt", str(attempt).encode())] if attempt else []
        for event in events:
            key, value, headers = to_structured(event)
            self.logs[lane].send(partition, value, key=key, headers=[*headers, *tried])

    def consumer(self) -> Consumer:
        self.telemetry = telemetry = Telemetry()
        world = World(
            encoders=self.encoders,
            decoder=self.decoder,
            decoder_apart=self.apart,
            fetcher=self.fetcher,
            stored=self.stored,
            writer=self.writer,
            retries=self.retries,
            dead_letters=self.letters,
            previews=self.previews,
            alarms=self.alarms,
        )
        stages = Stages(world, lanes=tuple(self.logs), limits=self.stage_limits, telemetry=telemetry)
        lanes = [
            LaneLoop(lane, source=self._source(lane, log), stages=stages, telemetry=telemetry, limits=self.limits)
            for lane, log in self.logs.items()
        ]
        return Consumer(lanes=lanes, stages=stages, telemetry=telemetry, resources=ExitStack())

    def _source(self, lane: Lane, log: FakeLog) -> FakeSource:
        if lane is self.broken_lane:
            return BrokenSource(log)
        return LaneSource(log, lane, self.suspects)

    def consume(self, until: Callable[[Consumer], bool], *, within_s: float = 120.0) -> dict[Outcome, int]:
        """Run one consumer until something holds, stop it, and return its counts without the zeros."""
        consumer = self.consumer()
        with running(consumer) as run:
            deadline = time.monotonic() + within_s
            while run.is_alive() and not until(consumer):
                assert time.monotonic() < deadline, consumer.counts()
                time.sleep(0.005)
        return {outcome: count for outcome, count in consumer.counts().items() if count}

    def consume_events(self, count: int) -> dict[Outcome, int]:
        return self.consume(lambda consumer: sum(consumer.counts().values()) >= count)


class LaneSource(FakeSource):
    """Marks what it delivers with its lane, and some of it as suspect."""

    def __init__(self, log: FakeLog, lane: Lane, suspects: set[int]) -> None:
        super().__init__(log)
        self._lane, self._suspects = lane, suspects

    def poll(self) -> list[Delivery]:
        return [self._marked(delivery) for delivery in super().poll()]

    def _marked(self, delivery: Delivery) -> Delivery:
        if isinstance(delivery, Unreadable):
            return replace(delivery, lane=self._lane)
        return replace(delivery, lane=self._lane, suspect=delivery.receipt.offset in self._suspects)


class BrokenSource(FakeSource):
    """Raises what no rule of ours knows."""

    def poll(self) -> list[Delivery]:
        raise RuntimeError("the fake source broke")


class running:  # noqa: N801  reads as a verb where it is used
    """Runs a consumer in a thread for the length of a block, and raises what it raised."""

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            self._consumer.run()
        except BaseException as error:  # noqa: BLE001  handed to the test's own thread
            self._error = error

    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.stop()
        self._thread.join(30)
        assert not self._thread.is_alive()
        if self._error is not None:
            raise self._error

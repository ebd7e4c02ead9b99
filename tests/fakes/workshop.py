"""A whole consumer in memory: real stages, real decoder, fake ports."""

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Self

from damsight_consumer.pictures import PictureLimits
from damsight_consumer.pipeline import Consumer, ConsumerLimits
from damsight_consumer.records import Outcome, Partition
from damsight_consumer.stages import StageLimits, Stages
from damsight_consumer.telemetry import Telemetry
from damsight_encoders.decode.image import PillowDecoder
from damsight_encoders.ports import Encoders
from damsight_schemas.connections import EncodingLimits
from damsight_schemas.events import AssetEvent, to_structured
from examples.assets import PARTITION
from fakes.dead_letters import FakeDeadLetters
from fakes.document_writer import FakeWriter
from fakes.encoders import fake_encoders
from fakes.event_source import FakeLog, FakeSource
from fakes.fetcher import FakeFetcher

QUICK = StageLimits(pictures=PictureLimits(4, 2, (0.01, 0.01)), longest_wait_s=0.05)


@dataclass
class Workshop:
    """Everything around a consumer, and consumers over it one after another."""

    log: FakeLog = field(default_factory=FakeLog)
    writer: FakeWriter = field(default_factory=FakeWriter)
    letters: FakeDeadLetters = field(default_factory=FakeDeadLetters)
    fetcher: FakeFetcher = field(default_factory=FakeFetcher)
    encoders: Encoders = field(default_factory=fake_encoders)
    stage_limits: StageLimits = QUICK
    limits: ConsumerLimits = field(default_factory=lambda: ConsumerLimits(commit_interval_s=0.01, grace_s=2.0))

    def send(self, *events: AssetEvent, partition: Partition = PARTITION) -> None:
        for event in events:
            key, value, headers = to_structured(event)
            self.log.send(partition, value, key=key, headers=list(headers))

    def consumer(self) -> Consumer:
        telemetry = Telemetry()
        stages = Stages(
            encoders=self.encoders,
            decoder=PillowDecoder(EncodingLimits()),
            fetcher=self.fetcher,
            writer=self.writer,
            dead_letters=self.letters,
            limits=self.stage_limits,
            telemetry=telemetry,
        )
        return Consumer(
            source=FakeSource(self.log), stages=stages, telemetry=telemetry, limits=self.limits, resources=ExitStack()
        )

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

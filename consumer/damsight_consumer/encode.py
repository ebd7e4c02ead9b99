"""The encoders' batches: whatever is ready when the encoders are free goes through together."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from damsight_consumer.batch import Said, Seen, say, see
from damsight_consumer.bounds import ByteQueue
from damsight_consumer.breaker import Breaker
from damsight_consumer.decoding import Encodable
from damsight_consumer.ending import Storable
from damsight_consumer.errors import AbandonedError
from damsight_consumer.outcome import Outcomes
from damsight_consumer.patience import Patience
from damsight_consumer.preparing import NOTHING_PREPARED
from damsight_consumer.records import Lane, Stage, Work
from damsight_consumer.rows import Asking
from damsight_consumer.step_size import StepSize
from damsight_consumer.telemetry import Telemetry
from damsight_encoders.ports import Encoders

MOST_BYTES = 64 * 1024 * 1024
# Of the backfill lane: one media with many parts goes alone, so that what is live waits for no more than that.
MOST_BYTES_OF_BACKFILL = 8 * 1024 * 1024
# Of a batch of the backfill lane while no live events come: the first of them waits for it. Long enough for a processor
# of two cores to take several pictures together; a batch of 64 of them took five seconds.
QUIET_STEP_S = 0.5


class Encoding:
    """Takes assets in batches through the encoders.

    A batch that fails is tried one by one, so that one asset's failure is its own.

    Args:
        encoders: What is not there is not asked.
        queue: Where assets wait.
        most: The largest batch, of assets and of what goes through an encoder at one time.
        backfill_step_s: How long a batch of the backfill lane may take while live events come: they wait for one of
            these at most.
        lively: Tells whether they do.
        service: Tells when to try while a device or a service is in trouble.
        patience: Waits for it.
        telemetry: Is told of it.
        forward: Takes what is encoded, all of one lane; it does not wait.
        drop: Takes what is given up because the consumer stops.
    """

    def __init__(
        self,
        *,
        encoders: Encoders,
        queue: ByteQueue[Encodable],
        most: int,
        backfill_step_s: float,
        lively: Callable[[], bool],
        service: Breaker,
        patience: Patience,
        telemetry: Telemetry,
        forward: Callable[[Sequence[Storable]], None],
        drop: Callable[[Work], None],
    ) -> None:
        self._encoders = encoders
        self._queue = queue
        self._most = most
        self._step = StepSize(backfill_step_s, most)
        self._quiet_step = StepSize(max(QUIET_STEP_S, backfill_step_s), most)
        self._lively = lively
        self._telemetry = telemetry
        self._forward = forward
        self._drop = drop
        self._devices = ThreadPoolExecutor(2, thread_name_prefix="encode")
        self._beside = ThreadPoolExecutor(1, thread_name_prefix="encode-pictures")
        self._asking = Asking(devices=self._devices, service=service, patience=patience, telemetry=telemetry)

    def run(self) -> None:
        """Encode until the queue is closed and empty."""
        while batch := self._queue.take(
            self._most, MOST_BYTES, backfill=self._step.pieces(), backfill_bytes=MOST_BYTES_OF_BACKFILL,
            quiet_backfill=self._quiet_step.pieces(),
        ):  # fmt: skip
            try:
                storables = self._encoded(batch)
            except AbandonedError:
                for item in batch:
                    self._drop(item.work)
                continue
            self._forward(storables)
        self._beside.shutdown()
        self._devices.shutdown()

    def _encoded(self, batch: Sequence[Encodable]) -> list[Storable]:
        self._telemetry.batch(Stage.ENCODE, len(batch))
        in_parts = batch[0].work.lane is Lane.BACKFILL and self._lively()
        most = self._step.pieces() if in_parts else self._most
        began = time.perf_counter()
        with self._telemetry.timed(Stage.ENCODE):
            seen, said = self._seen_and_said(batch, most)
        pieces, seconds = sum([1 + len(item.media.parts) for item in batch]), time.perf_counter() - began
        self._step.took(pieces, seconds)
        self._quiet_step.took(pieces, seconds)
        outcomes = Outcomes(seen, said, self._encoders.fusion, self._telemetry)
        return [Storable(item.work, outcomes.found(number, item)) for number, item in enumerate(batch)]

    def _seen_and_said(self, batch: Sequence[Encodable], most: int) -> tuple[Seen, Said]:
        if all(item.media is NOTHING_PREPARED for item in batch):
            return Seen(), say(batch, self._encoders, self._asking, most=most)
        # The models have nothing to wait for in each other, and a small one leaves cores idle.
        pictures = self._beside.submit(see, batch, self._encoders, self._asking, most=most)
        said = say(batch, self._encoders, self._asking, most=most)
        return pictures.result(), said

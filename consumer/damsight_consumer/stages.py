"""The stages behind the poll thread, joined by queues that are bounded in bytes."""

import threading
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from damsight_consumer.bounds import ByteBudget, ByteQueue
from damsight_consumer.encode import Encoding
from damsight_consumer.patience import Patience
from damsight_consumer.pictures import Encodable, PictureLimits, Pictures
from damsight_consumer.plan import plan
from damsight_consumer.ports import DeadLetters, DocumentWriter, Fetcher
from damsight_consumer.records import DeadLetter, Work
from damsight_consumer.store import Ended, Storable, Storing, Untakeable
from damsight_consumer.telemetry import Telemetry
from damsight_encoders.ports import Encoders, PictureDecoder

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class StageLimits:
    """How much each stage takes at once.

    Attributes:
        pictures: Of fetching and decoding.
        fetched_bytes: Bytes that are read and not decoded yet, over all assets.
        prepared_bytes: Pictures that wait for the encoder.
        encode_batch: The encoder's largest batch.
        storable_bytes: Documents that wait for a bulk.
        bulk_bytes: The largest bulk.
        bulks: Bulks in flight.
        longest_wait_s: Between two tries while a service is in trouble.
    """

    pictures: PictureLimits = field(default_factory=PictureLimits)
    fetched_bytes: int = 256 * MEBIBYTE
    prepared_bytes: int = 64 * MEBIBYTE
    encode_batch: int = 64
    storable_bytes: int = 32 * MEBIBYTE
    bulk_bytes: int = 8 * MEBIBYTE
    bulks: int = 2
    longest_wait_s: float = 30.0


@dataclass(frozen=True, slots=True)
class Dropped:
    """Work that was given up because the consumer stops; it is not done, and comes again."""

    work: Work


class Stages:
    """Takes work in, and gives back what is done or given up. The poll thread alone calls it; nothing here blocks it.

    Args:
        encoders: For pictures and captions; a leg without an encoder is left out.
        decoder: Makes pictures of bytes.
        fetcher: Reads bytes.
        writer: The index.
        dead_letters: For what could not be taken.
        limits: How much each stage takes at once.
        telemetry: Is told of everything.
    """

    def __init__(
        self,
        *,
        encoders: Encoders,
        decoder: PictureDecoder,
        fetcher: Fetcher,
        writer: DocumentWriter,
        dead_letters: DeadLetters,
        limits: StageLimits,
        telemetry: Telemetry,
    ) -> None:
        self._encoders = encoders
        self._limits = limits
        self._abandoned = threading.Event()
        self._back: deque[Ended | Dropped] = deque()
        patience = Patience(self._abandoned, cap_s=limits.longest_wait_s)
        self._budget = ByteBudget(limits.fetched_bytes)
        self._to_encode: ByteQueue[Encodable] = ByteQueue(limits.prepared_bytes)
        self._to_store: ByteQueue[Storable | Untakeable] = ByteQueue(limits.storable_bytes)
        self._pictures = None if encoders.joint is None else Pictures(
            fetcher=fetcher, decoder=decoder, encoder=encoders.joint, budget=self._budget, patience=patience,
            limits=limits.pictures, telemetry=telemetry, forward=self._encode, drop=self._drop,
        )  # fmt: skip
        self._encoding = Encoding(
            encoders=encoders, queue=self._to_encode, most=limits.encode_batch, patience=patience,
            telemetry=telemetry, forward=self._store, drop=self._drop,
        )  # fmt: skip
        self._storing = Storing(
            queue=self._to_store, most_bytes=limits.bulk_bytes, writer=writer, dead_letters=dead_letters,
            patience=patience, telemetry=telemetry, end=self._back.append, drop=self._drop,
        )  # fmt: skip
        self._loops = ThreadPoolExecutor(1 + limits.bulks, thread_name_prefix="stage")
        self._running: list[Future[None]] = []

    def start(self) -> None:
        """Start the threads that encode and store."""
        self._running.append(self._loops.submit(self._encoding.run))
        self._running.extend(self._loops.submit(self._storing.run) for _ in range(self._limits.bulks))

    def begin(self, work: Work) -> None:
        """Start with an event."""
        steps = plan(work.event, pictures=self._pictures is not None, captions=self._encoders.caption is not None)
        if self._pictures is not None and steps.picture is not None:
            self._pictures.submit(work, steps.picture, steps)
        elif steps.caption:
            encodable = Encodable(work, steps.caption)
            self._to_encode.put(encodable, encodable.size, wait=False)
        else:
            storable = Storable(work)
            self._to_store.put(storable, storable.size, wait=False)

    def refuse(self, letter: DeadLetter) -> None:
        """Publish a record's dead letter."""
        item = Untakeable(letter)
        self._to_store.put(item, item.size, wait=False)

    def take_back(self) -> list[Ended | Dropped]:
        """Return what is done or given up since the last time."""
        return [self._back.popleft() for _ in range(len(self._back))]

    def failure(self) -> BaseException | None:
        """Return what ended one of the loops that should never end."""
        ended = (running for running in self._running if running.done())
        return next((error for running in ended if (error := running.exception()) is not None), None)

    def stop(self) -> None:
        """Begin no further picture; what was begun goes on."""
        if self._pictures is not None:
            self._pictures.stop()

    def close(self) -> None:
        """Give up whatever is still under way, and wait for the threads."""
        self._abandoned.set()
        self._budget.close()
        self._to_encode.discard()
        self._to_store.discard()
        if self._pictures is not None:
            self._pictures.close()
        self._loops.shutdown()

    def _encode(self, item: Encodable) -> None:
        self._to_encode.put(item, item.size)

    def _store(self, item: Storable) -> None:
        self._to_store.put(item, item.size)

    def _drop(self, work: Work) -> None:
        self._back.append(Dropped(work))

"""The consumer's own stages with pictures from memory and nothing behind them: bytes in, vectors out."""

import threading
from collections.abc import Callable, Sequence

import orjson

from damsight_consumer.intake import take_in
from damsight_consumer.ports import Answer, Stored, Verdict, Versioned
from damsight_consumer.records import DeadLetter, Lane, Partition, Postponed, Receipt, Record, Work
from damsight_consumer.stages import Stages
from damsight_consumer.telemetry import Telemetry
from damsight_consumer.world import StageLimits, World
from damsight_encoders.decode import FileDecoder
from damsight_encoders.ports import Encoders
from damsight_schemas.asset import AssetMetadata, Media
from damsight_schemas.connections import EncodingLimits
from damsight_schemas.events import AssetChanged, changed, to_structured


class Memory:
    """Fetches pictures from a list, and stores documents by counting them."""

    def __init__(self, pictures: Sequence[bytes]) -> None:
        self._pictures = pictures
        self._left = 0
        self._changed = threading.Condition()

    def expect(self, count: int) -> None:
        """Begin to count."""
        self._left = count

    def wait(self) -> None:
        """Wait until as many documents were stored as are expected."""
        with self._changed:
            self._changed.wait_for(lambda: self._left <= 0)

    def fetch(self, media: Media, allow: Callable[[int], None]) -> bytes:
        """Return a picture of the list."""
        data = self._pictures[int(media.uri.rpartition("/")[2]) % len(self._pictures)]
        allow(len(data))
        return data

    def write(self, documents: Sequence[Versioned]) -> list[Verdict]:
        """Count, and check that each has its vector."""
        for document in documents:
            if "image_vector" not in orjson.loads(document.body):
                raise SystemExit(f"{document.asset_id} has no vector; this measurement is worth nothing")
        with self._changed:
            self._left -= len(documents)
            self._changed.notify_all()
        return [Verdict(Answer.STORED)] * len(documents)

    def look_up(self, asset_ids: Sequence[str], *, vectors: bool = False) -> dict[str, Stored]:  # noqa: ARG002  the port's
        """Say that nothing is there."""
        return {}

    def publish(self, letters: Sequence[DeadLetter] | Sequence[Postponed]) -> None:
        """Refuse."""
        raise SystemExit(f"{len(letters)} pictures could not be taken; this measurement is worth nothing")


class Through:
    """Runs pictures through fetch, decode, encode, compose and store, as `damsight consume` does.

    Args:
        encoders: Real ones.
        pictures: Files' bytes.
        batch: The encoder's largest.
        threads: That decode.
    """

    def __init__(self, encoders: Encoders, pictures: Sequence[bytes], *, batch: int, threads: int) -> None:
        self._memory = memory = Memory(pictures)
        self._count = len(pictures)
        decoder = FileDecoder(EncodingLimits())
        world = World(
            encoders=encoders, decoder=decoder, decoder_apart=decoder, fetcher=memory, stored=memory, writer=memory,
            retries=memory, dead_letters=memory,
        )  # fmt: skip
        limits = StageLimits(encode_batch=batch, decode_threads=threads)
        self._stages = Stages(world, lanes=(Lane.LIVE,), limits=limits, telemetry=Telemetry())
        self._stages.start()
        self._offset = 0

    def run(self, count: int | None = None) -> None:
        """Have so many pictures done (all of them once, where no number is given), and wait for the last."""
        works = [self._work() for _ in range(count or self._count)]
        self._memory.expect(len(works))
        self._stages.begin(works)
        self._memory.wait()
        self._stages.take_back(Lane.LIVE)
        failure = self._stages.failure()
        if failure is not None:
            raise failure

    def close(self) -> None:
        """End the threads."""
        self._stages.close()

    def _work(self) -> Work:
        number = self._offset
        self._offset += 1
        media = Media(uri=f"file:///bench/{number}", mime_type="image/jpeg")
        asset = AssetChanged(
            asset_id=f"picture-{number}", revision=1, media=media, metadata=AssetMetadata(), acl=["public"]
        )
        key, value, headers = to_structured(changed(asset, source="/bench", created=True))
        work = take_in(Record(Receipt(Partition("bench", 0), number, 0), -1, key, value, tuple(headers)))
        if isinstance(work, DeadLetter):
            raise SystemExit(work.problem.message)
        return work

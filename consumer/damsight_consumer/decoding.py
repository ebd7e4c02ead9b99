"""Decode: from bytes to what the encoder takes. One thread per core, the live lane's first."""

from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, replace

from damsight_consumer.compose import NOTHING_FOUND, Findings
from damsight_consumer.errors import MediaAccessError, MediaMissingError
from damsight_consumer.fetching import Fetched
from damsight_consumer.plan import Plan
from damsight_consumer.priority import PriorityPool
from damsight_consumer.records import Lane, Stage, Work
from damsight_consumer.telemetry import Telemetry
from damsight_encoders.errors import MediaError
from damsight_encoders.ports import ImageEncoder, PictureDecoder, Prepared
from damsight_schemas.document import Problem

# A picture decoded to twice what the model sees loses nothing when it is resized (measured: PSNR 53 to 55 dB).
DECODE_AT_LEAST = 2
LONGEST_MESSAGE = 1000


@dataclass(frozen=True, slots=True)
class Encodable:
    """An asset that is ready for the encoder: a picture, words, both, or neither."""

    work: Work
    caption: str
    prepared: Prepared | None = None
    findings: Findings = NOTHING_FOUND

    @property
    def size(self) -> int:
        """In bytes, near enough."""
        return (self.prepared.nbytes if self.prepared is not None else 0) + self.work.record.size + 1024


class Decoding:
    """Decodes and prepares; each asset goes on, with its picture or with its problem.

    Args:
        decoder: Makes pictures of bytes.
        apart: The same, in a process of its own: for what may have ended the process of its consumer.
        encoder: Makes pictures into what it takes itself.
        threads: One per core.
        telemetry: Is told of it.
        admits: Asked before each picture: whether its lane may begin another now.
        forward: Takes what is ready; it may block.
        drop: Takes what is given up because the consumer stops.
    """

    def __init__(
        self,
        *,
        decoder: PictureDecoder,
        apart: PictureDecoder,
        encoder: ImageEncoder,
        threads: int,
        admits: Callable[[Lane], bool],
        telemetry: Telemetry,
        forward: Callable[[Encodable], None],
        drop: Callable[[Work], None],
    ) -> None:
        self._decoder = decoder
        self._apart = apart
        self._encoder = encoder
        self._telemetry = telemetry
        self._forward = forward
        self._drop = drop
        self._pool = PriorityPool(threads, "decode", admits=admits)

    def submit(self, fetched: Fetched) -> None:
        """Begin with an asset's bytes; never blocks."""
        try:
            future = self._pool.submit(fetched.work.lane, lambda: self._decode(fetched))
        except RuntimeError:
            # The pool is shut down: the consumer stops.
            fetched.reservation.give_back()
            self._drop(fetched.work)
            return
        future.add_done_callback(lambda done: self._decoded(fetched, done))

    def fail(self, work: Work, steps: Plan, stage: Stage, error: BaseException) -> None:
        """Let an asset go on without its picture, and say why."""
        if not isinstance(error, MediaAccessError | MediaError):
            self._telemetry.unexpected(stage, error, asset_id=work.asset_id, revision=work.revision)
        later = isinstance(error, MediaMissingError)
        findings = replace(steps.findings, problem=problem_of(stage, error), later=later)
        self._forward(Encodable(work, steps.caption or "", None, findings))

    def wake(self) -> None:
        """Have what waits for leave ask again."""
        self._pool.wake()

    def close(self) -> None:
        """Wait for the threads."""
        self._pool.shutdown()

    def _decode(self, fetched: Fetched) -> Encodable:
        decoder = self._apart if fetched.work.record.suspect else self._decoder
        with self._telemetry.timed(Stage.DECODE):
            picture = decoder.decode(fetched.data, at_least=DECODE_AT_LEAST * self._encoder.input_size)
            prepared = self._encoder.prepare(picture)
        findings = replace(fetched.steps.findings, size=picture.original_size)
        return Encodable(fetched.work, fetched.steps.caption or "", prepared, findings)

    def _decoded(self, fetched: Fetched, done: Future[Encodable]) -> None:
        fetched.reservation.give_back()
        error = CancelledError() if done.cancelled() else done.exception()
        if error is None:
            self._forward(done.result())
        elif isinstance(error, CancelledError):
            self._drop(fetched.work)
        else:
            self.fail(fetched.work, fetched.steps, Stage.DECODE, error)


def problem_of(stage: Stage, error: BaseException) -> Problem:
    """Return an error as the document and the dead letter tell it: a stable word, and a message cut to a bound."""
    word = error.reason if isinstance(error, MediaAccessError | MediaError) else type(error).__name__
    message = str(error) or type(error).__name__
    return Problem(stage=stage.value, error=word, message=message[:LONGEST_MESSAGE])

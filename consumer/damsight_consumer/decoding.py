"""Decode: from bytes to what the encoders take. One thread per core, the live lane's first."""

from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass

from damsight_consumer.compose import Findings
from damsight_consumer.errors import MediaAccessError, MediaMissingError, MediaRefusedError
from damsight_consumer.fetching import Fetched
from damsight_consumer.plan import Plan, is_promised
from damsight_consumer.ports import Drawing, Drawn
from damsight_consumer.preparing import NOTHING_PREPARED, PreparedMedia, Preparing
from damsight_consumer.priority import PriorityPool
from damsight_consumer.problems import problem_of, word_of
from damsight_consumer.records import Lane, Stage, Work
from damsight_consumer.telemetry import Telemetry
from damsight_encoders.content import Content
from damsight_encoders.errors import MediaError
from damsight_encoders.ports import MediaDecoder
from damsight_schemas.document import Problem

# What is no problem of an asset whose type promises nothing: most of a library's files show nothing at all.
_NOTHING_TO_SEE = frozenset({"unknown_format", "unsupported", "too_large", "nothing_to_show"})


@dataclass(frozen=True, slots=True)
class Encodable:
    """An asset that is ready for the encoders: a media, words, both, or neither.

    Attributes:
        steps: What is left to do, with what is known.
        media: What the encoders take of it.
        lesser: Why something of lesser importance is not there; told where nothing more important failed.
    """

    work: Work
    steps: Plan
    media: PreparedMedia = NOTHING_PREPARED
    lesser: Problem | None = None

    @property
    def findings(self) -> Findings:
        """What is known already."""
        return self.steps.findings

    @property
    def size(self) -> int:
        """In bytes, near enough."""
        return self.media.nbytes + self.findings.stored_bytes + self.work.record.size + 1024


@dataclass(frozen=True, slots=True)
class Decoded:
    """An asset whose media is decoded.

    Attributes:
        item: For the encoders.
        drawn: Its previews, to be kept before.
    """

    item: Encodable
    drawn: tuple[Drawn, ...] = ()

    @property
    def size(self) -> int:
        """In bytes, near enough."""
        return self.item.size + sum(len(one.data) for one in self.drawn)


class Decoding:
    """Decodes and prepares; each asset goes on, with its media or with its problem.

    Args:
        decoder: Makes content of bytes.
        apart: The same, in a process of its own: for what may have ended the process of its consumer.
        preparing: Makes of it what the encoders take.
        draw: Makes previews of the cover, where there are to be any.
        threads: One per core.
        telemetry: Is told of it.
        admits: Asked before each media: whether its lane may begin another now.
        forward: Takes what is ready; it does not wait.
        drop: Takes what is given up because the consumer stops.
    """

    def __init__(
        self,
        *,
        decoder: MediaDecoder,
        apart: MediaDecoder,
        preparing: Preparing,
        draw: Drawing | None,
        threads: int,
        admits: Callable[[Lane], bool],
        telemetry: Telemetry,
        forward: Callable[[Decoded], None],
        drop: Callable[[Work], None],
    ) -> None:
        self._decoder = decoder
        self._apart = apart
        self._preparing = preparing
        self._draw = draw
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
        """Let an asset go on without its media, and say why."""
        if not isinstance(error, MediaAccessError | MediaError):
            self._telemetry.unexpected(stage, error, asset_id=work.asset_id, revision=work.revision)
        findings = steps.findings
        if not _is_no_loss(steps, error):
            later = isinstance(error, MediaMissingError)
            findings = findings._replace(problem=problem_of(stage, error), later=later)
        self._forward(Decoded(Encodable(work, steps._replace(findings=findings))))

    def wake(self) -> None:
        """Have what waits for leave ask again."""
        self._pool.wake()

    def close(self) -> None:
        """Wait for the threads."""
        self._pool.shutdown()

    def _decode(self, fetched: Fetched) -> Decoded:
        work, steps, preparing = fetched.work, fetched.steps, self._preparing
        decoder = self._apart if work.record.suspect else self._decoder
        with self._telemetry.timed(Stage.DECODE):
            at_least = preparing.at_least(steps.media) if steps.media is not None else 1
            content = decoder.decode_media(fetched.data, at_least=at_least, sound_rate=preparing.sound_rate)
            ready = preparing.prepare(content, steps)
            drawn, undrawn = self._drawn(content, work)
        item = Encodable(work, steps._replace(findings=ready.findings), ready.media, ready.lesser or undrawn)
        return Decoded(item, tuple(drawn))

    def _drawn(self, content: Content, work: Work) -> tuple[Sequence[Drawn], Problem | None]:
        if self._draw is None or content.cover is None:
            return (), None
        try:
            return self._draw(work.asset_id, content.cover), None
        except Exception as error:  # noqa: BLE001  the asset is found without its preview
            self._telemetry.unexpected(Stage.PREVIEW, error, asset_id=work.asset_id)
            self._telemetry.went("preview", "failed")
            return (), problem_of(Stage.PREVIEW, error)

    def _decoded(self, fetched: Fetched, done: Future[Decoded]) -> None:
        fetched.reservation.give_back()
        error = CancelledError() if done.cancelled() else done.exception()
        if error is None:
            self._forward(done.result())
        elif isinstance(error, CancelledError):
            self._drop(fetched.work)
        else:
            self.fail(fetched.work, fetched.steps, Stage.DECODE, error)


def _is_no_loss(steps: Plan, error: BaseException) -> bool:
    """Tell whether nothing is wrong with an asset although its media cannot be decoded."""
    if steps.media is None or is_promised(steps.media) or not isinstance(error, MediaError | MediaRefusedError):
        return False
    return word_of(error) in _NOTHING_TO_SEE

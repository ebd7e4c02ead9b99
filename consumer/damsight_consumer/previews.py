"""Keep previews: after decoding, before encoding. The store is no part of what an event must wait for.

While it is in trouble one asset at a time finds out when that is over. The others go on at once, without previews:
their documents tell why, and they are tried again by the retry lane, as what is missing is. Keys that a newer document
no longer names are deleted once that document is stored; that this fails costs room and nothing else.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from damsight_consumer.bounds import ByteQueue
from damsight_consumer.breaker import Breaker
from damsight_consumer.decoding import Decoded, Encodable
from damsight_consumer.ending import Ended
from damsight_consumer.errors import PreviewStoreUnavailableError
from damsight_consumer.ports import Drawn, PreviewStore
from damsight_consumer.problems import problem_of
from damsight_consumer.records import Stage
from damsight_consumer.telemetry import Telemetry


@dataclass(frozen=True, slots=True)
class Outdated:
    """An event that is done but for the previews that are of no use any more."""

    ended: Ended

    @property
    def size(self) -> int:
        """In bytes, near enough."""
        return self.ended.record.size + 512


class KeepingPreviews:
    """Writes previews, and deletes old ones.

    Args:
        queue: Where assets wait; several threads may run this over one queue.
        store: Keeps them.
        service: Tells when to try while it is in trouble.
        telemetry: Is told of it.
        forward: Takes what is kept, and what is not.
        end: Takes what is done.
    """

    def __init__(
        self,
        *,
        queue: ByteQueue[Decoded | Outdated],
        store: PreviewStore,
        service: Breaker,
        telemetry: Telemetry,
        forward: Callable[[Encodable], None],
        end: Callable[[Ended], None],
    ) -> None:
        self._queue = queue
        self._store = store
        self._service = service
        self._telemetry = telemetry
        self._forward = forward
        self._end = end

    def run(self) -> None:
        """Keep previews until the queue is closed and empty."""
        while batch := self._queue.take(1, 1):
            for item in batch:
                if isinstance(item, Decoded):
                    self._forward(self._kept(item))
                else:
                    self._delete(item.ended)
                    self._end(item.ended)

    def _kept(self, decoded: Decoded) -> Encodable:
        item = decoded.item
        try:
            with self._telemetry.timed(Stage.PREVIEW):
                self._ask(partial(self._put, decoded.drawn), asset_id=item.work.asset_id)
        except Exception as error:  # noqa: BLE001  the document must not be lost for its previews
            return self._without(item, error)
        self._telemetry.went("preview", "made", len(decoded.drawn))
        keys = {one.kind: one.key for one in decoded.drawn}
        return _with(item, thumbnail=keys.get("thumbnail"), preview=keys.get("preview"))

    def _without(self, item: Encodable, error: Exception) -> Encodable:
        self._telemetry.went("preview", "failed")
        if not isinstance(error, PreviewStoreUnavailableError):
            self._telemetry.unexpected(Stage.PREVIEW, error, asset_id=item.work.asset_id)
        problem = item.lesser or problem_of(Stage.PREVIEW, error)
        return replace(_with(item, later=True), lesser=problem)

    def _delete(self, ended: Ended) -> None:
        for prefix in ended.outdated:
            try:
                self._ask(partial(self._store.delete, prefix), prefix=prefix)
            except Exception as error:  # noqa: BLE001  the event is done, whatever is left behind
                self._telemetry.went("preview", "failed")
                if not isinstance(error, PreviewStoreUnavailableError):
                    self._telemetry.unexpected(Stage.PREVIEW, error, prefix=prefix)
                continue
            self._telemetry.went("preview", "deleted")

    def _put(self, drawn: tuple[Drawn, ...]) -> None:
        for one in drawn:
            self._store.put(one.key, one.data)

    def _ask(self, attempt: Callable[[], None], **about: object) -> None:
        turn = self._service.take_turn()
        if turn is None:
            raise PreviewStoreUnavailableError("the store of previews is in trouble; it is tried again later")
        with turn:
            try:
                attempt()
            except PreviewStoreUnavailableError as error:
                self._telemetry.trouble(Stage.PREVIEW, error, turn.failed(), **about)
                raise
            turn.worked()


def _with(item: Encodable, **found: object) -> Encodable:
    findings = item.findings._replace(**found)  # type: ignore[arg-type]  # fields of Findings, above
    return replace(item, steps=item.steps._replace(findings=findings))

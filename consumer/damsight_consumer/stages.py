"""The stages behind the poll threads, joined by queues that are bounded in bytes. All lanes share them.

No stage waits with something in hand: it asks for leave, and for room behind it, before it begins.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from damsight_consumer.alerting import Alerting
from damsight_consumer.bounds import ByteQueue
from damsight_consumer.breaker import Breaker
from damsight_consumer.compare import is_worth_comparing
from damsight_consumer.comparing import Comparable, Comparing
from damsight_consumer.decoding import Decoded, Decoding, Encodable
from damsight_consumer.encode import Encoding
from damsight_consumer.ending import AlreadyThere, Ended, Storable, Untakeable, Waiting
from damsight_consumer.errors import IndexUnavailableError
from damsight_consumer.fetching import Fetched, Fetching
from damsight_consumer.patience import Patience
from damsight_consumer.plan import Plan, plan, wanted_by
from damsight_consumer.precedence import Precedence
from damsight_consumer.preparing import Preparing
from damsight_consumer.previews import KeepingPreviews, Outdated
from damsight_consumer.records import DeadLetter, Lane, Stage, Work
from damsight_consumer.store import Storing
from damsight_consumer.telemetry import Telemetry
from damsight_consumer.world import StageLimits, World


@dataclass(frozen=True, slots=True)
class Dropped:
    """Work that was given up because the consumer stops; it is not done, and comes again."""

    work: Work


class Stages:
    """Takes work in, and gives back what is done or given up. Poll threads call it; nothing here blocks them.

    Args:
        world: What is asked of the world.
        lanes: Those that there will be work of.
        limits: How much each stage takes at once.
        telemetry: Is told of everything.
    """

    def __init__(self, world: World, *, lanes: tuple[Lane, ...], limits: StageLimits, telemetry: Telemetry) -> None:
        encoders, previews = world.encoders, world.previews
        self._wanted = wanted_by(encoders, previews=previews is not None)
        self._limits = limits
        self._abandoned = threading.Event()
        self._back: dict[Lane, deque[Ended | Dropped]] = {lane: deque() for lane in Lane}
        patience = Patience(self._abandoned, cap_s=limits.longest_wait_s)
        index, letters, service, records = (Breaker(cap_s=limits.longest_wait_s) for _ in range(4))
        self._breakers = (index, letters, service, records)
        self._alerting = None if world.alarms is None else Alerting(
            world.alarms, records=records, letters=letters, patience=patience, telemetry=telemetry
        )  # fmt: skip
        self._precedence = Precedence()
        lively = self._precedence.is_lively
        self._to_store: ByteQueue[Waiting] = ByteQueue(limits.storable_bytes, admits=self._admission(), lively=lively)
        self._to_encode: ByteQueue[Encodable] = ByteQueue(
            limits.prepared_bytes, admits=self._admission(self._to_store), lively=lively
        )
        self._to_keep: ByteQueue[Decoded | Outdated] = ByteQueue(
            limits.previewed_bytes, admits=self._admission(self._to_encode), lively=lively
        )
        self._to_compare: ByteQueue[Comparable] = ByteQueue(
            limits.compared_bytes, admits=self._admission(self._to_encode, self._to_store), lively=lively
        )
        self._comparing = Comparing(
            queue=self._to_compare, stored=world.stored, index=index, patience=patience, telemetry=telemetry,
            forward=self._go_on, end=self._already, drop=self._drop,
        )  # fmt: skip
        self._fetching = Fetching(
            fetcher=world.fetcher, lanes=lanes, give_way=self._precedence.give_way, patience=patience,
            limits=limits.fetch, telemetry=telemetry, forward=self._read, fail=self._fail, drop=self._drop,
        )  # fmt: skip
        self._decoding = Decoding(
            decoder=world.decoder, apart=world.decoder_apart, draw=previews.draw if previews else None,
            preparing=Preparing(
                encoders, limits=limits.media, shown_px=previews.longest_px if previews else 0, telemetry=telemetry
            ),
            threads=limits.decode_threads, admits=self._admission(self._to_keep, self._to_encode),
            telemetry=telemetry, forward=self._decoded, drop=self._drop,
        )  # fmt: skip
        self._keeping = None if previews is None else KeepingPreviews(
            queue=self._to_keep, store=previews.store, service=Breaker(cap_s=limits.longest_wait_s),
            telemetry=telemetry, forward=self._encode, end=self._ended,
        )  # fmt: skip
        self._encoding = Encoding(
            encoders=encoders, queue=self._to_encode, most=limits.encode_batch,
            backfill_step_s=limits.backfill_step_s, lively=lively, service=service, patience=patience,
            telemetry=telemetry, forward=self._store, drop=self._drop,
        )  # fmt: skip
        self._storing = Storing(
            queue=self._to_store, most_bytes=limits.bulk_bytes, most_of_backfill=limits.backfill_bulk,
            writer=world.writer, dead_letters=world.dead_letters, retries=world.retries, index=index, letters=letters,
            later_tries=limits.later_tries, patience=patience, telemetry=telemetry,
            examine=self._alerting.examine if self._alerting else lambda _: None, end=self._end, drop=self._drop,
        )  # fmt: skip
        self._check_index = world.check_index
        self._loops = ThreadPoolExecutor(5 + limits.bulks + limits.previews, thread_name_prefix="stage")
        self._running: list[Future[None]] = []

    def start(self) -> None:
        """Start the threads that compare, encode and store, and the one that watches the index."""
        self._running.append(self._loops.submit(self._watch_index))
        if self._alerting is not None:
            self._running.append(self._loops.submit(self._alerting.run))
        self._running.append(self._loops.submit(self._comparing.run))
        self._running.append(self._loops.submit(self._encoding.run))
        self._running.append(self._loops.submit(self._storing.run, (Lane.LIVE,)))
        self._running.extend(self._loops.submit(self._storing.run) for _ in range(self._limits.bulks))
        if self._keeping is not None:
            self._running.extend(self._loops.submit(self._keeping.run) for _ in range(self._limits.previews))
        for waiting in (self._to_compare, self._decoding, self._to_keep, self._to_encode, self._to_store):
            self._precedence.listen(waiting.wake)

    def begin(self, works: Sequence[Work]) -> None:
        """Start with events of one lane; those that take the same way go on together."""
        ways: dict[ByteQueue[Any], list[tuple[Any, int]]] = {}
        for work in works:
            if work.lane is Lane.LIVE:
                self._precedence.began(work)
            steps = plan(work.event, self._wanted)
            if is_worth_comparing(work):
                item: Comparable | Encodable | Storable = Comparable(work, steps)
                ways.setdefault(self._to_compare, []).append((item, item.size))
            elif steps.media is not None:
                self._fetching.submit(work, steps.media, steps)
            else:
                queue, item = self._next(work, steps)
                ways.setdefault(queue, []).append((item, item.size))
        for queue, items in ways.items():
            queue.put_all(items, works[0].lane)

    def refuse(self, letter: DeadLetter) -> None:
        """Publish a record's dead letter."""
        item = Untakeable(letter)
        self._to_store.put(item, item.size, letter.record.lane)

    def give_way(self, lane: Lane, at_most_s: float) -> float:
        """Wait while something of a more urgent lane is under way; returns the seconds that it took."""
        began = time.monotonic()
        self._precedence.give_way(lane, at_most_s)
        return time.monotonic() - began

    def take_back(self, lane: Lane) -> list[Ended | Dropped]:
        """Return what of a lane is done or given up since the last time."""
        back = self._back[lane]
        return [back.popleft() for _ in range(len(back))]

    def is_in_trouble(self) -> bool:
        """Tell whether a service that every event needs does not work, so that taking in more would not help."""
        return any(breaker.is_open() for breaker in self._breakers)

    def failure(self) -> BaseException | None:
        """Return what ended one of the loops that should never end."""
        ended = (running for running in self._running if running.done())
        return next((error for running in ended if (error := running.exception()) is not None), None)

    def stop(self) -> None:
        """Begin no further picture; what was begun goes on."""
        self._fetching.stop()

    def close(self) -> None:
        """Give up whatever is still under way, and wait for the threads."""
        self._abandoned.set()
        self._to_compare.discard()
        self._to_keep.discard()
        self._to_encode.discard()
        self._to_store.discard()
        self._fetching.close()
        self._decoding.close()
        self._loops.shutdown()

    def _admission(self, *following: ByteQueue[Any]) -> Callable[[Lane], bool]:
        """Return what a stage asks before each step: nothing live is held up by it, and what it makes has room.

        A stage that waited for room with something in hand would keep what is live waiting behind it.
        """
        gate = self._precedence.gate()
        return lambda lane: all(queue.has_room(lane) for queue in following) and gate.admits(lane)

    def _watch_index(self) -> None:
        while not self._abandoned.wait(self._limits.index_check_s):
            # While it cannot be told, nothing is stored either.
            with suppress(IndexUnavailableError):
                self._check_index()

    def _go_on(self, work: Work, steps: Plan) -> None:
        if steps.media is not None:
            self._fetching.submit(work, steps.media, steps)
            return
        queue, item = self._next(work, steps)
        queue.put(item, item.size, work.lane)

    def _next(self, work: Work, steps: Plan) -> tuple[ByteQueue[Any], Encodable | Storable]:
        if steps.encodes_words:
            return self._to_encode, Encodable(work, steps)
        return self._to_store, Storable(work, steps.findings)

    def _read(self, fetched: Fetched) -> None:
        stored = fetched.steps.stored_sha256
        if stored is not None and stored == fetched.steps.findings.sha256:
            # The very bytes whose vector the index holds: decoding and encoding them again would bring nothing.
            fetched.reservation.give_back()
            item = Comparable(fetched.work, fetched.steps)
            self._to_compare.put(item, item.size, item.work.lane)
        else:
            self._decoding.submit(fetched)

    def _fail(self, work: Work, steps: Plan, stage: Stage, error: BaseException) -> None:
        self._decoding.fail(work, steps, stage, error)

    def _decoded(self, decoded: Decoded) -> None:
        if decoded.drawn:
            self._to_keep.put(decoded, decoded.size, decoded.item.work.lane)
        else:
            self._encode(decoded.item)

    def _encode(self, item: Encodable) -> None:
        self._to_encode.put(item, item.size, item.work.lane)

    def _store(self, items: Sequence[Storable]) -> None:
        self._to_store.put_all([(item, item.size) for item in items], items[0].work.lane)

    def _already(self, ended: Ended) -> None:
        work = ended.work
        if self._alerting is None or work is None or not self._alerting.concerns(work):
            self._end(ended)
            return
        item = AlreadyThere(ended, work)
        self._to_store.put(item, item.size, work.lane)

    def _end(self, ended: Ended) -> None:
        if ended.outdated and self._keeping is not None:
            item = Outdated(ended)
            self._to_keep.put(item, item.size, ended.record.lane)
        else:
            self._ended(ended)

    def _ended(self, ended: Ended) -> None:
        self._precedence.ended(ended.work)
        self._back[ended.record.lane].append(ended)

    def _drop(self, work: Work) -> None:
        self._precedence.ended(work)
        self._back[work.lane].append(Dropped(work))

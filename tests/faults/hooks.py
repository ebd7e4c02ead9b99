"""What a consumer's process is told to suffer. It reaches the process through one environment variable.

The places are those of the vendors' clients, not of our code: a client's call is where a crash or a wait can come,
however the consumer is built.
"""

import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import orjson
from elastic_transport import Transport
from kafka import KafkaConsumer, KafkaProducer
from kafka.errors import KafkaTimeoutError

from damsight_consumer.fetch.files import FileFetcher
from damsight_encoders.ports import Encoders, TextPurpose, Vectors
from damsight_schemas import topics
from fakes.encoders import FakeJointEncoder, FakeTextEncoder

VARIABLE = "FAULTS_HOOKS"
COUNTED = ".counted"


class Step(StrEnum):
    """Where a process can be made to die."""

    AFTER_FETCH = "after_fetch"
    BEFORE_BULK = "before_bulk"
    AFTER_BULK = "after_bulk"
    BEFORE_COMMIT = "before_commit"
    AFTER_COMMIT = "after_commit"
    MID_DEAD_LETTER = "mid_dead_letter"
    MID_POSTPONE = "mid_postpone"


@dataclass(frozen=True)
class Hooks:
    """One process's lot.

    Attributes:
        kill_at: Die by SIGKILL at this step.
        nth: The how manieth time it comes there.
        stall_encoder_s: The first batch of captions takes so long.
        hold_fetch: A picture whose URI holds this is never read to its end.
        session_ms: After which the broker misses a member; 6,000 is the least that a broker takes by default.
        max_poll_ms: After which a member that does not poll is thrown out.
        variant: One of `faults.broken`: a consumer that is made wrongly.
        counted: A file that tells how many records were delivered.
        muted: While this file is there, dead letters are not acknowledged.
    """

    kill_at: Step | None = None
    nth: int = 1
    stall_encoder_s: float = 0.0
    hold_fetch: str | None = None
    session_ms: int = 6000
    max_poll_ms: int = 60_000
    variant: str | None = None
    counted: str | None = None
    muted: str | None = None

    def as_variable(self) -> dict[str, str]:
        return {VARIABLE: orjson.dumps(asdict(self)).decode()}


def hooks_of_this_process() -> Hooks:
    given = orjson.loads(os.environ[VARIABLE])
    return Hooks(**{**given, "kill_at": Step(given["kill_at"]) if given["kill_at"] else None})


def install(hooks: Hooks) -> None:
    """Change the clients of this process; it cannot be undone."""
    _set_times(hooks)
    if hooks.counted is not None:
        _count_into(hooks.counted)
    if hooks.muted is not None:
        _mute_dead_letters(Path(hooks.muted))
    if hooks.hold_fetch is not None:
        _around(FileFetcher, "fetch", before=lambda _, media, *rest: _hold(hooks.hold_fetch, media.uri))
    if hooks.kill_at is not None:
        _kill_at(hooks.kill_at, hooks.nth)


def _set_times(hooks: Hooks) -> None:
    join = KafkaConsumer.__init__
    times = {
        "session_timeout_ms": hooks.session_ms,
        "heartbeat_interval_ms": hooks.session_ms // 4,
        "max_poll_interval_ms": hooks.max_poll_ms,
    }

    def joining(consumer: KafkaConsumer, *topics: str, **options: Any) -> None:
        join(consumer, *topics, **{**options, **(times if options.get("group_id") else {})})

    KafkaConsumer.__init__ = joining


def encoders_of(hooks: Hooks) -> Encoders:
    return Encoders(joint=FakeJointEncoder(), caption=_StallingEncoder(hooks.stall_encoder_s))


class _StallingEncoder(FakeTextEncoder):
    """Its first batch takes long."""

    def __init__(self, stall_s: float) -> None:
        super().__init__()
        self._stall_s = stall_s

    def encode_texts(self, texts: list[str], *, purpose: TextPurpose = "document") -> Vectors:
        stall_s, self._stall_s = self._stall_s, 0.0
        time.sleep(stall_s)
        return super().encode_texts(texts, purpose=purpose)


def _kill_at(step: Step, nth: int) -> None:
    kind, name, when, mark = _PLACES[step]
    die = _countdown(nth)

    def there(*given: Any, **named: Any) -> None:
        if mark in str([*given[1:3], *named.values()]):
            die()

    _around(kind, name, **{when: there})


# The client's call, whether the end comes before or after it, and what its arguments must hold.
_PLACES: dict[Step, tuple[type[Any], str, str, str]] = {
    Step.AFTER_FETCH: (FileFetcher, "fetch", "after", ""),
    Step.BEFORE_BULK: (Transport, "perform_request", "before", "_bulk"),
    Step.AFTER_BULK: (Transport, "perform_request", "after", "_bulk"),
    Step.BEFORE_COMMIT: (KafkaConsumer, "commit_async", "before", ""),
    Step.AFTER_COMMIT: (KafkaConsumer, "commit_async", "after", ""),
    Step.MID_DEAD_LETTER: (KafkaProducer, "send", "after", topics.DEAD_LETTERS),
    Step.MID_POSTPONE: (KafkaProducer, "send", "after", ".retry."),
}


def _count_into(path: str) -> None:
    """Write after each poll what was delivered in all; it stays when the process is killed."""
    poll, counted, lock, total = KafkaConsumer.poll, os.open(path, os.O_CREAT | os.O_WRONLY), threading.Lock(), [0]

    def counting(*given: Any, **named: Any) -> Any:
        records = poll(*given, **named)
        if records:
            with lock:
                total[0] += sum(len(some) for some in records.values())
                os.pwrite(counted, b"%020d" % total[0], 0)
        return records

    KafkaConsumer.poll = counting


def _countdown(nth: int) -> Callable[[], None]:
    left, lock = [nth], threading.Lock()

    def die() -> None:
        with lock:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    return die


def _mute_dead_letters(while_there: Path) -> None:
    """One broker holds every topic here; where there are more, the dead letters' one alone may be away."""

    def refuse(_: KafkaProducer, topic: str, **more: object) -> None:
        if topic == topics.DEAD_LETTERS and while_there.exists():
            raise KafkaTimeoutError("no leader of the partition (by the test)")

    _around(KafkaProducer, "send", before=refuse)


def _hold(mark: str | None, uri: str) -> None:
    if mark is not None and mark in uri:
        threading.Event().wait()


def _nothing(*_: object, **more: object) -> None:
    pass


def _around(
    kind: type[Any], name: str, *, before: Callable[..., None] = _nothing, after: Callable[..., None] = _nothing
) -> None:
    """Let something happen before and after a method, in every object of the kind."""
    original = getattr(kind, name)

    def wrapped(*given: Any, **named: Any) -> Any:
        before(*given, **named)
        answer = original(*given, **named)
        after(*given, **named)
        return answer

    setattr(kind, name, wrapped)

"""Which letters are worth sending again, and what exactly is sent. Pure, but for the way to an original record."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from damsight_consumer.dead_letters import Outgoing
from damsight_consumer.letters import Letter, State
from damsight_consumer.plan import version_of
from damsight_consumer.postponing import REPLAY, Origin, Told, stripped
from damsight_consumer.records import Record
from damsight_schemas.errors import EventError
from damsight_schemas.events import parse_event

Original = Callable[[Origin], Record | None]


@dataclass(frozen=True, slots=True)
class Replayable:
    """A letter with what it is made of again.

    Attributes:
        headers: The record's own, in order.
        asset_id: As the event tells it, else the letter.
        version: The least version that the asset's document has when the event ended well; none where the event
            cannot be read.
    """

    letter: Letter
    key: bytes | None
    value: bytes | None
    headers: list[Told]
    asset_id: str | None
    version: int | None

    def outgoing(self, topic: str) -> Outgoing:
        """Return the record for a lane's topic: the original, and which letter it is of."""
        return Outgoing(topic, self.key, self.value, [*self.headers, (REPLAY, self.letter.id.encode())])


@dataclass(frozen=True, slots=True)
class Skipped:
    """A letter that is not sent again.

    Attributes:
        reason: Why, in words.
        lost: Somebody must do something: damsight cannot send it.
    """

    letter: Letter
    reason: str
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Selection:
    """What is sent again, the oldest first, and what is not."""

    chosen: list[Replayable] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)


def select(
    letters: Sequence[Letter], states: Mapping[str, State], original: Original, *, everything: bool = False
) -> Selection:
    """Choose among letters: the newest of each asset's revision, unless the index needs it no longer.

    Args:
        letters: Those that were asked for.
        states: Of their assets, by the letter's id; one that is not named is unknown.
        original: Reads the record that a pointer stands for, where Kafka still has it.
        everything: Even where the index holds that revision or a newer one.
    """
    made = Selection()
    newest = {_event_of(letter): letter.id for letter in _by_age(letters)}
    for letter in _by_age(letters):
        skipped = _skipped(letter, newest, states.get(letter.id, State.UNKNOWN), everything=everything)
        replayable = _replayable(letter, original) if skipped is None else None
        if replayable is not None:
            made.chosen.append(replayable)
        else:
            made.skipped.append(skipped or _gone(letter))
    return made


def _skipped(letter: Letter, newest: Mapping[object, str], state: State, *, everything: bool) -> Skipped | None:
    if newest[_event_of(letter)] != letter.id:
        return Skipped(letter, f"the letter {newest[_event_of(letter)]} is a newer one of the same event")
    if letter.is_empty:
        return Skipped(letter, "there is nothing to send: it has no value that anybody could read", lost=True)
    if state.is_superseded and not everything:
        return Skipped(letter, f"needless: the index has it or a newer revision ({state.value})")
    return None


def _by_age(letters: Sequence[Letter]) -> list[Letter]:
    return sorted(letters, key=lambda one: (one.at_ms, one.record.receipt.partition, one.record.receipt.offset))


def _event_of(letter: Letter) -> object:
    if letter.asset_id is not None and letter.revision is not None:
        return letter.asset_id, letter.revision
    return (letter.origin.partition, letter.origin.offset) if letter.origin else letter.id


def _gone(letter: Letter) -> Skipped:
    where = f"{letter.origin.partition} at offset {letter.origin.offset:,}" if letter.origin else "an unknown place"
    words = f"it is a pointer, and Kafka no longer has its record ({where}); have the DAM publish the asset again"
    return Skipped(letter, words, lost=True)


def _replayable(letter: Letter, original: Original) -> Replayable | None:
    record = letter.record
    if letter.pointer:
        found = original(letter.origin) if letter.origin else None
        if found is None or not _is_same(letter, found):
            return None
        record = found
    headers = stripped(record.headers)
    asset_id, version = _told_by(record.value, headers)
    return Replayable(letter, record.key, record.value, headers, asset_id or letter.asset_id, version)


def _is_same(letter: Letter, found: Record) -> bool:
    """Tell whether a record is the one that a pointer is of: a topic that was made anew has others at its offsets."""
    told = letter.origin.timestamp_ms if letter.origin else -1
    return told in (-1, found.timestamp_ms)


def _told_by(value: bytes | None, headers: Sequence[Told]) -> tuple[str | None, int | None]:
    try:
        event = parse_event(value, headers)
    except EventError:
        return None, None
    return event.data.asset_id, version_of(event)

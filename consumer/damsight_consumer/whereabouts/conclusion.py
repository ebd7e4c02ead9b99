"""What follows from all that is known of an asset, in a sentence, and what to do. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime

from damsight_consumer.records import Lane
from damsight_consumer.whereabouts.sightings import DeadLettered, Document, Sightings, Waiting

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six")
_ORDINALS = ("", "first", "second", "third", "fourth", "fifth", "sixth")
_LAST_MS = 253_402_300_799_000
# Which of two events of one revision is told: one that comes yet, before one that did not succeed.
_YET_TO_COME, _OVER = 1, 0


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What a person wants to know.

    Attributes:
        sentence: Where the asset is, and why.
        to_do: What to do; empty where there is nothing.
        is_known: Something of the asset was found.
    """

    sentence: str
    to_do: str
    is_known: bool = True


def conclude(seen: Sightings, *, now: datetime) -> Conclusion:
    """Return the conclusion.

    Args:
        seen: All that was found.
        now: In UTC; times of the same day are told without their date.
    """
    held = _held(seen.asset_id, seen.document)
    decisive = _decisive(seen)
    if isinstance(decisive, Waiting):
        return Conclusion(f"{held}; {_waits(decisive, seen, now)}.", _what_it_waits_for(decisive, seen))
    if decisive is not None:
        return Conclusion(f"{held}; {_died(decisive, now)}.", _how_it_lives_again(decisive))
    if seen.document is None:
        return _unknown(seen)
    return Conclusion(f"{held}.", _of_document(seen.document))


def moment(timestamp_ms: int, now: datetime) -> str:
    """Return a time as a person reads it: without its date where that is today's."""
    told = time_of(timestamp_ms)
    return told.strftime("%H:%M:%S UTC" if told.date() == now.date() else "%Y-%m-%d %H:%M:%S UTC")


def time_of(timestamp_ms: int) -> datetime:
    """Return a record's time in UTC; whoever wrote it may have written anything, so it ends with the year 9999."""
    return datetime.fromtimestamp(min(max(timestamp_ms, 0), _LAST_MS) / 1000, UTC)


def _held(asset_id: str, document: Document | None) -> str:
    if document is None:
        return f"Asset {asset_id} is not in the index"
    if document.deleted:
        return f"Asset {asset_id} is deleted, at revision {document.revision}"
    held = f"Asset {asset_id} is indexed at revision {document.revision}"
    if document.problem is None:
        return held
    lacks = "and lacks something" if "image_vector" in document.vectors else "without its picture's vector"
    return f"{held} {lacks} ({document.problem.stage}: {document.problem.error})"


def _decisive(seen: Sightings) -> Waiting | DeadLettered | None:
    """Return what will change, or should have changed, what the index holds; of several, the newest revision's."""
    waiting = [one for one in seen.waiting if _would_change(one, seen.document)]
    dead = [one for one in seen.dead if _should_have_changed(one, seen.document)]
    ranked: list[tuple[tuple[int, int, int], Waiting | DeadLettered]] = [
        ((one.revision or 0, _YET_TO_COME, -one.due_ms), one) for one in waiting
    ]
    ranked += [((one.revision or 0, _OVER, one.timestamp_ms), one) for one in dead]
    return max(ranked, key=lambda pair: pair[0])[1] if ranked else None


def _would_change(waiting: Waiting, document: Document | None) -> bool:
    if waiting.version is None or document is None:
        return True
    return waiting.version > document.version


def _should_have_changed(dead: DeadLettered, document: Document | None) -> bool:
    if document is None:
        return True
    if dead.revision is None:
        stored = datetime.fromisoformat(document.indexed_at).timestamp() * 1000 if document.indexed_at else 0
        return dead.timestamp_ms > stored
    return dead.revision > document.revision or (dead.revision == document.revision and document.problem is not None)


def _waits(waiting: Waiting, seen: Sightings, now: datetime) -> str:
    what = _what(waiting)
    behind = f"waits behind {waiting.ahead:,} events" if waiting.ahead != 1 else "waits behind one event"
    if waiting.lane is not Lane.RETRY:
        place = f"in {waiting.partition}"
        return f"{what} {behind} {place}" if waiting.ahead else f"{what} is the next event {place}"
    tries = f"{_word(_ORDINALS, waiting.attempt)} of {_word(_NUMBERS, seen.tries)} tries: {waiting.reason}"
    if waiting.due_ms > now.timestamp() * 1000:
        return f"{what} is tried again at {moment(waiting.due_ms, now)}, {tries}"
    return f"{what} is due to be tried again and {behind} in {waiting.partition}, {tries}"


def _what(waiting: Waiting) -> str:
    if waiting.revision is None:
        return f"an event of it that cannot be read (offset {waiting.offset:,})"
    return f"its deletion at revision {waiting.revision}" if waiting.deleted else f"revision {waiting.revision}"


def _word(words: tuple[str, ...], number: int) -> str:
    return words[number] if number < len(words) else str(number)


def _what_it_waits_for(waiting: Waiting, seen: Sightings) -> str:
    group_id = seen.group_id if waiting.lane is Lane.LIVE else f"{seen.group_id}-{waiting.lane.value}"
    if not waiting.is_read:
        return (
            f"No consumer of the group {group_id} has committed anything in {waiting.partition}: see that one runs "
            f"(`damsight consume`), and that DAMSIGHT_CONSUMER__GROUP_ID names its group."
        )
    if waiting.lane is Lane.RETRY:
        return "Put right what it tells before then; after the last try it is dead-lettered, and can be replayed."
    return f"Nothing, while a consumer of the group {group_id} runs: it comes by itself."


def _died(dead: DeadLettered, now: datetime) -> str:
    what = f"revision {dead.revision}" if dead.revision is not None else "an event of it"
    tries = "after one try" if dead.attempts == 1 else f"after {_word(_NUMBERS, dead.attempts)} tries"
    return f"{what} was dead-lettered at {moment(dead.timestamp_ms, now)}, {tries}: {dead.reason}"


def _how_it_lives_again(dead: DeadLettered) -> str:
    return (
        f"Put right what it tells, then replay it with `damsight dead-letters replay`; `damsight dead-letters show "
        f"{dead.letter}` shows it."
    )


def _of_document(document: Document) -> str:
    if document.problem is None:
        return ""
    return (
        "Put right what it tells, then have the DAM publish it again, or repair it with `damsight reconcile LIST.jsonl "
        "--repair`."
    )


def _unknown(seen: Sightings) -> Conclusion:
    return Conclusion(
        f"Asset {seen.asset_id} is unknown: no event of it waits in Kafka, none was dead-lettered, and the index "
        f"{seen.index!r} does not hold it.",
        "Check the id, letter by letter. If the DAM has the asset, have it publish it; `damsight reconcile LIST.jsonl` "
        "finds every asset that is missing.",
        is_known=False,
    )

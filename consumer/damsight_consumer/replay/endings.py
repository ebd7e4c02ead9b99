"""How replayed events ended: the index and the dead letters tell."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from damsight_consumer.letters import Letter, Wanted, letters_of
from damsight_consumer.ports import Stored, StoredAssets
from damsight_consumer.read_topic import ends_of
from damsight_consumer.records import Unreadable
from damsight_consumer.replay.selection import Replayable
from damsight_schemas.connections import KafkaSettings
from damsight_schemas.topics import DEAD_LETTERS
from damsight_schemas.version import revision_of

MOST_AT_ONCE = 500


class Ending(StrEnum):
    """WELL: its document is stored whole, or a newer one is. AGAIN: dead-lettered again. UNDER_WAY: neither yet."""

    WELL = "well"
    AGAIN = "dead_lettered_again"
    UNDER_WAY = "under_way"


@dataclass(frozen=True, slots=True)
class Ended:
    """How one replayed event ended.

    Attributes:
        words: What is known of it where it did not end well.
        letter: The new one, where it was dead-lettered again.
    """

    replayed: Replayable
    ending: Ending
    words: str = ""
    letter: Letter | None = None


class Waiting:
    """Finds out, look by look, how replayed events end. Make it before they are sent.

    Args:
        kafka: How to reach it.
        assets: What the index holds.
        topic: Of the dead letters.

    Raises:
        SourceError: Kafka cannot be reached, or refuses.
    """

    def __init__(self, kafka: KafkaSettings, assets: StoredAssets, *, topic: str = DEAD_LETTERS) -> None:
        self._kafka = kafka
        self._assets = assets
        self._topic = topic
        self._since: Mapping[int, int] = ends_of(kafka, topic)
        self._again: dict[str, Letter] = {}

    def look(self, sent: Sequence[Replayable]) -> list[Ended]:
        """Return how each of them stands now, in their order.

        Raises:
            SourceError: Kafka cannot be reached, or refuses.
            IndexUnavailableError: The index cannot be asked now.
        """
        self._read_letters({one.letter.id for one in sent})
        stored = self._look_up(sent)
        return [self._ended(one, stored.get(one.asset_id or "")) for one in sent]

    def _read_letters(self, ids: Iterable[str]) -> None:
        known = frozenset(ids)
        ends = ends_of(self._kafka, self._topic)
        for letter in letters_of(self._kafka, Wanted(), tell=_not_ours, since=self._since, topic=self._topic):
            if letter.replay_of in known:
                self._again[letter.replay_of] = letter
        self._since = ends

    def _look_up(self, sent: Sequence[Replayable]) -> dict[str, Stored]:
        ids = sorted({one.asset_id for one in sent if one.asset_id is not None and one.version is not None})
        stored: dict[str, Stored] = {}
        for first in range(0, len(ids), MOST_AT_ONCE):
            stored |= self._assets.look_up(ids[first : first + MOST_AT_ONCE])
        return stored

    def _ended(self, one: Replayable, stored: Stored | None) -> Ended:
        if stored is not None and one.version is not None and stored.version >= one.version:
            return Ended(one, Ending.WELL)
        again = self._again.get(one.letter.id)
        if again is not None:
            return Ended(one, Ending.AGAIN, f"{again.error}: {again.message}", again)
        return Ended(one, Ending.UNDER_WAY, _words(one, stored))


def _not_ours(place: Unreadable) -> None:
    """A letter that cannot be read is none of a replay: those are written by damsight."""


def _words(one: Replayable, stored: Stored | None) -> str:
    if one.version is None:
        return "not taken yet, and not dead-lettered again"
    if stored is not None and revision_of(stored.version) == revision_of(one.version):
        return "its words are indexed; its picture is under way, or waits in a retry topic"
    return "not taken yet: is a consumer running that reads this lane?"

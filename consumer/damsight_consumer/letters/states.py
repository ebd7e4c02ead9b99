"""What became of a dead letter's asset since: the index tells."""

from collections.abc import Iterable
from enum import StrEnum

from damsight_consumer.letters.letter import Letter
from damsight_consumer.ports import Stored, StoredAssets
from damsight_schemas.version import is_complete, revision_of

MOST_AT_ONCE = 500


class State(StrEnum):
    """What the index holds now, against the revision that a letter tells of.

    INDEXED: that revision or a newer one, whole. DELETED: likewise, as a tombstone. INCOMPLETE: that revision,
    without its picture's vector. NEWER_INCOMPLETE: a newer one, likewise. OLDER: an older one. MISSING: nothing.
    UNKNOWN: the letter does not tell of which asset and revision it is, or the index was not asked.
    """

    INDEXED = "indexed"
    DELETED = "deleted"
    INCOMPLETE = "incomplete"
    NEWER_INCOMPLETE = "newer_incomplete"
    OLDER = "older"
    MISSING = "missing"
    UNKNOWN = "unknown"

    @property
    def is_well(self) -> bool:
        """Tell whether nothing is left to do."""
        return self in (State.INDEXED, State.DELETED)

    @property
    def is_superseded(self) -> bool:
        """Tell whether to send the letter's event again would change nothing."""
        return self.is_well or self is State.NEWER_INCOMPLETE


def states_of(assets: StoredAssets, letters: Iterable[Letter]) -> dict[str, State]:
    """Return the state of each letter, by its id.

    Raises:
        IndexUnavailableError: It cannot be told now.
    """
    letters = list(letters)
    ids = sorted({letter.asset_id for letter in letters if letter.asset_id is not None and letter.revision is not None})
    stored: dict[str, Stored] = {}
    for first in range(0, len(ids), MOST_AT_ONCE):
        stored |= assets.look_up(ids[first : first + MOST_AT_ONCE])
    return {letter.id: state_of(letter, stored.get(letter.asset_id or "")) for letter in letters}


def state_of(letter: Letter, stored: Stored | None) -> State:
    """Return the state of a letter, given what the index holds of its asset."""
    if letter.asset_id is None or letter.revision is None:
        return State.UNKNOWN
    if stored is None:
        return State.MISSING
    revision = revision_of(stored.version)
    if revision < letter.revision:
        return State.OLDER
    if is_complete(stored.version):
        return State.DELETED if stored.deleted else State.INDEXED
    return State.INCOMPLETE if revision == letter.revision else State.NEWER_INCOMPLETE

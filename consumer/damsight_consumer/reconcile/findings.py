"""What is known of an asset from each side, and what follows from it. Pure.

The version scheme (`damsight_schemas.version`) decides what an event can mend: the index takes an event of the listed
revision where it holds an older one, or one that lacks something. Whatever it holds whole at that revision stays as it
is: an event of it is answered with 409, so only a greater revision, which the DAM alone can give, changes it.
"""

from dataclasses import dataclass
from enum import StrEnum

from damsight_schemas.document import Problem


class Verdict(StrEnum):
    """How list and index agree on one asset.

    ACL_DIFFERS: the same revision with other rights, the worst kind. MISSING: listed, and not in the index, or deleted
    there at no greater revision. STALE: the index holds an older revision. NEVER: as one of these two, because its
    newest event was dead-lettered. INCOMPLETE: stored without its picture's vector. ORPHANED: in the index and not
    listed. NEWER: the index is ahead of the list, which is older. AGREES: the rest.
    """

    ACL_DIFFERS = "acl_differs"
    MISSING = "missing"
    STALE = "stale"
    NEVER = "never_to_be"
    INCOMPLETE = "incomplete"
    ORPHANED = "orphaned"
    NEWER = "newer_in_index"
    AGREES = "agrees"


class Remedy(StrEnum):
    """What mends it.

    EVENT: an event of the listed revision; we can send it. DAM_EVENT: the same, but the list does not tell the whole
    asset, so the DAM must send it. NEW_REVISION: only a greater revision, which the DAM alone can give. REPLAY: its
    reason is mended first, then its dead letter is replayed. DELETE: a deletion of the indexed revision.
    """

    NOTHING = "nothing"
    EVENT = "event"
    DAM_EVENT = "event_from_dam"
    NEW_REVISION = "new_revision"
    REPLAY = "replay"
    DELETE = "delete"


GOOD = frozenset({Verdict.AGREES, Verdict.NEWER})


@dataclass(frozen=True, slots=True)
class Listed:
    """An asset as the DAM lists it.

    Attributes:
        rights: The hash of its access list; none where the list does not tell it.
        whole: The list tells all of it, so an event can be made.
        place: The line's or the entry's number, from 1.
    """

    asset_id: str
    revision: int
    rights: str | None
    whole: bool
    place: int


@dataclass(frozen=True, slots=True)
class Indexed:
    """An asset as the index holds it.

    Attributes:
        version: External; see `damsight_schemas.version`.
        rights: The hash of its access list; none for a tombstone.
        indexed_ms: When it was stored, in milliseconds since 1970 UTC; none for a tombstone.
    """

    asset_id: str
    revision: int
    version: int
    deleted: bool = False
    rights: str | None = None
    source: str | None = None
    indexed_ms: int | None = None
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Dead:
    """A dead letter of an asset.

    Attributes:
        revision: 0 where its event could not be read.
        reason: For a person, as in ``fetch: gone: the address answers 410``.
        timestamp_ms: When it was dead-lettered, in milliseconds since 1970 UTC.
    """

    asset_id: str
    revision: int
    reason: str
    timestamp_ms: int


@dataclass(frozen=True, slots=True)
class Sent:
    """A repair that Kafka acknowledged.

    Attributes:
        version_before: Of the document that the index held before; 0 where it held none.
    """

    asset_id: str
    revision: int
    deleted: bool
    version_before: int


@dataclass(frozen=True, slots=True)
class Finding:
    """One asset and what is to be said of it.

    Attributes:
        listed: Its revision in the list; none for an orphan.
        indexed: Its revision in the index; none where it is not there.
        why: More, for a person; may be empty.
        source: The indexed document's.
    """

    asset_id: str
    verdict: Verdict
    remedy: Remedy = Remedy.NOTHING
    listed: int | None = None
    indexed: int | None = None
    why: str = ""
    source: str | None = None


def judged(listed: Listed, indexed: Indexed | None) -> Finding:
    """Compare one listed asset with what the index holds of it."""
    if indexed is None:
        return _found(listed, None, Verdict.MISSING, _event(listed))
    if indexed.revision > listed.revision:
        return _found(listed, indexed, Verdict.NEWER, why="deleted since" if indexed.deleted else "")
    if indexed.revision == listed.revision:
        return _judged_equal(listed, indexed)
    if indexed.deleted:
        why = f"deleted at revision {indexed.revision}"
        return _found(listed, indexed, Verdict.MISSING, _event(listed), why)
    why = "its rights differ too" if _rights_differ(listed, indexed) else ""
    return _found(listed, indexed, Verdict.STALE, _event(listed), why)


def _judged_equal(listed: Listed, indexed: Indexed) -> Finding:
    if indexed.deleted:
        why = "deleted at this very revision, and a deletion beats an update of its own revision"
        return _found(listed, indexed, Verdict.MISSING, Remedy.NEW_REVISION, why)
    if _rights_differ(listed, indexed):
        return _found(listed, indexed, Verdict.ACL_DIFFERS, Remedy.NEW_REVISION)
    if indexed.problem is not None:
        problem = indexed.problem
        why = f"{problem.stage}: {problem.error}: {problem.message}"
        return _found(listed, indexed, Verdict.INCOMPLETE, _event(listed), why)
    return _found(listed, indexed, Verdict.AGREES)


def never_to_be(finding: Finding, dead: Dead, indexed: Indexed | None) -> Finding:
    """Return the finding of an asset that is missing or stale, where a dead letter tells why.

    Args:
        finding: That it is missing or stale.
        dead: The newest letter of the listed revision or a later one, or of an event that could not be read.
        indexed: What the index holds; a letter that cannot be read and is older tells of the past.
    """
    stored_ms = indexed.indexed_ms if indexed else None
    if dead.revision == 0 and stored_ms is not None and dead.timestamp_ms <= stored_ms:
        return finding
    return Finding(
        finding.asset_id, Verdict.NEVER, Remedy.REPLAY, finding.listed, finding.indexed, dead.reason, finding.source
    )


def unlisted(indexed: Indexed, *, as_of_ms: int, deletable_before_ms: int) -> Finding:
    """Judge an asset that lives in the index and is not listed.

    Args:
        indexed: It.
        as_of_ms: When the list was made, in milliseconds since 1970 UTC; what was indexed later is too new for it.
        deletable_before_ms: What was indexed since is told of and not deleted.
    """
    told = indexed.indexed_ms or 0
    if told >= as_of_ms:
        verdict, remedy, why = Verdict.NEWER, Remedy.NOTHING, "indexed after the list was made"
    elif told >= deletable_before_ms:
        verdict, remedy, why = Verdict.ORPHANED, Remedy.NOTHING, "indexed shortly before the list was made"
    else:
        verdict, remedy, why = Verdict.ORPHANED, Remedy.DELETE, ""
    return Finding(indexed.asset_id, verdict, remedy, None, indexed.revision, why, indexed.source)


def _event(listed: Listed) -> Remedy:
    return Remedy.EVENT if listed.whole else Remedy.DAM_EVENT


def _rights_differ(listed: Listed, indexed: Indexed) -> bool:
    return listed.rights is not None and listed.rights != indexed.rights


def _found(
    listed: Listed, indexed: Indexed | None, verdict: Verdict, remedy: Remedy = Remedy.NOTHING, why: str = ""
) -> Finding:
    held = indexed.revision if indexed else None
    return Finding(listed.asset_id, verdict, remedy, listed.revision, held, why, indexed.source if indexed else None)

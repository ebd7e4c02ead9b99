"""The external version that makes the newest revision win, whatever the order of arrival."""

from damsight_schemas.asset import MAX_REVISION

STEP = 4096
DELETED = 2048
EPOCH = 8
COMPLETE = 7
LAST_EPOCH = DELETED // EPOCH - 1


def document_version(revision: int, *, deleted: bool, pipeline_epoch: int = 0, attempt: int | None = None) -> int:
    """Return ``revision * 4096 + (2048 if deleted) + 8 * pipeline_epoch + completeness``.

    A deletion beats an update of its own revision, a newer pipeline's document beats an older one's of the same
    revision, and a whole document beats one that was stored without its picture's vector, so that a later try can put
    it right. A repeat has an equal version, which Elasticsearch answers with 409.

    Args:
        revision: The asset's own counter.
        deleted: The document is a tombstone.
        pipeline_epoch: 0 to 255; greater after a change that makes vectors anew at the same revision.
        attempt: Of a document that lacks something: how often it was tried before, from 0; none for a whole one.

    Raises:
        ValueError: The revision or the epoch is out of range; one bad version would fail a whole bulk.
    """
    if not 1 <= revision <= MAX_REVISION:
        raise ValueError(f"revision takes 1 to {MAX_REVISION} (given: {revision})")
    if not 0 <= pipeline_epoch <= LAST_EPOCH:
        raise ValueError(f"pipeline epoch takes 0 to {LAST_EPOCH} (given: {pipeline_epoch})")
    completeness = COMPLETE if attempt is None else min(max(attempt, 0), COMPLETE - 1)
    return revision * STEP + (DELETED if deleted else 0) + EPOCH * pipeline_epoch + completeness


def revision_of(version: int) -> int:
    """Return the revision that a document's version tells of."""
    return version // STEP


def epoch_of(version: int) -> int:
    """Return the pipeline's epoch that made a document."""
    return version % DELETED // EPOCH


def is_complete(version: int) -> bool:
    """Tell whether the document of a version lacks nothing."""
    return version % EPOCH == COMPLETE

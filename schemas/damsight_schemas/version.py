"""The external version that makes the newest revision win, whatever the order of arrival."""

from damsight_schemas.asset import MAX_REVISION

STEP = 4096
DELETED = 2048


def document_version(revision: int, *, deleted: bool, pipeline_epoch: int = 0) -> int:
    """Return ``revision * 4096 + (2048 if deleted) + pipeline_epoch``.

    A deletion beats an update of its own revision, a newer pipeline's document beats an older one's of the same
    revision, and a repeat has an equal version, which Elasticsearch answers with 409.

    Raises:
        ValueError: The revision or the epoch is out of range; one bad version would fail a whole bulk.
    """
    if not 1 <= revision <= MAX_REVISION:
        raise ValueError(f"revision takes 1 to {MAX_REVISION} (given: {revision})")
    if not 0 <= pipeline_epoch < DELETED:
        raise ValueError(f"pipeline epoch takes 0 to {DELETED - 1} (given: {pipeline_epoch})")
    return revision * STEP + (DELETED if deleted else 0) + pipeline_epoch

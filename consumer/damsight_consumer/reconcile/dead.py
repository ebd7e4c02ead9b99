"""What the dead letters tell of an asset. Pure."""

from damsight_consumer.postponing import PREFIX, number_of, text_of
from damsight_consumer.reconcile.findings import Dead
from damsight_consumer.records import Record

LONGEST_REASON = 500


def dead_of(record: Record) -> Dead | None:
    """Return what a letter tells; none where it tells no asset, not even by its key."""
    asset_id = text_of(record.headers, f"{PREFIX}asset-id") or (record.key or b"").decode("utf-8", "replace")
    if not asset_id:
        return None
    revision = number_of(record.headers, f"{PREFIX}revision") or 0
    return Dead(asset_id, revision, reason_of(record), record.timestamp_ms)


def reason_of(record: Record) -> str:
    """Return why, as in ``fetch: gone: the address answers 410``."""
    parts = (text_of(record.headers, f"{PREFIX}{name}") for name in ("stage", "error", "message"))
    return ": ".join(part for part in parts if part)[:LONGEST_REASON]

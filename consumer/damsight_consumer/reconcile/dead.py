"""What the dead letters tell of an asset. Pure."""

from damsight_consumer.letters.letter import letter_of
from damsight_consumer.reconcile.findings import Dead
from damsight_consumer.records import Record

LONGEST_REASON = 500


def dead_of(record: Record) -> Dead | None:
    """Return what a letter tells, its reason as in ``fetch: gone: the address answers 410``.

    None where it tells no asset, not even by its key.
    """
    letter = letter_of(record)
    if letter.asset_id is None:
        return None
    reason = ": ".join(part for part in (letter.stage, letter.error, letter.message) if part)
    return Dead(letter.asset_id, letter.revision or 0, reason[:LONGEST_REASON], letter.at_ms)

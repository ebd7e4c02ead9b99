"""Waits until the repairs are in the index, and counts how each ended."""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from enum import StrEnum

from damsight_consumer.reconcile.comparison import OnProgress
from damsight_consumer.reconcile.dead import dead_of
from damsight_consumer.reconcile.findings import Indexed, Sent
from damsight_consumer.reconcile.indexed import IndexReader
from damsight_consumer.reconcile.ledger import Ledger
from damsight_consumer.records import Record

PAGE = 1000
BETWEEN_S = 1.0


class Ending(StrEnum):
    """How a repair ended.

    MENDED: the index holds it, or a newer revision. INCOMPLETE: stored without its picture's vector, and tried again or
    dead-lettered. DEAD_LETTERED: its event could not be taken. WAITING: it had not come when the waiting ended.
    """

    MENDED = "mended"
    INCOMPLETE = "incomplete"
    DEAD_LETTERED = "dead_lettered"
    WAITING = "waiting"


class Waiting:
    """Watches the repairs that the ledger notes as sent.

    Args:
        ledger: With what was sent.
        reader: Of the index.
        letters: Yields the dead letters that came since the last call.
        still_s: How long nothing may move before it is given up.
        on_progress: Is told how many are mended, and of how many.
    """

    def __init__(
        self,
        ledger: Ledger,
        reader: IndexReader,
        letters: Callable[[], Iterable[Record]],
        *,
        still_s: float,
        on_progress: OnProgress,
    ) -> None:
        self._ledger = ledger
        self._reader = reader
        self._letters = letters
        self._still_s = still_s
        self._on_progress = on_progress

    def run(self) -> Counter[Ending]:
        """Wait until all ended, or nothing moved for too long.

        Raises:
            IndexUnavailableError: The index does not answer.
            SourceError: Kafka does not answer.
        """
        endings: Counter[Ending] = Counter()
        total = left = self._ledger.count_sent()
        moved = time.monotonic()
        while left and time.monotonic() - moved < self._still_s:
            found = self._look()
            if not found:
                found = self._read_letters()
            endings += found
            left -= found.total()
            if found:
                moved = time.monotonic()
                self._on_progress("repairs", total - left, total)
            else:
                time.sleep(BETWEEN_S)
        endings[Ending.WAITING] += left
        return +endings

    def _look(self) -> Counter[Ending]:
        endings: Counter[Ending] = Counter()
        after = ""
        while page := self._ledger.sent(after, PAGE):
            after = page[-1].asset_id
            held = self._reader.look_up([sent.asset_id for sent in page])
            for sent in page:
                ending = ended(sent, held.get(sent.asset_id))
                if ending is not None:
                    endings[ending] += self._ledger.drop_sent(sent.asset_id, sent.revision)
        return endings

    def _read_letters(self) -> Counter[Ending]:
        dead = (dead_of(record) for record in self._letters())
        dropped = sum(self._ledger.drop_sent(one.asset_id, one.revision) for one in dead if one is not None)
        return Counter({Ending.DEAD_LETTERED: dropped}) if dropped else Counter()


def ended(sent: Sent, held: Indexed | None) -> Ending | None:
    """Tell how a repair ended; none where it has not. Pure.

    Args:
        sent: Its event.
        held: What the index holds now.
    """
    if held is None or held.revision < sent.revision or held.version <= sent.version_before:
        return None
    if held.revision == sent.revision and sent.deleted and not held.deleted:
        return None
    return Ending.MENDED if held.problem is None else Ending.INCOMPLETE

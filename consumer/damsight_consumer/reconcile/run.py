"""The wiring of a comparison, and what is done with it: settings in, findings and repairs out."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from damsight_consumer.errors import CatalogueError
from damsight_consumer.read_topic import ends_of, records_of
from damsight_consumer.reconcile.comparison import Comparison, Moment, OnProgress, Report
from damsight_consumer.reconcile.indexed import IndexReader
from damsight_consumer.reconcile.ledger import Ledger, opened_ledger
from damsight_consumer.reconcile.lines import BadEntry, GoodEntry
from damsight_consumer.reconcile.reachable import require_kafka
from damsight_consumer.reconcile.repairs import repairs, require_deletable
from damsight_consumer.reconcile.waiting import Ending, Waiting
from damsight_consumer.records import Record
from damsight_consumer.settings import ConsumerSettings
from damsight_index.connection import connect
from damsight_schemas.connections import KafkaSettings
from damsight_schemas.events import AssetEvent, DeletedEvent
from damsight_schemas.topics import DEAD_LETTERS

# Looking for new dead letters costs a connection.
BETWEEN_LETTERS_S = 5.0


@dataclass(frozen=True, slots=True)
class Options:
    """How it is compared.

    Attributes:
        moment: When the list was made.
        source: See `Comparison`.
        limit: See `Comparison`.
        repair: Whole assets are kept, so that events can be made.
        delete_orphans: What is not listed is deleted.
        sure: An empty list is compared, and more than half of the index may be deleted.
    """

    moment: Moment
    source: str | None = None
    limit: int = 20
    repair: bool = False
    delete_orphans: bool = False
    sure: bool = False


class Reconciliation:
    """One comparison with its repairs; made by `reconciliation`. One thread uses it."""

    def __init__(
        self, kafka: KafkaSettings, ledger: Ledger, reader: IndexReader, options: Options, on_progress: OnProgress
    ) -> None:
        self._kafka = kafka
        self._ledger = ledger
        self._reader = reader
        self._options = options
        self._on_progress = on_progress
        self._letters = _NewLetters(kafka)
        self._comparison = Comparison(
            ledger, source=options.source, moment=options.moment, limit=options.limit, on_progress=on_progress
        )

    def compare(self, entries: Iterable[GoodEntry | BadEntry], *, total: int = 0) -> Report:
        """Compare.

        Args:
            entries: Of the list.
            total: How many there are, where it is known.

        Raises:
            CatalogueError: The list cannot be read, or holds no asset.
            IndexNotReadyError: There is no such index.
            IndexUnavailableError: It does not answer.
            SourceError: Kafka does not answer.
        """
        require_kafka(self._kafka)
        self._comparison.read_list(entries, total)
        if not self._ledger.counts(None)[0] and not self._options.sure:
            raise CatalogueError(
                "the list holds no asset that could be read, so nothing was compared. If the DAM really is empty, say "
                "--yes."
            )
        self._comparison.read_index(self._reader)
        letters = self._letters.skip()
        self._comparison.read_dead(records_of(self._kafka, DEAD_LETTERS), letters)
        return self._comparison.report()

    def events(self, report: Report) -> Iterator[AssetEvent]:
        """Return the events that mend what an event can mend.

        Raises:
            CatalogueError: The list is not one to delete by.
        """
        if self._options.delete_orphans:
            require_deletable(report, sure=self._options.sure)
        return repairs(
            self._comparison.findings(),
            self._ledger,
            source=self._options.source,
            time=datetime.now(UTC),
            delete_orphans=self._options.delete_orphans,
        )

    def sent(self, event: AssetEvent) -> None:
        """Note that Kafka acknowledged a repair."""
        self._ledger.add_sent(event.data.asset_id, event.data.revision, deleted=isinstance(event, DeletedEvent))

    def wait(self, *, still_s: float) -> Counter[Ending]:
        """Wait until what was sent is in the index; see `Waiting`."""
        return Waiting(
            self._ledger, self._reader, self._letters.read, still_s=still_s, on_progress=self._on_progress
        ).run()


class _NewLetters:
    """The dead letters that come from now on."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self._kafka = kafka
        self._since: dict[int, int] = {}
        self._looked = 0.0

    def skip(self) -> int:
        """Leave out those that are there already; returns how many offsets that is."""
        self._since = ends_of(self._kafka, DEAD_LETTERS)
        return sum(self._since.values())

    def read(self) -> Iterable[Record]:
        """Return those that came since the last call; now and then, not with every call."""
        if time.monotonic() - self._looked < BETWEEN_LETTERS_S:
            return ()
        self._looked = time.monotonic()
        ends = ends_of(self._kafka, DEAD_LETTERS)
        if ends == self._since:
            return ()
        since, self._since = self._since, ends
        return list(records_of(self._kafka, DEAD_LETTERS, since=since))


@contextmanager
def reconciliation(settings: ConsumerSettings, options: Options, on_progress: OnProgress) -> Iterator[Reconciliation]:
    """A comparison with a ledger and connections of its own, gone when the block ends.

    Args:
        settings: Of the consumer.
        options: How it is compared.
        on_progress: Is told how far it is.
    """
    client = connect(settings.elasticsearch)
    try:
        with opened_ledger(keep_bodies=options.repair) as ledger:
            reader = IndexReader(client, settings.index.write_alias)
            yield Reconciliation(settings.kafka, ledger, reader, options, on_progress)
    finally:
        client.close()

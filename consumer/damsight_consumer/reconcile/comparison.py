"""Compares the DAM's list with the index, asset by asset: the list first, so that the index is never the older side."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from damsight_consumer.reconcile.dead import dead_of
from damsight_consumer.reconcile.findings import (
    GOOD,
    Finding,
    Indexed,
    Listed,
    Remedy,
    Verdict,
    judged,
    never_to_be,
    unlisted,
)
from damsight_consumer.reconcile.indexed import IndexReader
from damsight_consumer.reconcile.ledger import Ledger
from damsight_consumer.reconcile.lines import BadEntry, GoodEntry
from damsight_consumer.records import Record

DAY_MS = 24 * 60 * 60 * 1000
# Progress is told once for so many entries of the list.
STRIDE = 1000

OnProgress = Callable[[str, int, int], None]
"""Is told the step, how much of it is done, and of how much (0 where that is not known)."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When the list was made.

    Attributes:
        as_of_ms: What was indexed later is too new for the list, which says nothing of it. Since 1970 UTC.
        is_told: Somebody told it; otherwise it is a file's time, and a day more is allowed before anything is deleted.
    """

    as_of_ms: int
    is_told: bool

    @property
    def deletable_before_ms(self) -> int:
        """What was indexed later is not deleted, listed or not."""
        return self.as_of_ms if self.is_told else self.as_of_ms - DAY_MS


@dataclass(slots=True)
class Report:
    """What a comparison found.

    Attributes:
        listed: Assets in the list.
        living: Assets in the index that are not deleted (of the source, where one was given).
        counts: Assets by verdict.
        remedies: Assets by what mends them.
        findings: Of each verdict the first ones, in the order of their ids; those that agree are left out.
        bad: Bad lines or entries, all of them counted and the first ones kept.
    """

    listed: int = 0
    living: int = 0
    counts: Counter[Verdict] = field(default_factory=Counter)
    remedies: Counter[Remedy] = field(default_factory=Counter)
    findings: dict[Verdict, list[Finding]] = field(default_factory=dict)
    bad_count: int = 0
    bad: list[BadEntry] = field(default_factory=list)

    @property
    def trouble(self) -> int:
        """How many assets do not agree."""
        return sum(count for verdict, count in self.counts.items() if verdict not in GOOD)


class Comparison:
    """One comparison. One thread uses it; call `read_list`, `read_index`, `read_dead` in this order.

    Args:
        ledger: An empty one.
        source: Only what this event source told counts as orphaned; everything where none is given.
        moment: When the list was made.
        limit: Findings of each verdict, and bad entries, that are kept to be told; 0 keeps all.
        on_progress: Is told how far it is.
    """

    def __init__(
        self, ledger: Ledger, *, source: str | None, moment: Moment, limit: int, on_progress: OnProgress
    ) -> None:
        self._ledger = ledger
        self._source = source
        self._moment = moment
        self._limit = limit
        self._on_progress = on_progress
        self._bad_count = 0
        self._bad: list[BadEntry] = []

    def read_list(self, entries: Iterable[GoodEntry | BadEntry], total: int = 0) -> None:
        """Read the list.

        Args:
            entries: As `lines` and `hosts` yield them.
            total: How many there are, where it is known.

        Raises:
            CatalogueError: The list cannot be read to its end.
        """
        for number, one in enumerate(entries, start=1):
            if isinstance(one, BadEntry):
                self._refuse(one)
            else:
                self._take(one)
            if number % STRIDE == 0:
                self._on_progress("list", number, max(total, number))

    def read_index(self, reader: IndexReader) -> None:
        """Read the index.

        Raises:
            IndexNotReadyError: There is no such index.
            IndexUnavailableError: It does not answer, or not wholly.
        """
        for page in reader.every(lambda done, total: self._on_progress("index", done, total)):
            self._ledger.add_indexed(page)

    def read_dead(self, letters: Iterable[Record], total: int = 0) -> None:
        """Read the dead letters.

        Args:
            letters: All of them, in their order.
            total: How many there are, where it is known.
        """
        for number, record in enumerate(letters, start=1):
            dead = dead_of(record)
            if dead is not None:
                self._ledger.add_dead(dead)
            if number % STRIDE == 0:
                self._on_progress("dead letters", number, max(total, number))

    def findings(self) -> Iterator[Finding]:
        """Yield one finding an asset, anew with each call: the listed ones by id, then the others."""
        for listed, indexed in self._ledger.listed_pairs():
            yield self._explained(listed, indexed)
        for one in self._ledger.unlisted(self._source):
            yield unlisted(one, as_of_ms=self._moment.as_of_ms, deletable_before_ms=self._moment.deletable_before_ms)

    def report(self) -> Report:
        """Count, and keep the first findings of each verdict."""
        listed, living = self._ledger.counts(self._source)
        report = Report(listed, living, bad_count=self._bad_count, bad=self._bad)
        for finding in self.findings():
            report.counts[finding.verdict] += 1
            report.remedies[finding.remedy] += 1
            kept = report.findings.setdefault(finding.verdict, [])
            if finding.verdict is not Verdict.AGREES and (not self._limit or len(kept) < self._limit):
                kept.append(finding)
        return report

    def _explained(self, listed: Listed, indexed: Indexed | None) -> Finding:
        finding = judged(listed, indexed)
        if finding.verdict not in (Verdict.MISSING, Verdict.STALE):
            return finding
        dead = self._ledger.dead_of(listed)
        return never_to_be(finding, dead, indexed) if dead else finding

    def _take(self, good: GoodEntry) -> None:
        entry = good.entry
        listed = Listed(entry.asset_id, entry.revision, entry.rights, entry.asset is not None, good.place)
        before = self._ledger.add_listed(listed, entry.asset)
        if before is not None:
            self._compare_twice_told(before, listed)

    def _compare_twice_told(self, before: Listed, now: Listed) -> None:
        name = f"asset {now.asset_id!r} is there twice"
        if before.revision != now.revision:
            self._refuse(
                BadEntry(
                    now.place,
                    f"{name}: at revision {before.revision} in {before.place} and at {now.revision} here; the greater "
                    f"one is compared",
                )
            )
        elif None not in (before.rights, now.rights) and before.rights != now.rights:
            self._refuse(BadEntry(now.place, f"{name}: with other rights in {before.place}; leave one of them out"))

    def _refuse(self, bad: BadEntry) -> None:
        self._bad_count += 1
        if not self._limit or len(self._bad) < self._limit:
            self._bad.append(bad)

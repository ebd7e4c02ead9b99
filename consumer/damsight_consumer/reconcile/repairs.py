"""The events that mend what an event can mend. Pure, but for the ledger that knows the assets.

A deletion goes out at the indexed revision: there it beats the update that is stored, and whatever the DAM tells of the
asset later has a greater revision and beats it in turn.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from damsight_consumer.errors import CatalogueError
from damsight_consumer.reconcile.comparison import Report
from damsight_consumer.reconcile.findings import Finding, Remedy, Verdict
from damsight_consumer.reconcile.ledger import Ledger
from damsight_schemas.events import AssetEvent, changed, deleted

DEFAULT_SOURCE = "/damsight/reconcile"


def repairs(
    findings: Iterable[Finding], ledger: Ledger, *, source: str | None, time: datetime, delete_orphans: bool
) -> Iterator[AssetEvent]:
    """Yield one event for each finding that an event can mend.

    Args:
        findings: Of the comparison.
        ledger: It must hold whole assets.
        source: Of the events; by default the one under which the asset is indexed, or that of all others.
        time: Of the events.
        delete_orphans: Yield deletions too.
    """
    sources = ledger.sources()
    usual = source or (sources[0] if len(sources) == 1 else DEFAULT_SOURCE)
    for finding in findings:
        told = source or finding.source or usual
        if finding.remedy is Remedy.EVENT:
            asset = ledger.asset(finding.asset_id)
            if asset is not None:
                yield changed(asset, source=told, time=time)
        elif finding.remedy is Remedy.DELETE and delete_orphans and finding.indexed is not None:
            yield deleted(finding.asset_id, finding.indexed, source=told, time=time)


def require_deletable(report: Report, *, sure: bool) -> None:
    """Refuse to delete by a list that may not be the whole one.

    Args:
        report: Of the comparison.
        sure: Somebody says that more than half of the index may go.

    Raises:
        CatalogueError: Lines could not be read, or more than half of the index is not listed.
    """
    if report.bad_count:
        raise CatalogueError(
            f"--delete-orphans: {report.bad_count:,} entries of the list could not be read, and each might be of an "
            f"asset that seems orphaned. Mend them first; nothing was sent."
        )
    orphaned = report.counts[Verdict.ORPHANED]
    if orphaned * 2 > report.living and not sure:
        raise CatalogueError(
            f"--delete-orphans: {orphaned:,} of {report.living:,} assets in the index are not in the list, which is "
            f"more than half: the list may be cut off, or of another source (--source). Nothing was sent. If they "
            f"shall go, say --yes."
        )

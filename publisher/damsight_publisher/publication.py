"""Turns drafts into events: only what is new, each with a revision that grows, noted before and after it is sent."""

import hashlib
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime

import orjson
from pydantic import ValidationError

from damsight_publisher.errors import ItemError
from damsight_publisher.identity import event_id, next_revision
from damsight_publisher.journal import Entry, Journal
from damsight_publisher.ports import EventSink
from damsight_publisher.records import Draft, Kind, PublishReport
from damsight_schemas.asset import MAX_REVISION
from damsight_schemas.events import MAX_EVENT_BYTES, AssetChanged, AssetEvent, changed, deleted
from damsight_schemas.validation import field_problems


def now_ms() -> int:
    """Return the time in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


class Publication:
    """One run's way from drafts to receipts. One thread calls it."""

    def __init__(
        self,
        *,
        sink: EventSink,
        journal: Journal,
        report: PublishReport,
        again: bool = False,
        dry_run: bool = False,
        clock_ms: Callable[[], int] = now_ms,
    ) -> None:
        self._sink, self._journal, self.report = sink, journal, report
        self._again, self._dry_run, self._clock_ms = again, dry_run, clock_ms
        self._known = journal.entries()
        self._under_way: dict[tuple[str, int], tuple[Kind, str]] = {}

    @property
    def event_source(self) -> str:
        """The CloudEvents source of all events."""
        return f"/damsight/publish/{self.report.source}"

    def is_noted(self, asset_id: str, stamp: str) -> bool:
        """Tell whether Kafka has the asset as it was when it had this stamp."""
        entry = self._known.get(asset_id)
        return bool(
            entry and stamp and entry.acknowledged and entry.stamp == stamp and entry.kind != "deleted"
        ) and not self._again  # fmt: skip

    def living(self) -> dict[str, Entry]:
        """Return what is noted and not gone, by asset id."""
        return {asset_id: entry for asset_id, entry in self._known.items() if not entry.is_gone}

    def offer(self, draft: Draft, where: str) -> None:
        """Publish a draft, unless Kafka has it as it is; a draft that breaks the contract is told in the report.

        Raises:
            BrokerError: Kafka takes nothing.
            JournalError: It cannot be noted.
        """
        entry = self._known.get(draft.asset_id)
        digest = _digest(draft)
        if entry is not None and self._is_same(entry, digest):
            self._unchanged(entry, draft)
            return
        try:
            kind = _kind(entry, draft)
            revision = self._revision(entry, draft, digest, kind)
            event = self._event(draft, kind, revision)
        except ItemError as error:
            self.report.fail(where, str(error))
            return
        except ValidationError as error:
            self.report.fail(where, "; ".join(map(str, field_problems(error))))
            return
        for note in draft.notes:
            self.report.remark(where, note)
        entry = Entry(draft.asset_id, draft.place, draft.stamp, digest, revision, kind, acknowledged=False)
        self._send(entry, event, where)

    def settle(self, *, wait: bool = False) -> None:
        """Note what Kafka acknowledged since the last call.

        Args:
            wait: Until it has answered to everything.

        Raises:
            BrokerError: An event was not acknowledged in time.
            JournalError: It cannot be noted.
        """
        receipts = self._sink.receipts(wait=wait)
        taken = [(receipt.asset_id, receipt.revision) for receipt in receipts if receipt.problem is None]
        self._journal.acknowledge(taken)
        for receipt in receipts:
            kind, where = self._under_way.pop((receipt.asset_id, receipt.revision))
            if receipt.problem is not None:
                self.report.fail(where, receipt.problem)
                continue
            self.report.counts[kind] += 1
            entry = self._known[receipt.asset_id]
            if entry.revision == receipt.revision:
                self._known[receipt.asset_id] = replace(entry, acknowledged=True)

    def retire(self, asset_ids: Iterable[str]) -> None:
        """Publish the deletion of noted assets."""
        for asset_id in asset_ids:
            entry = self._known[asset_id]
            where = f"{entry.place.decode('utf-8', 'replace')} (asset {asset_id})"
            self.offer(Draft(asset_id=asset_id, place=entry.place, deleted=True), where)

    def _is_same(self, entry: Entry, digest: str) -> bool:
        if (entry.asset_id, entry.revision) in self._under_way:
            return entry.digest == digest
        return entry.acknowledged and entry.digest == digest and not self._again

    def _unchanged(self, entry: Entry, draft: Draft) -> None:
        self.report.counts["unchanged"] += 1
        if not self._dry_run and (entry.stamp, entry.place) != (draft.stamp, draft.place):
            noted = replace(entry, stamp=draft.stamp, place=draft.place)
            self._journal.note([noted])
            self._known[draft.asset_id] = noted

    def _revision(self, entry: Entry | None, draft: Draft, digest: str, kind: Kind) -> int:
        if draft.revision is None:
            if entry and not entry.acknowledged and entry.digest == digest and entry.kind == kind:
                return entry.revision
            return next_revision(entry.revision if entry else None, self._clock_ms())
        if entry and draft.revision <= entry.revision and entry.digest != digest:
            raise ItemError(
                f"revision: {draft.revision} is not greater than {entry.revision}, which was published with other "
                f"content. Give a greater one (up to {MAX_REVISION}), or leave it out."
            )
        return draft.revision

    def _event(self, draft: Draft, kind: Kind, revision: int) -> AssetEvent:
        time_ = datetime.now(UTC)
        if kind == "deleted":
            gone = deleted(draft.asset_id, revision, source=self.event_source, time=time_)
            return gone.model_copy(update={"id": event_id(self.event_source, draft.asset_id, revision)})
        data = AssetChanged(
            asset_id=draft.asset_id,
            revision=revision,
            media=draft.media,
            metadata=draft.metadata,
            acl=list(draft.acl),
        )
        size = len(data.model_dump_json())
        if size > MAX_EVENT_BYTES:
            raise ItemError(f"its event would hold {size:,} bytes; at most {MAX_EVENT_BYTES:,} are taken")
        return changed(
            data,
            source=self.event_source,
            time=time_,
            created=kind == "created",
            id=event_id(self.event_source, draft.asset_id, revision),
        )

    def _send(self, entry: Entry, event: AssetEvent, where: str) -> None:
        if self._dry_run:
            self.report.counts[entry.kind] += 1
            self._known[entry.asset_id] = replace(entry, acknowledged=True)
            return
        self._journal.note([entry])
        self._known[entry.asset_id] = entry
        self._under_way[entry.asset_id, entry.revision] = (entry.kind, where)
        self._sink.send(event)
        self.settle()


def _kind(entry: Entry | None, draft: Draft) -> Kind:
    if draft.deleted:
        return "deleted"
    if entry is None or entry.kind == "deleted":
        return "created"
    # A creation that nobody acknowledged may never have arrived.
    return "updated" if entry.acknowledged else entry.kind


def _digest(draft: Draft) -> str:
    told = {
        "media": draft.media.model_dump(mode="json") if draft.media else None,
        "metadata": draft.metadata.model_dump(mode="json"),
        "acl": sorted(draft.acl),
        "revision": draft.revision,
        "deleted": draft.deleted,
    }
    return hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()

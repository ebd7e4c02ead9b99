"""Between a stored document and a done event: whoever waits for such an asset is told.

Published first, kept afterwards: a consumer that is killed in between publishes the same event again, by the same id,
when the asset's event comes again. The other order would lose alerts, and no listener could notice.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from damsight_consumer.breaker import Breaker
from damsight_consumer.compose import Findings
from damsight_consumer.errors import (
    AbandonedError,
    DeadLettersUnavailableError,
    IndexUnavailableError,
    StandingSearchesRefusedError,
)
from damsight_consumer.patience import Patience
from damsight_consumer.postponing import origin_of
from damsight_consumer.records import Lane, Stage, Work
from damsight_consumer.standing.arrival import Arrival, arrival_of
from damsight_consumer.standing.ports import AlertRecords, Alerts, StandingSearches, StoredArrivals
from damsight_consumer.standing.selection import Selecting, Selection
from damsight_consumer.standing.watch import Match, Watch
from damsight_consumer.telemetry import Telemetry
from damsight_schemas.alerts import AlertEvent, AlertMatched, alert_event
from damsight_schemas.asset import as_utc
from damsight_schemas.events import ChangedEvent, DeletedEvent
from damsight_schemas.space import IndexSpaces

Result = TypeVar("Result")

# Alerts that are looked up, published and kept together.
_TOGETHER = 500
# Whatever the sign of changes says, all are read anew so often: what expires, or was written by hand, is noticed.
_READ_AGAIN_S = 600.0
_LOOK_S = 0.05


@dataclass(frozen=True)
class AlertLimits:
    """What is watched, and when it is looked for anew.

    Attributes:
        searches: Most standing searches that are watched.
        reload_s: Between two looks whether they changed.
        backfill: Tell of what the backfill lane brings, too.
        backfill_topic: Its topic: what was postponed from there is of the backfill still.
    """

    searches: int = 1000
    reload_s: float = 30.0
    backfill: bool = False
    backfill_topic: str = ""


@dataclass(frozen=True)
class Alarms:
    """What alerts ask of the world.

    Attributes:
        searches: Which standing searches there are.
        records: Where alerts are kept.
        alerts: Where they are told.
        stored: Tells assets as the index holds them.
        spaces: Of the index's vectors.
        limits: How much is watched.
    """

    searches: StandingSearches
    records: AlertRecords
    alerts: Alerts
    stored: StoredArrivals
    spaces: IndexSpaces
    limits: AlertLimits = AlertLimits()


@dataclass(frozen=True, slots=True)
class Examined:
    """An event whose document the index holds now.

    Attributes:
        findings: Of the document that was just stored; none where the index held this revision or a newer one, so that
            only the index can tell what is there.
    """

    work: Work
    findings: Findings | None = None


class Alerting:
    """Holds what was stored against the standing searches. Several threads examine, one runs.

    Args:
        alarms: What it asks of the world.
        records: Tells when to try while own records are in trouble.
        letters: The same for Kafka.
        patience: For a service in trouble.
        telemetry: Is told of it.
    """

    def __init__(
        self, alarms: Alarms, *, records: Breaker, letters: Breaker, patience: Patience, telemetry: Telemetry
    ) -> None:
        self._alarms = alarms
        self._limits = alarms.limits
        self._records = records
        self._letters = letters
        self._patience = patience
        self._telemetry = telemetry
        self._selecting = Selecting(alarms.spaces, most=alarms.limits.searches)
        self._selection = Selection()
        self._loaded = threading.Event()
        self._sign: str | None = None
        self._read_at = float("-inf")

    def run(self) -> None:
        """Read the standing searches again whenever they change, until the consumer stops."""
        try:
            while True:
                self._reload()
                self._patience.wait(self._limits.reload_s)
        except AbandonedError:
            return

    def concerns(self, work: Work) -> bool:
        """Tell whether anybody may be told of an event's asset."""
        if isinstance(work.event, DeletedEvent) or (self._loaded.is_set() and not len(self._selection.watch)):
            return False
        if self._limits.backfill:
            return True
        topic = origin_of(work.record).partition.topic
        return work.lane is not Lane.BACKFILL and topic != self._limits.backfill_topic

    def examine(self, examined: Sequence[Examined]) -> None:
        """Tell whoever waits for these assets; return once that is acknowledged and kept.

        Raises:
            AbandonedError: The consumer is stopping; the events are not done, and come again.
        """
        concerned = [one for one in examined if self.concerns(one.work)]
        if not concerned:
            return
        while not self._loaded.is_set():
            self._patience.wait(_LOOK_S)
        watch = self._selection.watch
        if not len(watch):
            return
        with self._telemetry.timed(Stage.ALERT):
            arrivals = self._arrivals(concerned)
            events = self._events(self._matches(watch, arrivals))
        for start in range(0, len(events), _TOGETHER):
            self._tell(events[start : start + _TOGETHER])

    def _reload(self) -> None:
        try:
            # By itself: as long as no event waits for them, the lanes go on while they cannot be read.
            self._patience.until_done(self._read, IndexUnavailableError, self._in_trouble)
        except StandingSearchesRefusedError as error:
            self._telemetry.trouble(Stage.ALERT, error, self._limits.reload_s)
        self._loaded.set()

    def _read(self) -> None:
        sign = self._alarms.searches.changed()
        if sign == self._sign and time.monotonic() - self._read_at < _READ_AGAIN_S:
            return
        selection = self._selecting.select(self._alarms.searches.bodies(), now=datetime.now(UTC))
        self._selection, self._sign, self._read_at = selection, sign, time.monotonic()
        self._telemetry.standing({state.value: count for state, count in selection.counts.items()})

    def _arrivals(self, concerned: Sequence[Examined]) -> list[Arrival]:
        now = as_utc(datetime.now(UTC))
        fresh = [
            arrival_of(one.work.event, one.findings, indexed_at=now)
            for one in concerned
            if one.findings is not None and isinstance(one.work.event, ChangedEvent)
        ]
        asked = list(dict.fromkeys(one.work.asset_id for one in concerned if one.findings is None))
        if not asked:
            return fresh
        # An older event's own words and rights are not those that hold now.
        return fresh + self._surely_of_records(lambda: self._alarms.stored.arrivals(asked))

    def _matches(self, watch: Watch, arrivals: Sequence[Arrival]) -> list[Match]:
        try:
            return watch.matches(arrivals)
        except Exception as error:  # noqa: BLE001  delivery never ends for an alert, whatever is wrong with one
            if len(arrivals) > 1:
                return [match for arrival in arrivals for match in self._matches(watch, [arrival])]
            self._telemetry.unexpected(Stage.ALERT, error, asset_id=arrivals[0].asset_id)
            self._telemetry.alerts("failed")
            return []

    def _events(self, matches: Sequence[Match]) -> list[AlertEvent]:
        now = datetime.now(UTC)
        events = (_event(match, now) for match in matches)
        return list({event.id: event for event in events}.values())

    def _tell(self, events: Sequence[AlertEvent]) -> None:
        known = self._surely_of_records(lambda: self._alarms.records.known([event.id for event in events]))
        new = [event for event in events if event.id not in known]
        self._telemetry.alerts("already", len(events) - len(new))
        if not new:
            return
        self._letters.until_done(
            lambda: self._alarms.alerts.publish(new), DeadLettersUnavailableError, self._in_trouble, self._patience.wait
        )
        self._surely_of_records(lambda: self._alarms.records.keep(new))
        self._telemetry.alerts("published", len(new))

    def _surely_of_records(self, attempt: Callable[[], Result]) -> Result:
        return self._records.until_done(attempt, IndexUnavailableError, self._in_trouble, self._patience.wait)

    def _in_trouble(self, error: Exception, delay_s: float) -> None:
        self._telemetry.trouble(Stage.ALERT, error, delay_s)


def _event(match: Match, now: datetime) -> AlertEvent:
    data = AlertMatched(
        saved_search_id=match.query.saved_search_id,
        name=match.query.name,
        owner=match.query.owner,
        asset_id=match.asset_id,
        revision=match.revision,
        relevance=round(match.relevance, 6),
        legs=list(match.legs),
    )
    return alert_event(data, time=now)

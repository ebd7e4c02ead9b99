"""What the consumer tells of itself: a log line for each event with a problem, and numbers for Prometheus."""

import logging
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Literal

import orjson
import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from damsight_consumer.records import Lane, Outcome, Partition, Record, Stage, Work
from damsight_schemas.document import Problem

LogLevel = Literal["debug", "info", "warning", "error"]
Went = Literal["made", "empty", "failed", "deleted"]
_SECONDS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)


def configure_logging(level: LogLevel, *, json: bool) -> None:
    """Send log lines to standard error, as JSON or for the eye. Call it once, from the program that owns the process.

    Args:
        level: The least that is told.
        json: One JSON object a line.
    """
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            *_renderers(json=json),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer) if json else structlog.WriteLoggerFactory(),
        cache_logger_on_first_use=True,
    )


def _words(record: Record, outcome: Outcome, stage: Stage, work: Work | None) -> dict[str, object]:
    place = record.receipt
    words: dict[str, object] = {
        "outcome": outcome.value,
        "stage": stage.value,
        "lane": record.lane.value,
        "topic": place.partition.topic,
        "partition": place.partition.number,
        "offset": place.offset,
    }
    return words if work is None else words | {"asset_id": work.asset_id, "revision": work.revision}


def _renderers(*, json: bool) -> Sequence[structlog.typing.Processor]:
    if json:
        return [structlog.processors.JSONRenderer(serializer=_json)]
    return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()), _end_line]


def _json(value: object, **_: object) -> bytes:
    return orjson.dumps(value, default=str)


def _end_line(_: object, __: str, line: structlog.typing.EventDict | str) -> str:
    return f"{line}\n"


class Telemetry:
    """Counts, times and logs. Any thread may call it.

    Each instance has a registry of its own, so that several consumers can live in one process.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._log = structlog.get_logger("damsight.consumer")
        self._counts = dict.fromkeys(Outcome, 0)
        self._lock = threading.Lock()
        self._tells_all = self._log.is_enabled_for(logging.DEBUG)
        name = "damsight_consumer"
        self._outcomes = Counter(f"{name}_events", "Events by how they ended", ["outcome"], registry=self.registry)
        self._problems = Counter(
            f"{name}_problems", "Assets and records with a problem", ["stage", "error"], registry=self.registry
        )
        self._seconds = Histogram(
            f"{name}_stage_seconds", "How long a stage took", ["stage"], registry=self.registry, buckets=_SECONDS
        )
        self._batches = Histogram(
            f"{name}_batch_size", "How many went through together", ["stage"], registry=self.registry, buckets=_SIZES
        )
        self._trouble = Counter(
            f"{name}_retries", "Tries again because of a service in trouble", ["stage", "error"],
            registry=self.registry,
        )  # fmt: skip
        self._lost = Counter(
            f"{name}_events_lost_to_retention", "Offsets that the broker deleted before they were read", ["topic"],
            registry=self.registry,
        )  # fmt: skip
        self._extras = Counter(
            f"{name}_extras", "Frames, captions that were written, words that were read, previews ...",
            ["what", "outcome"], registry=self.registry,
        )  # fmt: skip
        self._standing = Gauge(
            f"{name}_standing_searches", "Those that are watched for, and why the others are not", ["state"],
            registry=self.registry,
        )  # fmt: skip
        self._alerts = Counter(f"{name}_alerts", "Matches by what became of them", ["outcome"], registry=self.registry)
        self._in_flight = Gauge(f"{name}_in_flight_events", "Delivered and not done", ["lane"], registry=self.registry)
        self._in_flight_bytes = Gauge(f"{name}_in_flight_bytes", "Their size", ["lane"], registry=self.registry)
        self._paused = Gauge(
            f"{name}_paused", "1 while a lane waits for a service in trouble", ["lane"], registry=self.registry
        )
        self._oldest = Gauge(
            f"{name}_oldest_in_flight_seconds", "How long the oldest of them is under way", ["lane"],
            registry=self.registry,
        )  # fmt: skip
        self._age = Histogram(
            f"{name}_event_age_seconds", "From the record's timestamp until it was done", ["lane"],
            registry=self.registry,
            buckets=(0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3000, 10_000, 100_000),
        )  # fmt: skip
        # To find a metric by its labels costs more than to count.
        self._by_outcome = {outcome: self._outcomes.labels(outcome) for outcome in Outcome}
        self._age_by_lane = {lane: self._age.labels(lane) for lane in Lane}

    def counts(self) -> dict[Outcome, int]:
        """Return how many events ended how, since this consumer began."""
        with self._lock:
            return dict(self._counts)

    def ended(
        self,
        record: Record,
        outcome: Outcome,
        stage: Stage,
        *,
        work: Work | None = None,
        problem: Problem | None = None,
    ) -> None:
        """Tell how an event ended."""
        with self._lock:
            self._counts[outcome] += 1
        self._by_outcome[outcome].inc()
        if record.timestamp_ms >= 0:
            self._age_by_lane[record.lane].observe(max(0.0, time.time() - record.timestamp_ms / 1000))
        if problem is None:
            # A line for each of a million events that went well would cost more than the events.
            if self._tells_all:
                self._log.debug("event done", **_words(record, outcome, stage, work))
            return
        self._problems.labels(problem.stage, problem.error).inc()
        words = _words(record, outcome, stage, work)
        self._log.warning("event done, with a problem", **words, error=problem.error, message=problem.message)

    def trouble(self, stage: Stage, error: Exception, delay_s: float, **about: object) -> None:
        """Tell that a service we depend on is in trouble, and how long we wait before the next try."""
        self._trouble.labels(stage, type(error).__name__).inc()
        self._log.warning("trying again", stage=stage.value, error=str(error), wait_s=round(delay_s, 2), **about)

    def unexpected(self, stage: Stage, error: BaseException, **about: object) -> None:
        """Tell of an error that no rule of ours knows, with its traceback."""
        self._log.error("unexpected error", stage=stage.value, exc_info=error, **about)

    def note(self, words: str, **about: object) -> None:
        """Tell of something in the consumer's own life."""
        self._log.info(words, **about)

    def lost_to_retention(self, partition: Partition, first: int, beginning: int) -> None:
        """Tell that the broker deleted what was not read yet.

        Args:
            partition: Of which.
            first: The offset of the first that is gone.
            beginning: The offset of the first that is left.
        """
        self._lost.labels(partition.topic).inc(beginning - first)
        self._log.error(
            "events were deleted by the broker's retention before they were read; raise the topic's retention.ms or "
            "add consumers, then publish them again: damsight reconcile --repair, or damsight publish --backfill",
            topic=partition.topic,
            partition=partition.number,
            from_offset=first,
            to_offset=beginning - 1,
            at_most=beginning - first,
        )

    def batch(self, stage: Stage, size: int) -> None:
        """Tell how many went through a stage together."""
        self._batches.labels(stage).observe(size)

    def went(self, what: str, outcome: Went, count: int = 1) -> None:
        """Tell what became of something that an asset can do without.

        Args:
            what: part, look, audio, generated_caption, ocr, fused, or preview.
            outcome: How it went; empty where there was nothing to make it of.
            count: Of how many.
        """
        self._extras.labels(what, outcome).inc(count)

    def standing(self, counts: Mapping[str, int]) -> None:
        """Tell how many standing searches are watched, and how many are not for which reason."""
        for state, count in counts.items():
            self._standing.labels(state).set(count)

    def alerts(self, outcome: Literal["published", "already", "failed"], count: int = 1) -> None:
        """Tell what became of matches: told now, told before, or not told because their evaluation failed."""
        self._alerts.labels(outcome).inc(count)

    def in_flight(self, lane: Lane, events: int, size: int) -> None:
        """Tell what of a lane was delivered and is not done, in events and bytes."""
        self._in_flight.labels(lane).set(events)
        self._in_flight_bytes.labels(lane).set(size)

    def oldest(self, lane: Lane, seconds: float) -> None:
        """Tell how long a lane's oldest event is under way; 0 where there is none."""
        self._oldest.labels(lane).set(seconds)

    def paused(self, lane: Lane, *, because_of_trouble: bool) -> None:
        """Tell that a lane takes nothing in while a service does not work, or that it goes on."""
        self._paused.labels(lane).set(int(because_of_trouble))
        words = "a service is in trouble, the lane waits" if because_of_trouble else "the lane goes on"
        self._log.warning(words, lane=lane.value)

    def slow(self, record: Record, seconds: float) -> None:
        """Tell of an event that is under way for very long, so that nothing sticks in silence."""
        place = record.receipt
        self._log.warning(
            "an event is under way for long; see what is tried again, and damsight why",
            asset_key=(record.key or b"").decode("utf-8", "replace"),
            lane=record.lane.value,
            topic=place.partition.topic,
            partition=place.partition.number,
            offset=place.offset,
            seconds=round(seconds),
        )

    @contextmanager
    def timed(self, stage: Stage) -> Iterator[None]:
        """Measure how long a stage takes."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self._seconds.labels(stage).observe(time.perf_counter() - began)

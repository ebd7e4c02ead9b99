"""The demo's ingest: consume what is published in a thread of this process, and show the live count."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from damsight_cli.demonstration.errors import DemoError
from damsight_cli.demonstration.outage import Outlasting
from damsight_cli.demonstration.publishing import Publishing
from damsight_consumer.bootstrap import build_consumer
from damsight_consumer.errors import IndexUnavailableError, SourceError
from damsight_consumer.pipeline import Consumer
from damsight_consumer.records import Outcome
from damsight_consumer.settings import ConsumerSettings
from damsight_encoders.ports import Encoders

LOOK_S = 0.2
PLAIN_LINE_S = 3.0
STOP_WITHIN_S = 60.0


@dataclass(frozen=True)
class Ingested:
    """How an ingest went.

    Attributes:
        published: Events sent in this run.
        counts: Events by outcome.
        seconds: From the first event to the last document.
    """

    published: int
    counts: dict[Outcome, int]
    seconds: float


class RunningConsumer:
    """A consumer in a thread, and what stopped it."""

    def __init__(self, consumer: Consumer) -> None:
        self.consumer = consumer
        self.failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="consumer")

    def start(self) -> None:
        """Begin to consume."""
        self._thread.start()

    def stop(self) -> None:
        """Finish what is under way, commit, and wait for the thread."""
        self.consumer.stop()
        self._thread.join(STOP_WITHIN_S)

    def done(self) -> int:
        """Return how many events ended, however they did.

        Raises:
            DemoError: The consumer stopped by itself.
        """
        if self.failure is not None:
            raise DemoError(f"the consumer stopped: {self.failure}") from self.failure
        return sum(self.consumer.counts().values())

    def _run(self) -> None:
        try:
            self.consumer.run()
        except Exception as error:  # noqa: BLE001  whatever it is, the main thread tells it and ends the demo
            self.failure = error


@contextmanager
def consuming(settings: ConsumerSettings, encoders: Encoders, outlasting: Outlasting) -> Iterator[RunningConsumer]:
    """Run a consumer for the length of a block.

    Raises:
        ConsumerError: Kafka or Elasticsearch refuses, or stays away.
    """
    consumer = outlasting.until_done(
        lambda: build_consumer(settings, encoders=encoders), (IndexUnavailableError, SourceError), what="the consumer"
    )
    running = RunningConsumer(consumer)
    running.start()
    try:
        yield running
    finally:
        running.stop()


def ingest(
    publishing: Publishing, running: RunningConsumer, console: Console, *, behind: Callable[[], int | None]
) -> Ingested:
    """Wait until everything is published, and the consumer is done with every event.

    Args:
        publishing: What is being published.
        running: Consumes it.
        console: Shows the count.
        behind: Tells how many events are not committed; None where that is not known just now.

    Raises:
        PublishError: Nothing more can be published.
        DemoError: The consumer stopped by itself.
    """
    before, started = running.done(), time.monotonic()

    def is_done() -> bool:
        # The counts are cheap and come first; only Kafka knows whether some of what was counted came twice.
        counted = publishing.ended() and running.done() - before >= publishing.published()
        return counted and behind() == 0

    with _shown(console) as show:
        while not is_done():
            show(running.done() - before, publishing.published(), False)
            time.sleep(LOOK_S)
        show(running.done() - before, publishing.published(), True)
    return Ingested(publishing.published(), running.consumer.counts(), time.monotonic() - started)


@contextmanager
def _shown(console: Console) -> Iterator[Callable[[int, int, bool], None]]:
    if not console.is_terminal:
        yield _plain(console)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bars:
        task = bars.add_task("seen and indexed")

        def show(done: int, published: int, _ended: bool) -> None:
            bars.update(task, completed=min(done, published), total=max(published, 1))

        yield show


def _plain(console: Console) -> Callable[[int, int, bool], None]:
    told = time.monotonic()

    def show(done: int, published: int, ended: bool) -> None:
        nonlocal told
        if ended or time.monotonic() - told >= PLAIN_LINE_S:
            told = time.monotonic()
            console.print(f"seen and indexed: {min(done, published):,} of {published:,}", highlight=False)

    return show

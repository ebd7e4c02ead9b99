"""The demo's ingest: publish as events, consume in a thread of this process, and show the live count."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from damsight_cli.demonstration.errors import DemoError
from damsight_consumer.bootstrap import build_consumer
from damsight_consumer.pipeline import Consumer
from damsight_consumer.records import Outcome
from damsight_consumer.settings import ConsumerSettings
from damsight_encoders.ports import Encoders
from damsight_publisher import PublishReport, publish_folder, publish_jsonl
from damsight_publisher.settings import PublisherSettings

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
def consuming(settings: ConsumerSettings, encoders: Encoders) -> Iterator[RunningConsumer]:
    """Run a consumer for the length of a block.

    Raises:
        ConsumerError: Kafka or Elasticsearch refuses.
    """
    running = RunningConsumer(build_consumer(settings, encoders=encoders))
    running.start()
    try:
        yield running
    finally:
        running.stop()


def ingest(what: Path, settings: PublisherSettings, running: RunningConsumer, console: Console) -> Ingested:
    """Publish a folder or a JSONL file, and wait until the consumer is done with every event.

    Raises:
        PublishError: Nothing more can be published.
        DemoError: The consumer stopped by itself.
    """
    before, started = running.done(), time.monotonic()
    publishing = _Publishing(what, settings)
    with _shown(console) as show:
        while not (publishing.ended() and running.done() - before >= publishing.published()):
            show(running.done() - before, publishing.published(), publishing.ended())
            time.sleep(LOOK_S)
        show(running.done() - before, publishing.published(), True)
    return Ingested(publishing.published(), running.consumer.counts(), time.monotonic() - started)


class _Publishing:
    """Publishes in a thread of its own, so that the count moves meanwhile."""

    def __init__(self, what: Path, settings: PublisherSettings) -> None:
        self._what = what
        self._settings = settings
        self._sent = 0
        self._report: PublishReport | None = None
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="publisher", daemon=True)
        self._thread.start()

    def ended(self) -> bool:
        if self._failure is not None:
            raise self._failure
        return self._report is not None

    def published(self) -> int:
        return self._report.published if self._report else self._sent

    def _run(self) -> None:
        publish = publish_folder if self._what.is_dir() else publish_jsonl
        try:
            self._report = publish(self._what, settings=self._settings, on_progress=self._note)
        except Exception as error:  # noqa: BLE001  whatever it is, the main thread raises it
            self._failure = error

    def _note(self, progress: object) -> None:
        self._sent = getattr(progress, "done", self._sent)


@contextmanager
def _shown(console: Console) -> Iterator[Callable[[int, int, bool], None]]:
    if not console.is_terminal:
        yield _plain(console)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bars:
        task = bars.add_task("seen and indexed")

        def show(done: int, published: int, _ended: bool) -> None:
            bars.update(task, completed=done, total=max(published, 1))

        yield show


def _plain(console: Console) -> Callable[[int, int, bool], None]:
    told = time.monotonic()

    def show(done: int, published: int, ended: bool) -> None:
        nonlocal told
        last = ended and done >= published
        if last or time.monotonic() - told >= PLAIN_LINE_S:
            told = time.monotonic()
            console.print(f"seen and indexed: {done:,} of {published:,}", highlight=False)

    return show

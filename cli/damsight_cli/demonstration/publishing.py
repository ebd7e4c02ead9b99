"""Publishes in a thread of its own, so that the count moves meanwhile, and through every outage of Kafka."""

import threading
from collections.abc import Callable
from pathlib import Path

from damsight_cli.demonstration.outage import Outlasting
from damsight_publisher import PublishReport, publish_folder, publish_jsonl
from damsight_publisher.errors import BrokerError
from damsight_publisher.records import OnProgress, PublishProgress
from damsight_publisher.settings import PublisherSettings

Publish = Callable[[OnProgress], PublishReport]


class Publishing:
    """One publishing, from its first event to its last, however often Kafka is away.

    Args:
        publish: One run of it; a run after one that failed sends what is missing.
        outlasting: How an outage is waited out.
    """

    def __init__(self, publish: Publish, outlasting: Outlasting) -> None:
        self._publish, self._outlasting = publish, outlasting
        self._sent = self._published = 0
        self._ended = False
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="publisher", daemon=True)
        self._thread.start()

    def ended(self) -> bool:
        """Tell whether everything is published.

        Raises:
            PublishError: Nothing more can be published.
        """
        if self._failure is not None:
            raise self._failure
        return self._ended

    def published(self) -> int:
        """Return how many events are sent so far; at the end, how many Kafka acknowledged."""
        return self._published if self._ended else self._sent

    def _run(self) -> None:
        try:
            report = self._outlasting.until_done(
                lambda: self._publish(self._note), BrokerError, what="publishing", got_on=self._got_on
            )
        except Exception as error:  # noqa: BLE001  whatever it is, the main thread raises it
            self._failure = error
        else:
            self._published += report.published
            self._ended = True

    def _got_on(self, error: Exception) -> bool:
        before = error.report.published if isinstance(error, BrokerError) and error.report else 0
        self._published += before
        return before > 0

    def _note(self, progress: PublishProgress) -> None:
        # A run that goes on where another one failed counts from the beginning again.
        self._sent = max(self._sent, progress.done)


def publishing(what: Path, settings: PublisherSettings, outlasting: Outlasting) -> Publishing:
    """Begin to publish a folder or a JSONL file."""
    publish = publish_folder if what.is_dir() else publish_jsonl
    return Publishing(lambda note: publish(what, settings=settings, on_progress=note), outlasting)

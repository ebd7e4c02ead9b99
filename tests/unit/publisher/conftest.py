"""A publisher in a temporary folder, with a sink in memory."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from damsight_publisher import PublisherSettings, PublishOptions, PublishReport, publish_folder, publish_jsonl
from damsight_publisher.records import PublishProgress
from damsight_publisher.settings import PublishSettings
from fakes.event_sink import FakeSink


@dataclass
class Workplace:
    """A folder, a journal and a sink; each run publishes to the same."""

    root: Path
    journal: Path
    sink: FakeSink = field(default_factory=FakeSink)
    progress: list[PublishProgress] = field(default_factory=list)
    during: Callable[[PublishProgress], None] = lambda _progress: None

    def settings(self) -> PublisherSettings:
        return PublisherSettings(publish=PublishSettings(journal=self.journal))

    def run(self, **options: Any) -> PublishReport:
        return self._run(publish_folder, self.root, options)

    def run_lines(self, text: str | bytes, **options: Any) -> PublishReport:
        path = self.root / "assets.jsonl"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return self._run(publish_jsonl, path, options)

    def _run(self, publish: Callable[..., PublishReport], what: Path, options: dict[str, Any]) -> PublishReport:
        chosen = PublishOptions(**{"source": "press", "zone": "UTC", **options})
        return publish(what, chosen, settings=self.settings(), sink=self.sink, on_progress=self._on_progress)

    def _on_progress(self, progress: PublishProgress) -> None:
        self.progress.append(progress)
        self.during(progress)

    def sent(self) -> list[tuple[str, str]]:
        """What was acknowledged: the event's kind, and the file's name or "-"."""
        return [
            (event.type.split(".")[2], getattr(getattr(event.data, "metadata", None), "filename", "-"))
            for event in self.sink.taken
        ]


@pytest.fixture
def workplace(tmp_path: Path) -> Workplace:
    """An empty folder."""
    root = tmp_path / "Pictures"
    root.mkdir()
    return Workplace(root, tmp_path / "state" / "published.sqlite")

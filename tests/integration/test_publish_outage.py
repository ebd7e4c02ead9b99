"""Publishing through an outage of the real Kafka that is longer than the publisher waits for an answer."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from damsight_cli.demonstration.outage import Outlasting
from damsight_cli.demonstration.publishing import Publishing
from damsight_devstack import Stack
from damsight_publisher import PublisherSettings, PublishOptions, PublishProgress, PublishReport, publish_jsonl
from damsight_publisher.records import OnProgress
from damsight_publisher.settings import PublishSettings
from damsight_schemas.connections import KafkaSettings
from damsight_schemas.topics import BACKFILL
from drivers.forgotten_sockets import forgotten_sockets_forgiven
from drivers.kafka_topic import events_of
from drivers.socks_faults import SocksFaults

pytestmark = pytest.mark.integration
ASSETS = 3000
PATIENCE_S = 180.0


@pytest.fixture(autouse=True)
def _forgotten_sockets() -> Iterator[None]:
    with forgotten_sockets_forgiven():
        yield


def eventually(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, f"not within {PATIENCE_S} s: {what}"
        time.sleep(0.05)


def test_an_outage_longer_than_delivery_is_resumed(stack: Stack, tmp_path: Path) -> None:
    """Kafka is a black hole until the publisher gives up, and then for another try: every asset is there, once.

    An event that was sent twice, since its answer was lost, is the very same event.
    """
    source = f"outage-{uuid4().hex[:8]}"
    lines = tmp_path / "assets.jsonl"
    lines.write_text("".join(f'{{"asset_id": "{source}-{number}"}}\n' for number in range(ASSETS)))
    said: list[str] = []
    failures: list[BaseException] = []
    with SocksFaults() as wire:
        settings = PublisherSettings(
            kafka=KafkaSettings(bootstrap_servers=stack.kafka_bootstrap, proxy_url=wire.url),
            publish=PublishSettings(journal=tmp_path / "published.sqlite", delivery_s=1.0),
        )

        def publish(note: OnProgress) -> PublishReport:
            def noted(progress: PublishProgress) -> None:
                if progress.done == ASSETS // 2 and not failures:
                    wire.blackhole()
                note(progress)

            try:
                return publish_jsonl(
                    lines, PublishOptions(source=source, backfill=True), settings=settings, on_progress=noted
                )
            except BaseException as failure:
                failures.append(failure)
                raise

        publishing = Publishing(publish, Outlasting(said.append, pause_s=0.1))
        eventually(lambda: len(failures) == 1, "the publisher gives up")
        wire.pass_through()
        eventually(publishing.ended, "the rest is published")
    events = [one for one in events_of(stack.kafka_bootstrap, BACKFILL) if one.source.endswith(source)]
    assert {one.data.asset_id for one in events} == {f"{source}-{number}" for number in range(ASSETS)}
    assert len({one.id for one in events}) == ASSETS
    assert publishing.published() == ASSETS
    assert said

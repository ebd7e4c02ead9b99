"""How many events a second the delivery core takes, with a null encoder and a null writer, from a real Kafka.

Everything between Kafka and Elasticsearch runs as it does in production (client, poll thread, parsing, schedule, plan,
queues, composing, serialising, offsets, commits, and the interpreter's settings); only the encoder's and the index's
own work is left out. Each event is a created asset with words and no media, and gets a caption vector of 384 numbers.

Usage: python bench/delivery.py [--rounds 5] [--events 50000] [--check]
With --check the exit code is 1 where the median is below 5,000 events a second.
"""

import argparse
import statistics
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from uuid import uuid4

import numpy as np
from kafka import KafkaProducer
from report import write

from damsight_consumer.group import join, look
from damsight_consumer.interpreter import let_nothing_stop_the_world
from damsight_consumer.lane import LaneLimits, LaneLoop
from damsight_consumer.pipeline import Consumer
from damsight_consumer.poison import Prober
from damsight_consumer.ports import Answer, Stored, Verdict, Versioned
from damsight_consumer.records import DeadLetter, Lane, Postponed
from damsight_consumer.source import KafkaSource
from damsight_consumer.stages import Stages
from damsight_consumer.telemetry import Telemetry, configure_logging
from damsight_consumer.topics import ensure_topics
from damsight_consumer.world import StageLimits, World
from damsight_devstack import running_stack
from damsight_encoders.decode import FileDecoder
from damsight_encoders.ports import Encoders, TextPurpose, Vectors
from damsight_schemas.asset import AssetMetadata, Media
from damsight_schemas.connections import EncodingLimits, KafkaSettings
from damsight_schemas.events import AssetChanged, changed, to_structured
from damsight_schemas.space import Space

FLOOR = 5_000
PARTITIONS = 6
DIMENSIONS = 384


class NullEncoder:
    """One vector for everything."""

    space = Space(model="null", revision="1", dimensions=DIMENSIONS, modalities=("text",))

    def __init__(self) -> None:
        self._row = np.full(DIMENSIONS, DIMENSIONS**-0.5, np.float32)

    def encode_texts(self, texts: list[str], *, purpose: TextPurpose = "document") -> Vectors:  # noqa: ARG002  the port's
        """Return the one vector."""
        return np.broadcast_to(self._row, (len(texts), DIMENSIONS))


class NullWorld:
    """Stores, keeps and fetches nothing."""

    def write(self, documents: Sequence[Versioned]) -> list[Verdict]:
        """Say that all is stored."""
        return [Verdict(Answer.STORED)] * len(documents)

    def look_up(self, asset_ids: Sequence[str], *, vectors: bool = False) -> dict[str, Stored]:  # noqa: ARG002  the port's
        """Say that nothing is."""
        return {}

    def publish(self, letters: Sequence[DeadLetter] | Sequence[Postponed]) -> None:
        """Refuse: every event of this measurement must go through."""
        raise SystemExit(f"{len(letters)} events could not be taken; this measurement is worth nothing")

    def fetch(self, media: Media, allow: object) -> bytes:  # noqa: ARG002  the port's
        """Refuse: no event of this measurement has media."""
        raise SystemExit(f"{media.uri} was fetched; these events have no media")

    def close(self) -> None:
        """Nothing is open."""


def send(kafka: KafkaSettings, topic: str, events: int) -> None:
    """Publish assets with words."""
    producer = KafkaProducer(bootstrap_servers=kafka.bootstrap_servers, acks="all", linger_ms=20, batch_size=256 * 1024)
    for number in range(events):
        metadata = AssetMetadata(
            title=f"A quiet harbour at dusk {number}",
            caption="Fishing boats lie at the pier while the last light falls on the water",
            filename=f"IMG_{number:06d}.jpg",
            tags=["harbour", "evening", "boat"],
        )
        asset = AssetChanged(asset_id=f"asset-{number}", revision=1, metadata=metadata, acl=["public", "group:press"])
        key, value, headers = to_structured(changed(asset, source="/bench", created=True))
        producer.send(topic, key=key, value=value, headers=headers)
    producer.flush()
    producer.close()


def consume(kafka: KafkaSettings, topic: str, events: int) -> float:
    """Consume a topic with a fresh group and return the events per second, from the first to the last."""
    telemetry, null = Telemetry(), NullWorld()
    decoder = FileDecoder(EncodingLimits())
    world = World(
        encoders=Encoders(joint=None, caption=NullEncoder()), decoder=decoder, decoder_apart=decoder, fetcher=null,
        stored=null, writer=null, retries=null, dead_letters=null,
    )  # fmt: skip
    stages = Stages(world, lanes=(Lane.LIVE,), limits=StageLimits(), telemetry=telemetry)
    member = join(kafka, group_id=f"bench-{uuid4().hex}", instance_id=None)
    source = KafkaSource(member, [topic], prober=Prober(lambda: look(kafka)), telemetry=telemetry)
    lane = LaneLoop(Lane.LIVE, source=source, stages=stages, telemetry=telemetry, limits=LaneLimits())
    resources = ExitStack()
    resources.callback(source.close)
    consumer = Consumer(lanes=[lane], stages=stages, telemetry=telemetry, resources=resources)
    times: list[float] = []

    def watch() -> None:
        while (done := sum(consumer.counts().values())) < events:
            if done and not times:
                times.extend((time.perf_counter(), done))
            time.sleep(0.005)
        times.append(time.perf_counter())
        consumer.stop()

    watching = threading.Thread(target=watch)
    watching.start()
    consumer.run()
    watching.join()
    began, before, ended = times
    return (events - before) / (ended - began)


def main() -> int:
    """Measure, tell and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--events", type=int, default=50_000)
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args()
    configure_logging("warning", json=True)
    with running_stack() as stack:
        kafka, topic = KafkaSettings(bootstrap_servers=stack.kafka_bootstrap), "bench.delivery"
        ensure_topics(kafka, names=(topic,), partitions=PARTITIONS)
        send(kafka, topic, given.events)
        let_nothing_stop_the_world()
        rates = [consume(kafka, topic, given.events) for _ in range(given.rounds)]
    median = statistics.median(rates)
    path = write(
        "delivery",
        {
            "what": "events a second through the delivery core, null encoder and null writer, real Kafka",
            "events": given.events,
            "partitions": PARTITIONS,
            "events_per_s": [round(rate) for rate in rates],
            "median": round(median),
            "floor": FLOOR,
        },
    )
    print(f"{median:,.0f} events/s (of {', '.join(f'{rate:,.0f}' for rate in rates)}); written to {path}")
    return int(given.check and median < FLOOR)


if __name__ == "__main__":
    sys.exit(main())

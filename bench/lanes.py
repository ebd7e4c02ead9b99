"""How long a live event waits while a backfill of 100,000 runs, against how long it waits alone.

`damsight consume` runs as a process of its own with all its lanes and the demo's models. A picture of the library is
published every 250 ms under a new asset id; its latency is the time from handing it to the Kafka producer until its
document can be read from Elasticsearch. First alone, then while the backfill runs; both in one run, on one stack.

Usage: python bench/lanes.py [--live 300] [--backfill 100000] [--check]
With --check the exit code is 1 where the p99 beside the backfill is more than twice the p99 alone.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from elasticsearch import Elasticsearch, NotFoundError
from ingest import consuming
from kafka import KafkaProducer
from report import write

from damsight_cli.demonstration.models import offline_models
from damsight_cli.demonstration.samples import Samples, find_samples
from damsight_consumer.topics import ensure_topics
from damsight_devstack import running_stack
from damsight_encoders.load import load_encoders, spaces_of_encoders
from damsight_index import connect, create_index
from damsight_schemas.connections import ElasticsearchSettings, IndexSettings, KafkaSettings
from damsight_schemas.events import AssetChanged, changed, to_structured
from damsight_schemas.topics import ASSETS, BACKFILL

EVERY_S = 0.25
LOOK_S = 0.005
PATIENCE_S = 120.0
CEILING = 2.0
WARM_UP = 20


class Pictures:
    """The library's pictures as events, as many as are asked for."""

    def __init__(self, samples: Samples) -> None:
        self._assets = [json.loads(line) for line in samples.library.read_text(encoding="utf-8").splitlines()]
        for asset in self._assets:
            asset["media"]["uri"] = (samples.library.parent / asset["media"]["uri"]).resolve().as_uri()

    def event(self, prefix: str, number: int) -> tuple[bytes, bytes, list[tuple[str, bytes]]]:
        """Return a created asset's Kafka key, value and headers."""
        asset = self._assets[number % len(self._assets)] | {"asset_id": f"{prefix}-{number}"}
        return to_structured(changed(AssetChanged.model_validate(asset), source="/bench", created=True))


def latency_s(
    producer: KafkaProducer, client: Elasticsearch, event: tuple[bytes, bytes, list[tuple[str, bytes]]]
) -> float:
    """Publish a live event, and return the seconds until its document is there."""
    key, value, headers = event
    began = time.perf_counter()
    producer.send(ASSETS, key=key, value=value, headers=headers)
    while time.perf_counter() - began < PATIENCE_S:
        try:
            client.get(index=IndexSettings().write_alias, id=key.decode(), source=False)
        except NotFoundError:
            time.sleep(LOOK_S)
        else:
            return time.perf_counter() - began
    raise SystemExit(f"{key.decode()} was not stored within {PATIENCE_S:.0f} s; this measurement is worth nothing")


def live(producer: KafkaProducer, client: Elasticsearch, pictures: Pictures, prefix: str, count: int) -> list[float]:
    """Return the latencies of so many live events, one after another."""
    taken = []
    for number in range(count):
        began = time.perf_counter()
        taken.append(latency_s(producer, client, pictures.event(prefix, number)))
        time.sleep(max(0.0, EVERY_S - (time.perf_counter() - began)))
    return taken


def stored(client: Elasticsearch) -> int:
    """Return how many documents were written so far."""
    told = client.indices.stats(index=IndexSettings().write_alias, metric="indexing")
    return int(told["_all"]["primaries"]["indexing"]["index_total"])


def summary(latencies: list[float]) -> dict[str, float]:
    """Return milliseconds."""
    centiles = statistics.quantiles(latencies, n=100, method="inclusive")
    names = {"p50": 49, "p90": 89, "p99": 98}
    return {name: round(1000 * centiles[place], 1) for name, place in names.items()} | {
        "max": round(1000 * max(latencies), 1)
    }


def measure(count: int, backfill: int) -> dict[str, object]:
    """Run both halves and return the figures."""
    samples = find_samples()
    pictures = Pictures(samples)
    encoders = load_encoders(offline_models(samples.starter))
    with running_stack() as stack:
        client = connect(ElasticsearchSettings(url=stack.elasticsearch_url))
        create_index(client, IndexSettings(), spaces_of_encoders(encoders))
        kafka = KafkaSettings(bootstrap_servers=stack.kafka_bootstrap)
        ensure_topics(kafka, names=(ASSETS, BACKFILL))
        producer = KafkaProducer(bootstrap_servers=stack.kafka_bootstrap, acks="all")
        with consuming(stack, samples, stack.folder / "consumer.log"):
            live(producer, client, pictures, "warm-up", WARM_UP)
            alone = live(producer, client, pictures, "alone", count)
            publish_apart(stack.kafka_bootstrap, backfill)
            before, began = stored(client), time.perf_counter()
            beside = live(producer, client, pictures, "beside", count)
            done = stored(client) - before - count
            rate = done / (time.perf_counter() - began)
        if done >= backfill:
            raise SystemExit("the backfill was over before the live events were; ask for a larger one")
    first, second = summary(alone), summary(beside)
    return {
        "what": "milliseconds from publishing a live event until its document can be read",
        "live_events": count,
        "backfill_events": backfill,
        "backfill_events_per_s_meanwhile": round(rate, 1),
        "alone_ms": first,
        "beside_backfill_ms": second,
        "p99_ratio": round(second["p99"] / first["p99"], 2),
        "p50_ratio": round(second["p50"] / first["p50"], 2),
    }


def publish_apart(bootstrap: str, count: int) -> None:
    """Publish the backfill from a process of its own, and wait until all of it is in Kafka."""
    program = [sys.executable, __file__, "--publish", str(count)]
    subprocess.run(program, env={**os.environ, "DAMSIGHT_KAFKA__BOOTSTRAP_SERVERS": bootstrap}, check=True)


def publish(count: int) -> None:
    """Publish so many events to the backfill topic."""
    pictures = Pictures(find_samples())
    producer = KafkaProducer(
        bootstrap_servers=os.environ["DAMSIGHT_KAFKA__BOOTSTRAP_SERVERS"], acks="all", linger_ms=20
    )
    for number in range(count):
        key, value, headers = pictures.event("old", number)
        producer.send(BACKFILL, key=key, value=value, headers=headers)
    producer.flush()
    producer.close()


def main() -> int:
    """Measure, tell and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--live", type=int, default=300)
    parser.add_argument("--backfill", type=int, default=100_000)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--publish", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.publish is not None:
        publish(given.publish)
        return 0
    figures = measure(given.live, given.backfill)
    path: Path = write("lanes", figures)
    print(
        f"alone {figures['alone_ms']}, beside a backfill {figures['beside_backfill_ms']}: p99 {figures['p99_ratio']}x"
    )
    print(f"written to {path}")
    return int(given.check and float(str(figures["p99_ratio"])) > CEILING)


if __name__ == "__main__":
    sys.exit(main())

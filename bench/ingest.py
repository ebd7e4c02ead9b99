"""How much of what the cores allow the ingest of the sample library uses, end to end.

A real Kafka, a real Elasticsearch and `damsight consume` as a process of its own share the machine's cores. Each round
publishes the whole library under new asset ids and waits until the last document is stored. The ceiling is
cores / (CPU-seconds per picture, all processes together, from the same round); the figure is throughput / ceiling.

Usage: python bench/ingest.py [--rounds 5] [--check]
With --check the exit code is 1 where the median is below 0.80 or the consumer's peak memory is 2 GB or more.
"""

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from kafka import KafkaProducer
from processes import Reading, between, read
from report import write

from damsight_cli.demonstration.models import offline_models
from damsight_cli.demonstration.samples import Samples, find_samples
from damsight_consumer.topics import ensure_topics
from damsight_devstack import Stack, running_stack
from damsight_encoders.load import load_encoders, spaces_of_encoders
from damsight_index import connect, create_index
from damsight_schemas.connections import ElasticsearchSettings, IndexSettings, KafkaSettings
from damsight_schemas.events import AssetChanged, changed, to_structured
from damsight_schemas.topics import ASSETS

FLOOR = 0.80
MOST_MIB = 2000
WARM_UP = 1_000
PATIENCE_S = 600.0


def events(
    samples: Samples, prefix: str, most: int | None = None
) -> list[tuple[bytes, bytes, list[tuple[str, bytes]]]]:
    """Return the library's events under ids that begin with the prefix, where there is one."""
    made = []
    for line in samples.library.read_text(encoding="utf-8").splitlines()[:most]:
        asset = json.loads(line)
        asset["asset_id"] = f"{prefix}-{asset['asset_id']}" if prefix else asset["asset_id"]
        asset["media"]["uri"] = (samples.library.parent / asset["media"]["uri"]).resolve().as_uri()
        made.append(to_structured(changed(AssetChanged.model_validate(asset), source="/bench", created=True)))
    return made


@contextmanager
def consuming(stack: Stack, samples: Samples, log: Path) -> Iterator[psutil.Process]:
    """Run `damsight consume` against the stack."""
    models = offline_models(samples.starter)
    environment = {
        **os.environ,
        "DAMSIGHT_KAFKA__BOOTSTRAP_SERVERS": stack.kafka_bootstrap,
        "DAMSIGHT_ELASTICSEARCH__URL": stack.elasticsearch_url,
        "DAMSIGHT_MODELS__JOINT": str(models.joint),
        "DAMSIGHT_MODELS__CAPTION": str(models.caption),
        "DAMSIGHT_FETCH__ROOTS": str(samples.library.parent),
        "DAMSIGHT_HEALTH__ENABLED": "false",
    }
    with log.open("wb") as written:
        command = [sys.executable, "-m", "damsight_cli.main", "consume"]
        process = subprocess.Popen(command, env=environment, stderr=written, stdout=written)
        try:
            yield psutil.Process(process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


class Bench:
    """One stack and one consumer, for several rounds."""

    def __init__(self, stack: Stack, samples: Samples, consumer: psutil.Process) -> None:
        self._samples = samples
        self._client = connect(ElasticsearchSettings(url=stack.elasticsearch_url))
        self._producer = KafkaProducer(bootstrap_servers=stack.kafka_bootstrap, acks="all", linger_ms=5)
        self._processes = {
            "consumer": consumer,
            "kafka": psutil.Process(stack.kafka_pid),
            "elasticsearch": psutil.Process(stack.elasticsearch_pid),
            "publisher": psutil.Process(),
        }

    def ingest(self, prefix: str, most: int | None = None) -> tuple[int, Reading, Reading]:
        """Publish, wait for the last document, and return how many, and the readings before and after."""
        made = events(self._samples, prefix, most)
        first = read(self._processes)
        for key, value, headers in made:
            self._producer.send(ASSETS, key=key, value=value, headers=headers)
        self._producer.flush()
        self._wait(prefix, len(made))
        return len(made), first, read(self._processes)

    def _wait(self, prefix: str, expected: int) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while self._stored() < self._before + expected:
            if not self._processes["consumer"].is_running() or self._processes["consumer"].status() == "zombie":
                raise SystemExit("damsight consume ended by itself; run it by hand to see why")
            if time.monotonic() > deadline:
                raise SystemExit(f"{prefix}: only {self._stored() - self._before} of {expected} were stored in time")
            time.sleep(0.1)
        self._before += expected

    _before = 0

    def _stored(self) -> int:
        # Indexing statistics count at once; a search count would wait for, or cause, a refresh.
        told = self._client.indices.stats(index=IndexSettings().write_alias, metric="indexing")
        return int(told["_all"]["primaries"]["indexing"]["index_total"])


def measure(rounds: int) -> dict[str, object]:
    """Run the rounds and return the figures."""
    samples = find_samples()
    encoders = load_encoders(offline_models(samples.starter))
    with running_stack() as stack:
        client = connect(ElasticsearchSettings(url=stack.elasticsearch_url))
        create_index(client, IndexSettings(), spaces_of_encoders(encoders))
        with consuming(stack, samples, stack.folder / "consumer.log") as consumer:
            ensure_topics(KafkaSettings(bootstrap_servers=stack.kafka_bootstrap))
            bench = Bench(stack, samples, consumer)
            bench.ingest("warm-up", WARM_UP)
            return summary([bench.ingest(f"round-{number}") for number in range(rounds)])


def summary(rounds: list[tuple[int, Reading, Reading]]) -> dict[str, object]:
    """Return the figures of the rounds."""
    cores = os.cpu_count() or 1
    rows = []
    for count, first, last in rounds:
        spent = between(first, last)
        per_picture = {name: round(1000 * seconds / count, 2) for name, seconds in spent.cpu_s.items()}
        ceiling = cores / (spent.total_cpu_s / count)
        rows.append(
            {
                "pictures": count,
                "wall_s": round(spent.wall_s, 2),
                "pictures_per_s": round(count / spent.wall_s, 1),
                "cpu_ms_per_picture": per_picture,
                "ceiling_pictures_per_s": round(ceiling, 1),
                "of_ceiling": round(count / spent.wall_s / ceiling, 3),
                "consumer_peak_mib": round(last.peak_mib["consumer"]),
            }
        )
    ratios = [float(str(row["of_ceiling"])) for row in rows]
    return {
        "of_ceiling": {"median": statistics.median(ratios), "min": min(ratios), "max": max(ratios), "floor": FLOOR},
        "consumer_peak_mib": max(int(str(row["consumer_peak_mib"])) for row in rows),
        "rounds": rows,
    }


def main() -> int:
    """Measure, write the result, and tell it."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--check", action="store_true", help="fail where the floor is missed")
    chosen = arguments.parse_args()
    figures = measure(chosen.rounds)
    print(json.dumps(figures, indent=2))
    print(f"written to {write('ingest', figures)}")
    median = statistics.median(row["of_ceiling"] for row in figures["rounds"])  # type: ignore[attr-defined]  # our own dict
    missed = median < FLOOR or int(str(figures["consumer_peak_mib"])) >= MOST_MIB
    return 1 if chosen.check and missed else 0


if __name__ == "__main__":
    sys.exit(main())

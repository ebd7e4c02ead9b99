"""What a restart costs: time until the group commits again, and how much is done twice.

Two consumers (their own code, a null encoder, so that no model is loaded) share a topic on which 200 events a second
are published, over a real Kafka and a real Elasticsearch. Measured, each several times:
- static restart: a member with an instance id gets SIGTERM and is started again; from its start to the first commit on
  a partition of its own. The other member keeps its partitions.
- takeover: a member without an instance id gets SIGKILL; from the kill to the first commit on a partition that was its.
- duplicates: events that were done more than once, by the consumers' own logs, per SIGKILL.

Usage: python bench/restarts.py [--times 5]
"""

import argparse
import os
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import orjson
from delivery import NullEncoder
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from report import write

from damsight_consumer.bootstrap import build_consumer
from damsight_consumer.settings import load_settings
from damsight_consumer.telemetry import configure_logging
from damsight_consumer.topics import ensure_topics
from damsight_devstack import Stack, running_stack
from damsight_encoders.load import spaces_of_encoders
from damsight_encoders.ports import Encoders
from damsight_index import connect, create_index
from damsight_schemas.asset import AssetMetadata
from damsight_schemas.connections import ElasticsearchSettings, IndexSettings, KafkaSettings
from damsight_schemas.events import AssetChanged, changed, to_structured

PARTITIONS = 6
EVERY_S = 0.005
LOOK_S = 0.01
PATIENCE_S = 120.0


class Group:
    """A topic that is written to all the time, and the members that read it."""

    def __init__(self, stack: Stack, name: str) -> None:
        self._stack, self.name = stack, name
        self._members: dict[str, subprocess.Popen[bytes]] = {}
        self._logs: list[Path] = []
        self._log_of: dict[str, Path] = {}
        self._looker = KafkaConsumer(
            bootstrap_servers=stack.kafka_bootstrap, group_id=name, enable_auto_commit=False, metrics_enabled=False
        )
        self._partitions = [TopicPartition(name, number) for number in range(PARTITIONS)]

    def start(self, member: str, *, static: bool) -> None:
        """Start a member."""
        environment = {
            **os.environ,
            "DAMSIGHT_KAFKA__BOOTSTRAP_SERVERS": self._stack.kafka_bootstrap,
            "DAMSIGHT_ELASTICSEARCH__URL": self._stack.elasticsearch_url,
            "DAMSIGHT_INDEX__ALIAS": self.name,
            "DAMSIGHT_CONSUMER__TOPIC": self.name,
            "DAMSIGHT_CONSUMER__GROUP_ID": self.name,
            "DAMSIGHT_CONSUMER__LANES": "live",
            "DAMSIGHT_CONSUMER__COMMIT_INTERVAL_S": "0.2",
            "DAMSIGHT_HEALTH__ENABLED": "false",
            **({"DAMSIGHT_CONSUMER__INSTANCE_ID": member} if static else {}),
        }
        log = self._stack.folder / f"{self.name}-{member}-{len(self._logs)}.log"
        self._logs.append(log)
        self._log_of[member] = log
        with log.open("wb") as written:
            program = [sys.executable, __file__, "--consume"]
            self._members[member] = subprocess.Popen(program, env=environment, stderr=written)

    def end(self, member: str, number: signal.Signals) -> None:
        """Send a member a signal, and wait for its end."""
        process = self._members.pop(member)
        process.send_signal(number)
        process.wait(60)

    def close(self) -> None:
        """End every member."""
        for member in list(self._members):
            self.end(member, signal.SIGTERM)
        self._looker.close(autocommit=False)

    @property
    def _living(self) -> list[Path]:
        return [self._log_of[member] for member in self._members]

    def committed(self) -> list[int]:
        """Return the group's offsets by partition."""
        return [self._looker.committed(partition) or 0 for partition in self._partitions]

    def wait_until(self, holds: Callable[[], bool], what: str) -> float:
        """Return the seconds until something holds."""
        began = time.perf_counter()
        while not holds():
            if time.perf_counter() - began > PATIENCE_S:
                raise SystemExit(f"{what}: not within {PATIENCE_S:.0f} s; see the logs in {self._stack.folder}")
            time.sleep(LOOK_S)
        return time.perf_counter() - began

    def all_move(self) -> bool:
        """Wait until every member has partitions and every partition has commits: a steady group to begin with."""
        self.wait_until(lambda: all(b'"partitions assigned"' in log.read_bytes() for log in self._living), "a join")
        before = self.committed()
        self.wait_until(lambda: all(now > then for now, then in zip(self.committed(), before, strict=True)), "a start")
        return True

    def has_moved(self, partitions: list[int], before: list[int]) -> bool:
        """Tell whether there is a commit on one of some partitions."""
        now = self.committed()
        return any(now[partition] > before[partition] for partition in partitions)

    def done(self) -> Counter[tuple[str, int, int]]:
        """Return how often each record was done, by all members' logs."""
        times: Counter[tuple[str, int, int]] = Counter()
        for log in self._logs:
            for line in log.read_bytes().splitlines():
                if line.startswith(b"{") and b'"event done"' in line:
                    told = orjson.loads(line)
                    times[told["topic"], told["partition"], told["offset"]] += 1
        return times


@contextmanager
def publishing(stack: Stack, topic: str) -> Iterator[None]:
    """Publish events for the length of a block."""
    stop = threading.Event()

    def publish() -> None:
        producer = KafkaProducer(bootstrap_servers=stack.kafka_bootstrap, acks="all")
        number = 0
        while not stop.wait(EVERY_S):
            metadata = AssetMetadata(title=f"Picture {number}")
            asset = AssetChanged(asset_id=f"asset-{number}", revision=1, metadata=metadata, acl=["public"])
            key, value, headers = to_structured(changed(asset, source="/bench", created=True))
            producer.send(topic, key=key, value=value, headers=headers)
            number += 1
        producer.close()

    thread = threading.Thread(target=publish)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def owned_by_dead(group: Group) -> list[int]:
    """Return the partitions on which nothing was committed for a second."""
    before = group.committed()
    time.sleep(1.0)
    return [number for number, (now, then) in enumerate(zip(group.committed(), before, strict=True)) if now == then]


def static_restart(group: Group, times: int) -> list[float]:
    """Return the seconds from a static member's start to the first commit on a partition of its own."""
    seconds = []
    for member in ("one", "two"):
        group.start(member, static=True)
    for _ in range(times):
        group.all_move()
        group.end("one", signal.SIGTERM)
        its = owned_by_dead(group)
        before = group.committed()
        group.start("one", static=True)
        seconds.append(group.wait_until(partial(group.has_moved, its, before), "a static restart"))
    return seconds


def takeover(group: Group, times: int) -> tuple[list[float], float]:
    """Return the seconds from a kill to the first commit on a partition of the dead, and duplicates per kill."""
    seconds = []
    for member in ("one", "two"):
        group.start(member, static=False)
    for _ in range(times):
        group.all_move()
        group.end("one", signal.SIGKILL)
        began = time.perf_counter()
        its = owned_by_dead(group)
        before = group.committed()
        group.wait_until(partial(group.has_moved, its, before), "a takeover")
        seconds.append(time.perf_counter() - began)
        group.start("one", static=False)
    group.all_move()
    repeated = sum(count - 1 for count in group.done().values())
    return seconds, repeated / times


def measure(times: int) -> dict[str, object]:
    """Run both and return the figures."""
    with running_stack() as stack:
        client = connect(ElasticsearchSettings(url=stack.elasticsearch_url))
        kafka = KafkaSettings(bootstrap_servers=stack.kafka_bootstrap)
        spaces = spaces_of_encoders(Encoders(joint=None, caption=NullEncoder()))
        found: dict[str, object] = {"what": "seconds, and events done twice per SIGKILL", "times": times}
        for name in ("static", "killed"):
            create_index(client, IndexSettings(alias=name), spaces)
            ensure_topics(kafka, names=(name,), partitions=PARTITIONS)
            group = Group(stack, name)
            try:
                with publishing(stack, name):
                    if name == "static":
                        found["static_restart_s"] = told(static_restart(group, times))
                    else:
                        seconds, repeated = takeover(group, times)
                        found |= {"takeover_after_sigkill_s": told(seconds), "duplicates_per_crash": repeated}
            finally:
                group.close()
    return found


def told(seconds: list[float]) -> dict[str, object]:
    """Return the median and all of them."""
    return {"median": round(statistics.median(seconds), 2), "all": [round(each, 2) for each in seconds]}


def main() -> int:
    """Measure, tell and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--consume", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.consume:
        configure_logging("debug", json=True)
        consumer = build_consumer(load_settings(), encoders=Encoders(joint=None, caption=NullEncoder()))
        signal.signal(signal.SIGTERM, lambda *_: consumer.stop())
        consumer.run()
        return 0
    figures = measure(given.times)
    print(figures)
    print(f"written to {write('restarts', figures)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

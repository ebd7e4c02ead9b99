"""`damsight why` on a real Kafka and a real Elasticsearch: each place where an asset can be."""

import json
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import Result
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.structs import OffsetAndMetadata
from typer.testing import CliRunner

from damsight_cli.main import app
from damsight_consumer.dead_letters import KafkaDeadLetters
from damsight_consumer.ports import Versioned
from damsight_consumer.records import DeadLetter, Partition, Receipt, Record, Stage
from damsight_consumer.topics import ensure_topics
from damsight_consumer.write import BulkWriter
from damsight_devstack import Stack
from damsight_schemas.document import AssetDocument, Problem
from damsight_schemas.events import AssetEvent, to_structured
from damsight_schemas.topics import DEAD_LETTERS
from damsight_schemas.version import document_version
from drivers.consumer_bench import ConsumerBench
from examples.assets import changed_event

RUNNER = CliRunner()


@pytest.fixture
def bench(stack: Stack, tmp_path: Path) -> Iterator[ConsumerBench]:
    made = ConsumerBench(stack, tmp_path)
    made.environment |= {"DAMSIGHT_ELASTICSEARCH__TIMEOUT_S": "60", "COLUMNS": "200"}
    group = made.settings.consumer
    names = (group.backfill_topic, *group.retry_topics)
    ensure_topics(made.settings.kafka, names=names, partitions=1, replication=1)
    yield made
    made.close()


def why(bench: ConsumerBench, asset_id: str, *more: str) -> Result:
    return RUNNER.invoke(app, ["why", asset_id, *more], env=bench.environment)


def first_line(bench: ConsumerBench, asset_id: str) -> str:
    done = why(bench, asset_id)
    assert done.exit_code == 0, done.output
    return str(done.stdout.splitlines()[0])


def put(
    bench: ConsumerBench, topic: str, event: AssetEvent, *, key: bool = True, headers: dict[str, str] | None = None
) -> None:
    own, value, told = to_structured(event)
    more = [*told, *((name, text.encode()) for name, text in (headers or {}).items())]
    with closing(KafkaProducer(bootstrap_servers=bench.environment["DAMSIGHT_KAFKA__BOOTSTRAP_SERVERS"])) as producer:
        producer.send(topic, partition=0, key=own if key else None, value=value, headers=more).get(60)


def commit(bench: ConsumerBench, topic: str, offset: int, *, lane: str = "") -> None:
    consumer = KafkaConsumer(
        bootstrap_servers=bench.environment["DAMSIGHT_KAFKA__BOOTSTRAP_SERVERS"],
        group_id=f"{bench.settings.consumer.group_id}{lane}",
        enable_auto_commit=False,
    )
    with closing(consumer):
        partition = TopicPartition(topic, 0)
        consumer.assign([partition])
        consumer.commit({partition: OffsetAndMetadata(offset, "", -1)})


def store(bench: ConsumerBench, asset_id: str, revision: int, **more: Any) -> None:
    document = AssetDocument(asset_id=asset_id, revision=revision, indexed_at="2026-01-01T00:00:00Z", **more)
    attempt = 0 if document.problem else None
    version = document_version(revision, deleted=False, attempt=attempt)
    BulkWriter(bench.client, bench.settings.index.write_alias).write(
        [Versioned(asset_id, version, orjson.dumps(document.body()))]
    )


@pytest.mark.integration
def test_an_asset_is_found_wherever_it_is(bench: ConsumerBench) -> None:
    """Waiting in a live or a backfill topic, with a key or without; tried again; dead-lettered; unknown."""
    topic, backfill = bench.topic, bench.settings.consumer.backfill_topic
    retry = bench.settings.consumer.retry_topics[2]
    problem = Problem(stage="fetch", error="missing", message="no such file")
    for number in range(3):
        put(bench, topic, changed_event(f"other-{number}"))
    put(bench, topic, changed_event("waits", 8), key=False)
    put(bench, topic, changed_event("next", 1))
    commit(bench, topic, 1)
    store(bench, "waits", 7, title="x")
    assert first_line(bench, "waits") == (
        f"Asset waits is indexed at revision 7; revision 8 waits behind 2 events in {topic}[0]."
    )
    assert "revision 1 waits behind 3 events" in first_line(bench, "next")
    commit(bench, topic, 5)
    assert first_line(bench, "waits") == "Asset waits is indexed at revision 7."

    put(bench, backfill, changed_event("old", 2))
    done = why(bench, "old")
    assert done.stdout.startswith(f"Asset old is not in the index; revision 2 is the next event in {backfill}[0].")
    assert f"No consumer of the group {bench.settings.consumer.group_id}-backfill has committed" in done.stdout

    due_ms = int(time.time() * 1000) + 3_600_000
    told = {"attempt": "3", "due": str(due_ms), "stage": "fetch", "error": "missing", "message": "no such file"}
    put(bench, retry, changed_event("again", 4), headers={f"damsight-{name}": text for name, text in told.items()})
    commit(bench, retry, 0, lane="-retry")
    store(bench, "again", 4, problem=problem)
    said = first_line(bench, "again")
    assert said.startswith("Asset again is indexed at revision 4 without its picture's vector (fetch: missing); ")
    assert said.endswith("UTC, third of three tries: fetch: missing: no such file.")

    buried = f"{topic}-buried"
    letters = KafkaDeadLetters(bench.settings.kafka, DEAD_LETTERS)
    with closing(letters):
        record = Record(Receipt(Partition(topic, 0), 9, 1), 0, buried.encode(), b"{}", ())
        letters.publish([DeadLetter(record, Stage.FETCH, problem, buried, 3, attempts=4)])
    data = json.loads(why(bench, buried, "--json").stdout)
    assert data["conclusion"].startswith(f"Asset {buried} is not in the index; revision 3 was dead-lettered at ")
    (letter,) = data["dead_letters"]
    assert (letter["revision"], letter["attempts"], letter["origin"]) == (3, 4, f"{topic}[0] at offset 9")
    assert letter["letter"] in data["to_do"]

    unknown = why(bench, f"{topic}-unknown")
    assert (unknown.exit_code, "is unknown: no event of it waits" in unknown.stdout) == (1, True)


@pytest.mark.integration
def test_the_vectors_of_a_document_are_told_with_their_spaces(bench: ConsumerBench) -> None:
    """What the consumer stored, as the index's own note of its models names it."""
    bench.send(changed_event("one", uri=None, title="a red boat"))
    bench.consume(1)
    done = why(bench, "one")
    assert done.exit_code == 0
    assert done.stdout.splitlines()[0] == "Asset one is indexed at revision 1."
    space = bench.encoders.caption.space if bench.encoders.caption else None
    assert f"document: caption_vector of {space}" in done.stdout
    assert "image_vector" not in done.stdout
    data = json.loads(why(bench, "one", "--json").stdout)
    assert (data["document"]["vectors"], data["waiting"], data["known"]) == ({"caption_vector": str(space)}, [], True)


@pytest.mark.integration
def test_an_index_that_is_not_there_is_told(bench: ConsumerBench) -> None:
    """With the command that makes it."""
    missing = {"DAMSIGHT_INDEX__ALIAS": "nothing-here"}
    done = RUNNER.invoke(app, ["why", "a"], env=bench.environment | missing)
    assert (done.exit_code, "damsight index create" in done.stderr) == (1, True)


@pytest.mark.parametrize(
    ("asset_id", "environment", "code", "says"),
    [
        ("", {}, 2, "ASSET ''"),
        ("a" * 513, {}, 2, "at most 512 bytes"),
        ("a", {"DAMSIGHT_CONSUMER__EVENTS": "many"}, 2, "DAMSIGHT_CONSUMER__EVENTS"),
        ("a", {}, 1, "DAMSIGHT_KAFKA__BOOTSTRAP_SERVERS"),
    ],
    ids=["empty", "too-long", "setting", "no-kafka"],
)
def test_what_is_wrong_is_told_in_a_line(asset_id: str, environment: dict[str, str], code: int, says: str) -> None:
    """2 for wrong usage and 1 for what does not answer."""
    nowhere = {"DAMSIGHT_KAFKA__BOOTSTRAP_SERVERS": "127.0.0.1:9", "COLUMNS": "300"}
    done = RUNNER.invoke(app, ["why", asset_id], env=nowhere | environment)
    assert (done.exit_code, says in done.stderr) == (code, True), done.output

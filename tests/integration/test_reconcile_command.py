"""`damsight reconcile` on a real Kafka and a real Elasticsearch: what differs is told, and repaired where it can be."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import Result
from elasticsearch import Elasticsearch
from typer.testing import CliRunner

from damsight_cli.main import app
from damsight_consumer.dead_letters import KafkaDeadLetters
from damsight_consumer.ports import Answer, Versioned
from damsight_consumer.reconcile.indexed import IndexReader
from damsight_consumer.records import DeadLetter, Partition, Receipt, Record, Stage
from damsight_consumer.write import BulkWriter
from damsight_devstack import Stack
from damsight_schemas.catalogue import acl_hash
from damsight_schemas.document import AssetDocument, Problem
from damsight_schemas.topics import DEAD_LETTERS
from damsight_schemas.version import document_version
from drivers.consumer_bench import ConsumerBench
from drivers.kafka_topic import events_of
from examples import pictures
from examples.assets import SOURCE, changed_event

RUNNER = CliRunner()
LONG_AGO = 1_000_000_000


@pytest.fixture
def bench(stack: Stack, tmp_path: Path) -> Iterator[ConsumerBench]:
    made = ConsumerBench(stack, tmp_path, lanes="live,backfill")
    # The command asks one question after another of a server that the whole session uses.
    made.environment |= {"DAMSIGHT_ELASTICSEARCH__TIMEOUT_S": "60", "COLUMNS": "200"}
    yield made
    made.close()


def written(bench: ConsumerBench, *lines: dict[str, Any]) -> str:
    path = bench.folder / "list.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return str(path)


def whole(asset_id: str, revision: int, *, uri: str | None = None, title: str = "x") -> dict[str, Any]:
    media = {"uri": uri, "mime_type": "image/jpeg"} if uri else None
    return {
        "asset_id": asset_id,
        "revision": revision,
        "media": media,
        "metadata": {"title": title},
        "acl": ["public"],
    }


def run(bench: ConsumerBench, *given: str) -> Result:
    return RUNNER.invoke(app, ["reconcile", *given], env=bench.environment)


def told(bench: ConsumerBench, *given: str) -> tuple[int, dict[str, Any]]:
    done = run(bench, *given, "--json")
    assert done.exception is None or isinstance(done.exception, SystemExit), done.output
    data: dict[str, Any] = json.loads(done.stdout)
    return done.exit_code, data


def rows(data: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return {row["asset_id"]: (row["verdict"], row["remedy"]) for row in data["findings"]}


def document(asset_id: str, revision: int, *, problem: Problem | None = None) -> AssetDocument:
    return AssetDocument(
        asset_id=asset_id,
        revision=revision,
        acl=["public"],
        source=SOURCE,
        indexed_at="2026-01-01T00:00:00Z",
        problem=problem,
    )


def store(bench: ConsumerBench, *documents: AssetDocument) -> None:
    versioned = [
        Versioned(
            one.asset_id,
            document_version(one.revision, deleted=one.deleted, attempt=0 if one.problem else None),
            orjson.dumps(one.body()),
        )
        for one in documents
    ]
    verdicts = BulkWriter(bench.client, bench.settings.index.write_alias).write(versioned)
    assert {verdict.answer for verdict in verdicts} == {Answer.STORED}


def bury(bench: ConsumerBench, asset_id: str, revision: int) -> None:
    place = Receipt(Partition(bench.topic, 0), 0, 1)
    problem = Problem(stage="fetch", error="gone", message="the address answers 410")
    letters = KafkaDeadLetters(bench.settings.kafka, DEAD_LETTERS)
    try:
        record = Record(place, 0, asset_id.encode(), b"{}", ())
        letters.publish([DeadLetter(record, Stage.FETCH, problem, asset_id, revision)])
    finally:
        letters.close()


@pytest.mark.integration
def test_every_difference_is_told_and_mended_where_an_event_can(bench: ConsumerBench) -> None:
    """Rights that differ are told as beyond an event, and stay; the DAM's next revision mends them."""
    red = bench.save("red.jpg", pictures.jpeg("red"))
    buried = f"{bench.topic}-buried"
    problem = Problem(stage="fetch", error="missing", message="404")
    store(
        bench,
        *(document(name, 2) for name in ("same", "stale", "rights", "orphan", buried)),
        document("partial", 2, problem=problem),
        document("newer", 9),
        AssetDocument(asset_id="risen", revision=3, deleted=True),
        AssetDocument(asset_id="felled", revision=1, deleted=True),
    )
    bury(bench, buried, 3)
    path = written(
        bench,
        whole("same", 2),
        whole("stale", 3, title="now"),
        {"asset_id": "rights", "revision": 2, "acl_hash": acl_hash(["group:press"])},
        whole("partial", 2, uri=(bench.folder / "late.jpg").as_uri()),
        whole("newer", 8),
        whole("risen", 3),
        whole("felled", 2, uri=red),
        {"asset_id": "unknown", "revision": 1},
        whole(buried, 3),
    )
    code, data = told(bench, path, "--as-of", "2100-01-01T00:00:00Z")
    assert code == 1
    assert (data["listed"], data["indexed"]) == (9, 7)
    assert rows(data) == {
        "rights": ("acl_differs", "new_revision"),
        "felled": ("missing", "event"),
        "risen": ("missing", "new_revision"),
        "unknown": ("missing", "event_from_dam"),
        "stale": ("stale", "event"),
        buried: ("never_to_be", "replay"),
        "partial": ("incomplete", "event"),
        "orphan": ("orphaned", "delete"),
        "newer": ("newer_in_index", "nothing"),
    }
    assert data["counts"]["agrees"] == 1
    by_words = run(bench, path, "--as-of", "2100-01-01T00:00:00Z")
    assert f"never to be: {buried} (listed at 3, indexed at 2): fetch: gone: the address answers 410" in by_words.stdout
    assert "rights differ: rights (revision 2)" in by_words.stdout

    bench.save("late.jpg", pictures.jpeg("blue"))
    with bench.consuming():
        given = (path, "--as-of", "2100-01-01T00:00:00Z", "--repair", "--delete-orphans")
        # In a process of its own: this one's output holds the consumer's log.
        command = [sys.executable, "-m", "damsight_cli.main", "reconcile", *given, "--json"]
        environment = {**os.environ, **bench.environment}
        repaired = subprocess.run(command, env=environment, capture_output=True, timeout=300, check=False)
    data = json.loads(repaired.stdout)
    assert repaired.returncode == 1, repaired.stderr
    assert data["repairs"] == {
        "topic": bench.settings.consumer.backfill_topic,
        "sent": 4,
        "refused": [],
        "endings": {"mended": 4},
    }
    assert (bench.stored("stale") or {})["title"] == "now"
    assert (bench.stored("stale") or {})["source"] == SOURCE
    assert (bench.stored("orphan") or {})["deleted"] is True
    assert (bench.stored("felled") or {})["image_vector"]
    assert "problem" not in (bench.stored("partial") or {})
    assert (bench.stored("rights") or {})["acl"] == ["public"]

    bench.send(
        changed_event("rights", 3, uri=None, acl=["group:press"]),
        changed_event("risen", 4, uri=None),
        changed_event("unknown", 1, uri=None),
        changed_event(buried, 4, uri=None),
    )
    bench.consume(4)
    mended = written(
        bench,
        {"asset_id": "rights", "revision": 3, "acl_hash": acl_hash(["group:press"])},
        *(whole(name, revision) for name, revision in (("same", 2), ("stale", 3), ("partial", 2), ("newer", 8))),
        *(whole(name, revision) for name, revision in (("risen", 4), ("felled", 2), ("unknown", 1), (buried, 4))),
    )
    code, data = told(bench, mended)
    assert (code, data["agree"]) == (0, True), data


@pytest.mark.integration
def test_a_cut_off_list_deletes_nothing(bench: ConsumerBench) -> None:
    """Not by half the index, not with bad lines, not what is too young or of another source; and only when asked."""
    young = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    store(bench, *(document(name, 1).model_copy(update={"indexed_at": young}) for name in ("a", "b", "c")))
    backfill = bench.settings.consumer.backfill_topic
    path = written(bench, whole("a", 1))
    ever = ("--as-of", "2100-01-01T00:00:00Z", "--repair", "--delete-orphans", "--no-wait")

    refused = run(bench, path, *ever)
    assert (refused.exit_code, "2 of 3 assets in the index are not in the list" in refused.stderr) == (1, True)
    bad = written(bench, whole("a", 1), whole("b", 1), {"asset_id": "c"})
    refused = run(bench, bad, *ever, "--yes")
    assert (refused.exit_code, "entry 3 of the list: revision" in refused.stdout) == (1, True)
    assert "1 entries of the list could not be read" in refused.stderr
    path = written(bench, whole("a", 1), whole("b", 1))
    _, data = told(bench, path, "--repair", "--delete-orphans", "--no-wait")
    assert (data["counts"]["orphaned"], data["repairs"]["sent"]) == (1, 0)
    os.utime(path, (LONG_AGO, LONG_AGO))
    code, data = told(bench, path)
    assert (code, data["counts"]["newer_in_index"]) == (0, 1)
    _, data = told(bench, path, *ever, "--source", "/dams/other")
    assert (data["counts"]["orphaned"], data["repairs"]["sent"]) == (0, 0)
    assert events_of(bench.environment["DAMSIGHT_KAFKA__BOOTSTRAP_SERVERS"], backfill) == []

    code, data = told(bench, path, *ever, "--source", SOURCE, "--live")
    assert (code, data["repairs"]) == (1, {"topic": bench.topic, "sent": 1, "refused": [], "endings": None})
    bench.consume(1)
    assert bench.visible() == {"a", "b"}


@pytest.mark.integration
def test_nobody_who_consumes_is_told(bench: ConsumerBench) -> None:
    """Waiting ends when nothing moves; the repair counts as not yet there."""
    path = written(bench, whole("a", 1))
    done = run(bench, path, "--repair", "--still", "1")
    assert done.exit_code == 1
    assert "1  had not come when the waiting ended; `damsight why ASSET`" in done.stdout


@pytest.mark.integration
def test_a_large_index_is_read_page_by_page(bench: ConsumerBench) -> None:
    """Every document once, tombstones too, and none of their vectors."""
    ids = [f"a{number}" for number in range(25)]
    store(bench, *(document(asset_id, 1) for asset_id in ids[1:]))
    store(bench, AssetDocument(asset_id="a0", revision=2, deleted=True))
    steps: list[tuple[int, int]] = []
    client: Elasticsearch = bench.client
    reader = IndexReader(client, bench.settings.index.write_alias, page=10)
    pages = list(reader.every(lambda done, total: steps.append((done, total))))
    assert [len(page) for page in pages] == [10, 10, 5]
    assert sorted(one.asset_id for page in pages for one in page) == sorted(ids)
    assert [one.asset_id for page in pages for one in page if one.deleted] == ["a0"]
    assert steps == [(10, 25), (20, 25), (25, 25)]


@pytest.mark.integration
def test_an_index_or_a_list_that_is_not_there_is_told(bench: ConsumerBench) -> None:
    """With the command or the setting that mends it; an empty list is not taken for an empty DAM."""
    path = written(bench, whole("a", 1))
    missing = {"DAMSIGHT_INDEX__ALIAS": "nothing-here"}
    nowhere = {"DAMSIGHT_ELASTICSEARCH__URL": "http://127.0.0.1:9"}
    done = RUNNER.invoke(app, ["reconcile", path], env=bench.environment | nowhere)
    assert (done.exit_code, "DAMSIGHT_ELASTICSEARCH__URL" in done.stderr) == (1, True)
    done = RUNNER.invoke(app, ["reconcile", path], env=bench.environment | missing)
    assert (done.exit_code, "damsight index create" in done.stderr) == (1, True)
    done = run(bench, written(bench))
    assert (done.exit_code, "holds no asset" in done.stderr) == (1, True)
    code, data = told(bench, written(bench), "--yes")
    assert (code, data["listed"]) == (0, 0)


@pytest.mark.parametrize(
    ("given", "code", "says"),
    [
        ([], 2, "LIST.jsonl, or --host NAME"),
        (["{list}", "--host", "x"], 2, "one of them"),
        (["nowhere.jsonl"], 2, "nowhere.jsonl"),
        (["{list}", "--delete-orphans"], 2, "go with --repair"),
        (["{list}", "--as-of", "yesterday"], 2, "2026-11-21T08:00:00Z"),
        (["{list}", "--as-of", "2026-11-21T08:00:00"], 2, "with its zone"),
        (["--host", "no-such-host"], 1, "offered are: none"),
        (["{list}"], 1, "DAMSIGHT_KAFKA__BOOTSTRAP_SERVERS"),
    ],
    ids=str,
)
def test_wrong_usage_is_told_in_a_line(tmp_path: Path, given: list[str], code: int, says: str) -> None:
    """2 for wrong usage and 1 for what does not answer."""
    path = tmp_path / "list.jsonl"
    path.write_text(json.dumps(whole("a", 1)))
    environment = {"DAMSIGHT_KAFKA__BOOTSTRAP_SERVERS": "127.0.0.1:9", "COLUMNS": "300"}
    done = RUNNER.invoke(app, ["reconcile", *(one.format(list=path) for one in given)], env=environment)
    assert (done.exit_code, says in done.stderr) == (code, True), done.output


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    """As in every other command."""
    path = tmp_path / "list.jsonl"
    path.write_text(json.dumps(whole("a", 1)))
    done = RUNNER.invoke(app, ["reconcile", str(path)], env={"DAMSIGHT_CONSUMER__EVENTS": "many"})
    assert (done.exit_code, "DAMSIGHT_CONSUMER__EVENTS" in done.stderr) == (2, True)

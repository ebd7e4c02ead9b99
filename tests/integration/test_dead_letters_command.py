"""damsight dead-letters: real letters of a real consumer, and again once their causes are mended."""

import json
import os
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from kafka import KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient
from typer.testing import CliRunner

from damsight_cli import dead_letters
from damsight_consumer.letters import letters_of
from damsight_consumer.read_topic import records_of
from damsight_consumer.records import Outcome, Unreadable
from damsight_consumer.topics import ensure_topics
from damsight_devstack import Stack
from damsight_schemas.connections import KafkaSettings
from drivers.consumer_bench import ConsumerBench, NoUtf8
from examples import pictures
from examples.assets import changed_event

RUNNER = CliRunner()
LOGGED = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \[")
pytestmark = pytest.mark.integration


@pytest.fixture
def bench(stack: Stack, tmp_path: Path) -> Iterator[ConsumerBench]:
    made = ConsumerBench(stack, tmp_path, lanes="live,retry,backfill")
    yield made
    made.close()


def run(bench: ConsumerBench, *given: str, code: int = 0) -> str:
    done = RUNNER.invoke(dead_letters.app, list(given), env=bench.environment)
    assert done.exit_code == code, done.output
    # The consumer runs in this process too, and what it logs meanwhile goes to the same place.
    return "".join(line for line in done.stdout.splitlines(keepends=True) if not LOGGED.match(line))


def listed(bench: ConsumerBench, *given: str) -> list[dict[str, Any]]:
    """The letters of this bench's live topic, the newest first."""
    *letters, counts = map(json.loads, run(bench, "list", "--topic", bench.topic, "--json", *given).splitlines())
    assert counts["letters"] == len(letters)
    return letters


def test_letters_are_listed_shown_and_replayed_until_they_end_well(bench: ConsumerBench) -> None:
    """Of each class through a consumer; mended, the whole document takes the place of the partial one.

    What a newer revision has overtaken is not sent again, and what is not mended is dead-lettered again.
    """
    lost = bench.folder / "lost.jpg"
    truncated = bench.save("truncated.jpg", pictures.truncated_jpeg())
    with bench.consuming() as consumer:
        bench.send(
            changed_event("lost", 5, uri=lost.as_uri(), title="a lost picture"),
            changed_event("overtaken", 1, uri=lost.as_uri()),
            changed_event("forbidden", uri="file:///etc/hostname"),
            changed_event("truncated", uri=truncated),
        )
        bench.send_raw(b'{"specversion": "1.0"}', key=b"no-event")
        bench.send_raw(b"{}", key=b"poison", headers=[(NoUtf8("x"), b"x")])
        dead = (Outcome.DEAD_LETTERED, Outcome.INDEXED_WITH_PROBLEM)
        bench.wait(lambda: sum(consumer.counts()[outcome] for outcome in dead) == 6)
        bench.send(changed_event("overtaken", 2, uri=None))
        bench.wait(lambda: consumer.counts()[Outcome.INDEXED] == 1)

        letters = {letter["asset_id"]: letter for letter in listed(bench)}
        assert {asset: (letter["error"], letter["attempts"], letter["state"]) for asset, letter in letters.items()} == {
            "lost": ("missing", 4, "incomplete"),
            "overtaken": ("missing", 4, "indexed"),
            "forbidden": ("forbidden", 1, "incomplete"),
            "truncated": ("truncated", 1, "incomplete"),
            "no-event": ("EventError", 1, "unknown"),
            None: ("UnicodeDecodeError", 1, "unknown"),
        }
        assert {letter["asset_id"] for letter in listed(bench, "--open")} == set(letters) - {"overtaken"}
        assert [letter["asset_id"] for letter in listed(bench, "--stage", "read")] == [None]
        assert listed(bench, "--asset", "lost", "--until", "1h") == []
        table = run(bench, "list", "--topic", bench.topic, "--class", "missing")
        assert "overtaken" in table
        assert "2 letters, 2 listed: 2 missing" in table

        shown = run(bench, "show", letters["lost"]["id"])
        for words in ("Put the file back", '"title": "a lost picture"', "damsight-offset", "words only", "4 tries"):
            assert words in shown
        dry = run(bench, "replay", "--topic", bench.topic, "--class", "missing", "--dry-run")
        assert f"would send {letters['lost']['id']}: lost revision 5" in dry
        assert f"not sent: {letters['overtaken']['id']} overtaken: needless" in dry

        lost.write_bytes(pictures.jpeg("blue"))
        before = bench.stored("lost")
        replayed = json.loads(run(bench, "replay", "--topic", bench.topic, "--class", "missing", "--json"))
        assert (replayed["topic"], replayed["sent"], replayed["well"]) == (f"{bench.topic}.backfill", 1, 1)
        after = bench.stored("lost")
        not_mended = ("replay", letters["truncated"]["id"], "--to", "live", "--rate", "5", "--json")
        again = json.loads(run(bench, *not_mended, code=1))
    assert before is not None
    assert after is not None
    assert (before["problem"]["error"], before["revision"], after["revision"]) == ("missing", 5, 5)
    assert "problem" not in after
    assert after["image_vector"]
    assert (again["sent"], again["dead_lettered_again"]) == (1, 1)
    assert again["assets"][0]["message"].startswith("truncated: ")
    new = json.loads(run(bench, "show", again["assets"][0]["new_letter"], "--json"))
    assert new["replay_of"] == letters["truncated"]["id"]
    assert {letter["asset_id"] for letter in listed(bench, "--open")} == {"forbidden", "truncated", "no-event", None}


def test_a_pointer_is_fetched_from_where_its_event_first_lay(bench: ConsumerBench) -> None:
    """Where Kafka still has it; what no longer is there, or is too large for the lane, is told and exits with 1."""
    kafka = {"bootstrap_servers": bench.settings.kafka.bootstrap_servers}
    large = os.urandom(1_500_000).hex().encode()
    with closing(KafkaAdminClient(**kafka)) as admin:
        limit = {"max.message.bytes": "8000000"}
        admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, bench.topic, limit)])
        with closing(KafkaProducer(**kafka, max_request_size=8_000_000)) as producer:
            producer.send(bench.topic, key=b"large", value=large, headers=[("own", b"1")], partition=0).get(60)
        with bench.consuming() as consumer:
            bench.wait(lambda: consumer.counts()[Outcome.DEAD_LETTERED] == 1)
        (letter,) = listed(bench)
        assert letter["pointer"] is True
        assert (letter["asset_id"], letter["origin"]["offset"]) == ("large", 0)
        too_large = json.loads(run(bench, "replay", letter["id"], "--json", code=1))
        assert "larger than the topic" in too_large["skipped"][0]["reason"]

        run(bench, "replay", letter["id"], "--to", "live", "--no-wait")
        found = list(records_of(bench.settings.kafka, bench.topic))
        assert [record.value for record in found] == [large, large]
        assert found[1].headers == (("own", b"1"), ("damsight-replay", letter["id"].encode()))

        admin.delete_records({TopicPartition(bench.topic, 0): 1})
    gone = json.loads(run(bench, "replay", letter["id"], "--json", code=1))
    assert "Kafka no longer has its record" in gone["skipped"][0]["reason"]
    assert "there is no letter" in RUNNER.invoke(dead_letters.app, ["replay", "99-1"], env=bench.environment).stderr
    run(bench, "show", "no-letter", code=1)


def test_letters_that_cannot_be_read_hide_no_others(stack: Stack) -> None:
    """Each is told with its place; a topic of letters may hold what anybody wrote."""
    kafka = KafkaSettings(bootstrap_servers=stack.kafka_bootstrap)
    topic = f"t{uuid4().hex[:12]}"
    ensure_topics(kafka, names=(topic,), partitions=1, replication=1)
    with closing(KafkaProducer(bootstrap_servers=stack.kafka_bootstrap)) as producer:
        for name in ("damsight-error", NoUtf8("x"), "damsight-error"):
            producer.send(topic, value=b"", headers=[(name, b"missing")]).get(60)
    told: list[Unreadable] = []
    assert [letter.id for letter in letters_of(kafka, tell=told.append, topic=topic)] == ["0-0", "0-2"]
    assert [place.receipt.offset for place in told] == [1]

"""What every keeper of dead letters does: the fake and Kafka alike."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from damsight_consumer.dead_letters import KafkaDeadLetters, reason_headers
from damsight_consumer.ports import DeadLetters
from damsight_consumer.records import DeadLetter, Partition, Receipt, Record, Stage
from damsight_schemas.document import Problem
from damsight_schemas.topics import DEAD_LETTERS
from drivers.consumer_bench import ConsumerBench
from fakes.dead_letters import FakeDeadLetters

PROBLEM = Problem(stage="decode", error="truncated", message="the file ends in the middle · 途中")
Kept = tuple[bytes | None, bytes | None, dict[str, bytes]]


@dataclass
class Subject:
    """A keeper, and what can be read of what it keeps: key, value, headers."""

    keeper: DeadLetters
    kept: Callable[[], list[Kept]]
    topic: str


def letter(topic: str, *, key: bytes | None, value: bytes | None, offset: int = 7) -> DeadLetter:
    record = Record(
        Receipt(Partition(topic, 2), offset, 1), 1_763_712_000_123, key, value, (("ce_id", b"e-1"), ("empty", None))
    )
    return DeadLetter(record, Stage.DECODE, PROBLEM, "asset-1", 3)


@pytest.fixture(params=["fake", pytest.param("kafka", marks=pytest.mark.integration)])
def subject(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Subject]:
    if request.param == "fake":
        fake = FakeDeadLetters()
        yield Subject(fake, lambda: [as_kafka_keeps(each) for each in fake.letters], "t")
        fake.close()
        return
    bench = ConsumerBench(request.getfixturevalue("stack"), tmp_path)
    keeper = KafkaDeadLetters(bench.settings.kafka, DEAD_LETTERS)
    yield Subject(keeper, bench.dead_letters, bench.topic)
    keeper.close()
    bench.close()


def as_kafka_keeps(each: DeadLetter) -> Kept:
    record = each.record
    headers = {name: value or b"" for name, value in record.headers} | dict(reason_headers(each))
    return record.key, record.value, headers


def test_a_letter_can_be_read_once_publish_returns(subject: Subject) -> None:
    """Key, value and headers are the record's own; where it was and why it is here stand beside them."""
    subject.keeper.publish([letter(subject.topic, key=b"asset-1", value=b"\x00\xff not JSON")])
    ((key, value, headers),) = subject.kept()
    assert (key, value) == (b"asset-1", b"\x00\xff not JSON")
    assert headers == {
        "ce_id": b"e-1",
        "empty": b"",
        "damsight-topic": subject.topic.encode(),
        "damsight-partition": b"2",
        "damsight-offset": b"7",
        "damsight-timestamp": b"1763712000123",
        "damsight-stage": b"decode",
        "damsight-error": b"truncated",
        "damsight-message": PROBLEM.message.encode(),
        "damsight-asset-id": b"asset-1",
        "damsight-revision": b"3",
    }


def test_many_letters_are_all_kept(subject: Subject) -> None:
    """Publish returns only when every one of them is."""
    subject.keeper.publish([letter(subject.topic, key=b"k", value=b"v", offset=number) for number in range(300)])
    assert {int(headers["damsight-offset"]) for _, _, headers in subject.kept()} == set(range(300))


def test_a_record_without_a_value_is_kept_without_one(subject: Subject) -> None:
    """A Kafka tombstone is no event, and its letter shows that it had no value."""
    subject.keeper.publish([letter(subject.topic, key=b"k", value=None)])
    ((key, value, _),) = subject.kept()
    assert (key, value) == (b"k", None)


@pytest.mark.integration
def test_what_is_too_large_for_the_topic_is_kept_as_a_pointer(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Larger than the broker takes, or than the producer does: key, headers, place and reason, no value.

    The next letter goes whole.
    """
    bench = ConsumerBench(request.getfixturevalue("stack"), tmp_path)
    keeper = KafkaDeadLetters(bench.settings.kafka, DEAD_LETTERS)
    for number, size in enumerate((3_000_000, 9_000_000)):
        keeper.publish([letter(bench.topic, key=b"large", value=os.urandom(size), offset=number)])
    keeper.publish([letter(bench.topic, key=b"large", value=b"small", offset=2)])
    found = bench.dead_letters()
    keeper.close()
    bench.close()
    assert [(key, value, headers.get("damsight-pointer")) for key, value, headers in found] == [
        (b"large", None, b"true"),
        (b"large", None, b"true"),
        (b"large", b"small", None),
    ]

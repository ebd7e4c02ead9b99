"""What every keeper of dead letters does: the fake and Kafka alike."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import uuid4

import pytest
from pydantic import SecretStr

from damsight_consumer.dead_letters import KafkaDeadLetters, reason_headers
from damsight_consumer.errors import DeadLettersUnavailableError
from damsight_consumer.ports import DeadLetters
from damsight_consumer.postponing import Told, text_of
from damsight_consumer.read_topic import records_of
from damsight_consumer.records import DeadLetter, Header, Lane, Partition, Receipt, Record, Stage
from damsight_consumer.topics import ensure_topics
from damsight_devstack import Stack
from damsight_schemas.connections import KafkaSettings
from damsight_schemas.document import Problem
from drivers.forgotten_sockets import forgotten_sockets_forgiven
from drivers.socks_faults import SocksFaults
from fakes.dead_letters import FakeDeadLetters

PROBLEM = Problem(stage="decode", error="truncated", message="the file ends in the middle · 途中")
OWN: tuple[Header, ...] = (("ce_id", b"e-1"), ("twice", b"1"), ("empty", None), ("twice", b"2"))
Kept = tuple[bytes | None, bytes | None, list[Told]]


@dataclass
class Subject:
    """A keeper, and what can be read of what it keeps: key, value, headers."""

    keeper: DeadLetters
    kept: Callable[[], list[Kept]]


@dataclass
class Topic:
    """A topic of one test, in a real Kafka."""

    kafka: KafkaSettings
    name: str

    def read(self) -> list[Record]:
        return list(records_of(self.kafka, self.name))

    def kept(self) -> list[Kept]:
        return [(one.key, one.value, [(name, value or b"") for name, value in one.headers]) for one in self.read()]


def letter(*, key: bytes | None, value: bytes | None, offset: int = 7, headers: tuple[Header, ...] = OWN) -> DeadLetter:
    record = Record(Receipt(Partition("live", 2), offset, 1), 1_763_712_000_123, key, value, headers)
    return DeadLetter(record, Stage.DECODE, PROBLEM, "asset-1", 3)


@pytest.fixture
def topic(stack: Stack) -> Topic:
    made = Topic(KafkaSettings(bootstrap_servers=stack.kafka_bootstrap), f"t{uuid4().hex[:12]}")
    ensure_topics(made.kafka, names=(made.name,), partitions=1, replication=1)
    return made


@pytest.fixture(params=["fake", pytest.param("kafka", marks=pytest.mark.integration)])
def subject(request: pytest.FixtureRequest) -> Iterator[Subject]:
    if request.param == "fake":
        fake = FakeDeadLetters()
        yield Subject(fake, lambda: [as_kafka_keeps(each) for each in fake.letters])
        fake.close()
        return
    made: Topic = request.getfixturevalue("topic")
    keeper = KafkaDeadLetters(made.kafka, made.name)
    yield Subject(keeper, made.kept)
    keeper.close()


def as_kafka_keeps(each: DeadLetter) -> Kept:
    record = each.record
    return record.key, record.value, [(name, value or b"") for name, value in record.headers] + reason_headers(each)


def test_a_letter_can_be_read_once_publish_returns(subject: Subject) -> None:
    """Key, value and headers are the record's own; where it was and why it is here stand behind them."""
    subject.keeper.publish([letter(key=b"asset-1", value=b"\x00\xff not JSON")])
    ((key, value, headers),) = subject.kept()
    assert (key, value) == (b"asset-1", b"\x00\xff not JSON")
    assert headers == [
        ("ce_id", b"e-1"),
        ("twice", b"1"),
        ("empty", b""),
        ("twice", b"2"),
        ("damsight-topic", b"live"),
        ("damsight-partition", b"2"),
        ("damsight-offset", b"7"),
        ("damsight-timestamp", b"1763712000123"),
        ("damsight-stage", b"decode"),
        ("damsight-error", b"truncated"),
        ("damsight-message", PROBLEM.message.encode()),
        ("damsight-attempts", b"1"),
        ("damsight-asset-id", b"asset-1"),
        ("damsight-revision", b"3"),
    ]


def test_many_letters_are_all_kept(subject: Subject) -> None:
    """Publish returns only when every one of them is."""
    subject.keeper.publish([letter(key=b"k", value=b"v", offset=number) for number in range(300)])
    assert {int(dict(headers)["damsight-offset"]) for _, _, headers in subject.kept()} == set(range(300))


def test_a_record_without_a_value_is_kept_without_one(subject: Subject) -> None:
    """A Kafka tombstone is no event, and its letter shows that it had no value."""
    subject.keeper.publish([letter(key=b"k", value=None)])
    ((key, value, _),) = subject.kept()
    assert (key, value) == (b"k", None)


@pytest.mark.integration
def test_what_is_too_large_for_the_topic_is_kept_as_a_pointer(topic: Topic) -> None:
    """Larger than the broker takes, or than the producer does: key, headers, place and reason, no value.

    Where the headers alone are too large they are left out too. The next letter goes whole.
    """
    keeper = KafkaDeadLetters(topic.kafka, topic.name)
    for number, size in enumerate((3_000_000, 9_000_000)):
        keeper.publish([letter(key=b"large", value=os.urandom(size), offset=number)])
    keeper.publish([letter(key=b"large", value=b"v", offset=2, headers=(*OWN, ("huge", os.urandom(3_000_000))))])
    keeper.publish([letter(key=b"large", value=b"small", offset=3)])
    keeper.close()
    told = [(one.key, one.value, text_of(one.headers, "damsight-pointer"), dict(one.headers)) for one in topic.read()]
    assert [(key, value, pointer) for key, value, pointer, _ in told] == [
        (b"large", None, "true"),
        (b"large", None, "true"),
        (b"asset-1", None, "true"),
        (b"large", b"small", ""),
    ]
    assert [headers.get("damsight-headers-left-out") for *_, headers in told] == [None, None, b"5", None]
    assert [headers["damsight-offset"] for *_, headers in told] == [b"0", b"1", b"2", b"3"]


@pytest.mark.integration
def test_the_letter_of_a_retried_record_tells_where_it_first_lay(topic: Topic) -> None:
    """Not its place in the retry topic, which nobody looks for; and how often it was tried."""
    headers: tuple[Header, ...] = (
        *OWN,
        ("damsight-attempt", b"3"),
        ("damsight-due", b"1"),
        ("damsight-topic", b"first"),
        ("damsight-partition", b"5"),
        ("damsight-offset", b"11"),
        ("damsight-timestamp", b"99"),
    )
    record = Record(Receipt(Partition("retry", 0), 1, 1), 100, b"k", b"v", headers, Lane.RETRY)
    keeper = KafkaDeadLetters(topic.kafka, topic.name)
    keeper.publish([DeadLetter(record, Stage.FETCH, PROBLEM, "asset-1", 3)])
    keeper.close()
    (kept,) = topic.kept()
    told = [value for name, value in kept[2] if name.startswith("damsight-")]
    assert told[:7] == [b"first", b"5", b"11", b"99", b"fetch", b"truncated", PROBLEM.message.encode()]
    assert dict(kept[2])["damsight-attempts"] == b"4"
    assert "damsight-due" not in dict(kept[2])


@pytest.mark.integration
def test_a_keeper_is_closed_although_kafka_does_not_answer(topic: Topic) -> None:
    """A consumer that is told to stop while Kafka is away ends, without an error of the client's, and loses nothing."""
    with forgotten_sockets_forgiven(), SocksFaults() as wire:
        kafka = topic.kafka.model_copy(update={"proxy_url": SecretStr(wire.url)})
        keeper = KafkaDeadLetters(kafka, topic.name)
        keeper.publish([letter(key=b"a", value=b"{}")])
        wire.blackhole()
        with pytest.raises(DeadLettersUnavailableError, match="acknowledged"):
            keeper.publish([letter(key=b"b", value=b"{}")])
        keeper.close()
    assert [key for key, _, _ in topic.kept()][:1] == [b"a"]

"""What every keeper of retries does: the fake and Kafka alike."""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import uuid4

import pytest
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient

from damsight_consumer.errors import DeadLettersUnavailableError
from damsight_consumer.ports import Retries
from damsight_consumer.postponing import attempt_of, due_of, origin_of, text_of
from damsight_consumer.read_topic import records_of
from damsight_consumer.records import Lane, Partition, Postponed, Receipt, Record
from damsight_consumer.retries import KafkaRetries
from damsight_consumer.topics import ensure_topics
from damsight_devstack import Stack
from damsight_schemas.connections import KafkaSettings
from damsight_schemas.document import Problem
from fakes.retries import FakeRetries

PROBLEM = Problem(stage="fetch", error="missing", message="it is not there · 無い")
DELAYS_S = (60.0, 300.0)


@dataclass
class Subject:
    """A keeper, and what can be read of what it keeps: attempt, key, value."""

    keeper: Retries
    kept: Callable[[], list[tuple[int, bytes | None, bytes | None]]]


@dataclass
class Topics:
    """Retry topics of one test, in a real Kafka."""

    kafka: KafkaSettings
    names: tuple[str, ...]
    dead_letters: str

    def keeper(self) -> KafkaRetries:
        return KafkaRetries(self.kafka, topics=self.names, delays_s=DELAYS_S, dead_letters=self.dead_letters)

    def read(self, number: int) -> list[Record]:
        return list(records_of(self.kafka, self.names[number], lane=Lane.RETRY))

    def kept(self) -> list[tuple[int, bytes | None, bytes | None]]:
        found = [record for number in range(len(self.names)) for record in self.read(number)]
        return [(attempt_of(record.headers), record.key, record.value) for record in found]


@pytest.fixture
def topics(stack: Stack) -> Topics:
    kafka = KafkaSettings(bootstrap_servers=stack.kafka_bootstrap)
    name = f"t{uuid4().hex[:12]}"
    made = Topics(kafka, (f"{name}-1", f"{name}-2"), f"{name}-dead")
    ensure_topics(kafka, names=(*made.names, made.dead_letters), retries=made.names, partitions=1, replication=1)
    return made


@pytest.fixture(params=["fake", pytest.param("kafka", marks=pytest.mark.integration)])
def subject(request: pytest.FixtureRequest) -> Iterator[Subject]:
    if request.param == "fake":
        fake = FakeRetries()
        yield Subject(fake, lambda: [(one.attempt, one.record.key, one.record.value) for one in fake.published])
        return
    made: Topics = request.getfixturevalue("topics")
    keeper = made.keeper()
    yield Subject(keeper, made.kept)
    keeper.close()


def again(attempt: int = 1, *, value: bytes | None = b"{}", key: bytes | None = b"a", offset: int = 7) -> Postponed:
    headers = (("h", b"1"), ("h", None), ("damsight-attempt", b"99"))
    record = Record(Receipt(Partition("live", 2), offset, 1), 1_763_712_000_123, key, value, headers)
    return Postponed(record, PROBLEM, "a", 3, attempt)


def test_what_is_postponed_can_be_read_once_publish_returns(subject: Subject) -> None:
    """All of it, with its key, its value and the number of its next try."""
    subject.keeper.publish([again(1, value=b"x"), again(2, value=b"y")])
    subject.keeper.publish([])
    assert sorted(subject.kept()) == [(1, b"a", b"x"), (2, b"a", b"y")]


@pytest.mark.integration
def test_each_try_has_its_topic_and_its_time(topics: Topics) -> None:
    """A try beyond the last topic waits in the last one; own headers are kept, forged ones are not."""
    keeper = topics.keeper()
    before = time.time()
    keeper.publish([again(1), again(2), again(3, key=None)])
    after = time.time()
    keeper.close()
    found = [topics.read(0), topics.read(1)]
    assert [[attempt_of(record.headers) for record in records] for records in found] == [[1], [2, 3]]
    assert found[1][1].key == b"a", "without a key its events would lose their order"
    for records, delay_s in zip(found, DELAYS_S, strict=True):
        for record in records:
            assert int((before + delay_s) * 1000) <= due_of(record.headers) <= int((after + delay_s) * 1000)
            assert record.headers[:2] == (("h", b"1"), ("h", b""))
            origin = origin_of(record)
            assert (origin.partition, origin.offset) == (Partition("live", 2), 7)
            assert text_of(record.headers, "damsight-message") == PROBLEM.message
            assert [name for name, _ in record.headers].count("damsight-attempt") == 1


@pytest.mark.integration
def test_what_is_too_large_for_a_retry_topic_is_dead_lettered_and_not_lost(topics: Topics) -> None:
    """It fitted its own topic and no longer fits this one; whole where the dead letters take it, else as a pointer."""
    _limit(topics.kafka, topics.names[0], 2000)
    keeper = topics.keeper()
    sizes = {1: 5_000, 2: 3_000_000, 3: 10}
    keeper.publish([again(value=os.urandom(size), offset=offset) for offset, size in sizes.items()])
    keeper.close()
    assert [len(record.value or b"") for record in topics.read(0)] == [10]
    letters = {origin_of(one).offset: one for one in records_of(topics.kafka, topics.dead_letters, lane=Lane.RETRY)}
    assert {offset: len(letter.value or b"") for offset, letter in letters.items()} == {1: 5_000, 2: 0}
    assert [text_of(letters[offset].headers, "damsight-pointer") for offset in (1, 2)] == ["", "true"]
    for letter in letters.values():
        assert "too large for" in text_of(letter.headers, "damsight-message")
        assert text_of(letter.headers, "damsight-error") == "missing"


@pytest.mark.integration
def test_what_waits_is_kept_for_more_than_a_week(topics: Topics) -> None:
    """The broker's default may be shorter than the holiday over which a consumer stands still."""
    resource = ConfigResource(ConfigResourceType.TOPIC, topics.names[0])
    admin = KafkaAdminClient(bootstrap_servers=topics.kafka.bootstrap_servers)
    told = admin.describe_configs([resource])
    admin.close()
    assert "1209600000" in str(told)


@pytest.mark.integration
def test_what_nobody_acknowledges_is_told(topics: Topics) -> None:
    """Where neither the retry topic nor the dead letters take it, it is our own error, to try again by."""
    for name in (topics.names[0], topics.dead_letters):
        _limit(topics.kafka, name, 1)
    keeper = topics.keeper()
    with pytest.raises(DeadLettersUnavailableError, match="larger than the topic"):
        keeper.publish([again()])
    keeper.close()


def _limit(kafka: KafkaSettings, topic: str, size: int) -> None:
    admin = KafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers)
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, {"max.message.bytes": str(size)})])
    admin.close()

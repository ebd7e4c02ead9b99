"""A topic is read from where to where one asked, whatever is missing or broken in it."""

from collections.abc import Iterator
from contextlib import closing
from uuid import uuid4

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient
from kafka.structs import OffsetAndMetadata

from damsight_consumer.read_topic import committed_of, ends_of, record_at, records_of
from damsight_consumer.records import Lane, Partition, Unreadable
from damsight_consumer.topics import ensure_topics
from damsight_devstack import Stack
from damsight_schemas.connections import KafkaSettings
from drivers.consumer_bench import NoUtf8

pytestmark = pytest.mark.integration


@pytest.fixture
def kafka(stack: Stack) -> KafkaSettings:
    return KafkaSettings(bootstrap_servers=stack.kafka_bootstrap)


@pytest.fixture
def topic(kafka: KafkaSettings) -> str:
    name = f"t{uuid4().hex[:12]}"
    ensure_topics(kafka, names=(name,), partitions=2, replication=1)
    return name


@pytest.fixture
def producer(kafka: KafkaSettings) -> Iterator[KafkaProducer]:
    with closing(KafkaProducer(bootstrap_servers=kafka.bootstrap_servers, acks="all")) as made:
        yield made


def send(producer: KafkaProducer, topic: str, *values: bytes, partition: int = 0) -> None:
    for value in values:
        producer.send(topic, key=b"k", value=value, headers=[("h", b"1"), ("h", b"2")], partition=partition)
    producer.flush(60)


def test_every_record_up_to_the_end_at_the_call(kafka: KafkaSettings, topic: str, producer: KafkaProducer) -> None:
    """What comes after the call is left for the next one, and what lies before `since` is not read."""
    send(producer, topic, b"a", b"b", b"c")
    send(producer, topic, b"x", b"y", partition=1)
    reading = records_of(kafka, topic, since={0: 1}, lane=Lane.RETRY)
    send(producer, topic, b"late")
    found = list(reading)
    assert sorted((record.receipt.partition.number, record.receipt.offset, record.value) for record in found) == [
        (0, 1, b"b"),
        (0, 2, b"c"),
        (1, 0, b"x"),
        (1, 1, b"y"),
    ]
    assert {(record.lane, record.key, record.headers) for record in found} == {
        (Lane.RETRY, b"k", (("h", b"1"), ("h", b"2")))
    }
    assert ends_of(kafka, topic) == {0: 4, 1: 2}


def test_a_topic_that_is_not_there_has_no_records_and_is_not_made(kafka: KafkaSettings) -> None:
    """To look at a topic must not create it, least of all with the broker's defaults."""
    name = f"t{uuid4().hex[:12]}"
    assert list(records_of(kafka, name)) == []
    assert ends_of(kafka, name) == {}
    assert record_at(kafka, Partition(name, 0), 0) is None
    with closing(KafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers)) as admin:
        assert name not in admin.list_topics()


def test_gaps_do_not_hang_it(kafka: KafkaSettings, topic: str, producer: KafkaProducer) -> None:
    """A transaction's marker takes an offset and is no record, even where it is the last; a removed beginning too."""
    send(producer, topic, b"removed", b"kept")
    with closing(KafkaProducer(bootstrap_servers=kafka.bootstrap_servers, transactional_id=topic)) as transactional:
        transactional.init_transactions()
        transactional.begin_transaction()
        transactional.send(topic, value=b"in a transaction", partition=0)
        transactional.commit_transaction()
    with closing(KafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers)) as admin:
        admin.delete_records({TopicPartition(topic, 0): 1})
    assert ends_of(kafka, topic)[0] == 4
    assert [(record.receipt.offset, record.value) for record in records_of(kafka, topic)] == [
        (1, b"kept"),
        (2, b"in a transaction"),
    ]
    found = record_at(kafka, Partition(topic, 0), 1)
    assert found is not None
    assert found.value == b"kept"
    # Removed; a marker; not there yet; no such partition.
    nothing = [
        record_at(kafka, Partition(topic, number), offset) for number, offset in ((0, 0), (0, 3), (0, 4), (9, 0))
    ]
    assert nothing == [None] * 4


def test_what_cannot_be_read_is_told_and_stepped_over(
    kafka: KafkaSettings, topic: str, producer: KafkaProducer
) -> None:
    """In the middle and at the very end; the records around it, of other partitions too, come once each."""
    send(producer, topic, b"x", b"y", partition=1)
    send(producer, topic, b"before")
    for value, name in ((b"p", NoUtf8("x")), (b"q", NoUtf8("x")), (b"after", "h"), (b"r", NoUtf8("x"))):
        producer.send(topic, value=value, headers=[(name, b"")], partition=0)
    producer.flush(60)
    told: list[Unreadable] = []
    found = [record.value for record in records_of(kafka, topic, tell=told.append)]
    assert sorted(value or b"" for value in found) == [b"after", b"before", b"x", b"y"]
    assert [place.receipt.offset for place in told] == [1, 2, 4]
    assert all("utf-8" in place.message for place in told)


def test_what_a_group_committed(kafka: KafkaSettings, topic: str) -> None:
    """Without joining it; a group that never was has committed nothing."""
    with closing(
        KafkaConsumer(bootstrap_servers=kafka.bootstrap_servers, group_id=topic, enable_auto_commit=False)
    ) as member:
        member.assign([TopicPartition(topic, 1)])
        member.commit({TopicPartition(topic, 1): OffsetAndMetadata(17, "", -1)})
    assert committed_of(kafka, topic, topic) == {1: 17}
    assert committed_of(kafka, topic, "another") == {}
    assert committed_of(kafka, f"{topic}-never", topic) == {}

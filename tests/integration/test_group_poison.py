"""What the Kafka client cannot read, on a real broker: nothing else is lost, and nobody stands still."""

import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from kafka import KafkaProducer
from kafka.record.util import calc_crc32c

from damsight_consumer.records import Delivery, Lane, Record, Unreadable
from damsight_devstack import Stack
from drivers.consumer_bench import NoUtf8
from drivers.group_members import Group, group_of, take

pytestmark = pytest.mark.integration

CRC_AT, ATTRIBUTES_AT, RECORDS_AT = 17, 21, 61


def send_batch(group: Group, count: int, *, bad: int | None = None, codec: str | None = None) -> None:
    """Records that lie in one batch; one of them may have a header that is no UTF-8."""
    with_one_batch = KafkaProducer(
        bootstrap_servers=group.kafka.bootstrap_servers, acks="all", linger_ms=60_000, compression_type=codec
    )
    for number in range(count):
        # Long enough that the producer finds it worth packing.
        headers = [(NoUtf8("x") if number == bad else "h", bytes(500))]
        with_one_batch.send(group.topic, value=b"%d" % number, headers=headers, partition=0)
    with_one_batch.flush(60)
    with_one_batch.close()


def change_on_disk(stack: Stack, group: Group, change: Callable[[bytearray], None]) -> None:
    """Change the first batch of partition 0 where the broker keeps it: it sends what lies there."""
    (segment,) = Path(stack.folder).rglob(f"{group.topic}-0/00000000000000000000.log")
    data = bytearray(segment.read_bytes())
    change(data)
    with segment.open("r+b") as file:
        file.write(data)


def with_checksum(data: bytearray) -> None:
    length = 12 + struct.unpack_from(">i", data, 8)[0]
    struct.pack_into(">I", data, CRC_AT, calc_crc32c(memoryview(data)[ATTRIBUTES_AT:length]))


def told(deliveries: list[Delivery]) -> list[tuple[int, bytes | str | None]]:
    """Offset by offset: the value, or the name of what stood in the way."""
    return [(one.receipt.offset, one.error if isinstance(one, Unreadable) else one.value) for one in deliveries]


def committed_after(group: Group, deliveries: list[Delivery]) -> int:
    """What the group has committed once all of them are done, and the member that took them has gone."""
    source = group._members[0]
    for delivery in deliveries:
        source.done(delivery.receipt)
    source.close()
    return group.committed()[0]


@pytest.mark.parametrize("codec", [None, "gzip", "snappy", "lz4", "zstd"])
def test_one_bad_record_takes_none_of_its_batch_with_it(stack: Stack, codec: str | None) -> None:
    """A header's name that is no UTF-8: a pointer for it, and its neighbours in the batch as they are."""
    with group_of(stack) as group:
        send_batch(group, 6, bad=2, codec=codec)
        group.send(b"next")
        source = group.member(lane=Lane.BACKFILL)
        came = take(source, 7)
        others = [(n, b"%d" % n) for n in (3, 4, 5)]
        assert told(came) == [(0, b"0"), (1, b"1"), (2, "UnicodeDecodeError"), *others, (6, b"next")]
        assert {one.lane for one in came} == {Lane.BACKFILL}
        assert committed_after(group, came) == 7


def test_a_codec_that_is_not_there_costs_that_batch_alone(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of its records gets a pointer that names the codec; what follows is read."""
    with group_of(stack) as group:
        send_batch(group, 3, codec="zstd")
        group.send(b"next")
        source = group.member()
        monkeypatch.setattr("kafka.codec.zstd", None)
        came = take(source, 4)
        assert told(came) == [*((n, "UnsupportedCodecError") for n in range(3)), (3, b"next")]
        assert "zstd" in came[0].message if isinstance(came[0], Unreadable) else False
        assert committed_after(group, came) == 4


def flip(data: bytearray) -> None:
    data[RECORDS_AT + 3] ^= 0xFF


def unknown_codec(data: bytearray) -> None:
    data[ATTRIBUTES_AT + 1] |= 7
    with_checksum(data)


def broken_length(data: bytearray) -> None:
    data[RECORDS_AT : RECORDS_AT + 2] = b"\xfe\x7f"
    with_checksum(data)


def no_gzip(data: bytearray) -> None:
    data[ATTRIBUTES_AT + 1] |= 1
    with_checksum(data)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (flip, "CorruptRecordError"),
        (unknown_codec, "UnsupportedCodecError"),
        (broken_length, "CorruptRecordError"),
        (no_gzip, "BadGzipFile"),
    ],
)
def test_a_batch_that_rotted_on_the_broker_costs_that_batch_alone(
    stack: Stack, change: Callable[[bytearray], None], error: str
) -> None:
    """Its bytes were changed where they lie: a pointer for each of its records, and what follows is read."""
    with group_of(stack) as group:
        send_batch(group, 3)
        group.send(b"next")
        change_on_disk(stack, group, change)
        source = group.member()
        came = take(source, 4)
        assert told(came) == [*((n, error) for n in range(3)), (3, b"next")]
        assert committed_after(group, came) == 4


def test_other_partitions_do_not_wait_and_nothing_comes_twice(stack: Stack) -> None:
    """Two of three partitions hold something bad among what is good."""
    with group_of(stack, partitions=3) as group:
        for partition in (0, 1, 2):
            group.send(b"a", b"b", partition=partition)
            if partition:
                group.producer.send(group.topic, value=b"x", headers=[(NoUtf8("x"), b"1")], partition=partition)
            group.send(b"c", partition=partition)
        came = take(group.member(), 11)
        places = [(one.receipt.partition.number, one.receipt.offset) for one in came]
        assert sorted(places) == sorted(set(places))
        assert sorted((n, o) for n, o in places) == [(0, o) for o in range(3)] + [
            (n, o) for n in (1, 2) for o in range(4)
        ]
        assert [one.receipt.offset for one in came if isinstance(one, Unreadable)] == [2, 2]
        assert sum(isinstance(one, Record) for one in came) == 9

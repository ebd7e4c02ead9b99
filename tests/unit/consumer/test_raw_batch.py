"""Batches that are broken, record by record."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kafka import TopicPartition
from kafka.record.default_records import DefaultRecordBatch
from kafka.record.memory_records import MemoryRecordsBuilder
from kafka.record.util import calc_crc32c

from damsight_consumer.broken import UNREADABLE, Broken
from damsight_consumer.raw_batch import salvage

PARTITION = TopicPartition("t", 0)
COUNT = 4
# Long enough that packing is worth it.
PAD = bytes(300)
HEADERS = [("h", b"1"), ("h", None), ("pad", PAD)]
CODECS = {"none": 0, "gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}
CRC_AT, ATTRIBUTES_AT = 17, 21


class NoUtf8(str):
    __slots__ = ()

    def encode(self, *_: object) -> bytes:
        return b"\xff\xfe"


def batch(base: int, *, bad: int | None = None, codec: int = 0) -> bytes:
    """Records base to base + 3, as a producer writes them; one of them may have a header that is no UTF-8."""
    builder = MemoryRecordsBuilder(2, codec, 1 << 20)
    for number in range(COUNT):
        headers = [(NoUtf8("x") if number == bad else "h", b"1"), ("h", None), ("pad", PAD)]
        builder.append(timestamp=1000 + number, key=b"k%d" % number, value=b"v%d" % number, headers=headers)
    builder.close()
    return struct.pack(">q", base) + bytes(builder.buffer())[8:]


def with_checksum(data: bytes) -> bytes:
    return data[:CRC_AT] + struct.pack(">I", calc_crc32c(memoryview(data)[ATTRIBUTES_AT:])) + data[ATTRIBUTES_AT:]


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]


def told(data: bytes, offset: int, end: int = 1000) -> list[tuple[int, bytes | str]] | None:
    """Offset by offset: the value, or the name of what stands in the way."""
    got = salvage(PARTITION, data, offset, end)
    return got and [(one.offset, one.error if isinstance(one, Broken) else one.value) for one in got.found]


@pytest.mark.parametrize("codec", CODECS.values(), ids=CODECS.keys())
def test_one_bad_record_hides_none_of_its_batch(codec: int) -> None:
    """Those before it and those behind it come as they are, whatever packs them."""
    data = batch(10, bad=1, codec=codec)
    assert DefaultRecordBatch(data).compression_type == codec
    got = salvage(PARTITION, data, 10, 14)
    assert got is not None
    assert [one.offset for one in got.found] == [10, 11, 12, 13]
    assert [isinstance(one, Broken) for one in got.found] == [False, True, False, False]
    first, bad, third, _ = got.found
    assert (first.key, first.value, first.headers, first.timestamp) == (b"k0", b"v0", HEADERS, 1000)
    assert third.value == b"v2"
    assert "utf-8" in bad.message
    assert got.position == 14


def test_what_lies_before_the_offset_is_left_out() -> None:
    """The broker sends whole batches, and part of it was delivered already."""
    assert told(batch(10, bad=0), 12) == [(12, b"v2"), (13, b"v3")]


def test_where_nothing_is_broken_the_client_reads_by_itself() -> None:
    """It is not the place that is looked for."""
    assert told(batch(10) + batch(14), 11) is None


def test_a_good_batch_before_a_bad_one_is_delivered_too() -> None:
    """Nothing between the offset and the bad record is left out."""
    offsets = [offset for offset, _ in told(batch(10) + batch(14, bad=3) + batch(18), 12) or []]
    assert offsets == [12, 13, 14, 15, 16, 17]


def test_a_batch_that_fails_its_checksum_is_told_offset_by_offset() -> None:
    """Nothing in it is believed; where it ends, the batch behind it tells."""
    torn = flipped(batch(10), 70)
    assert told(torn + batch(14), 11) == [
        (11, "CorruptRecordError"),
        (12, "CorruptRecordError"),
        (13, "CorruptRecordError"),
    ]
    assert told(torn, 11, end=14) == [
        (11, "CorruptRecordError"),
        (12, "CorruptRecordError"),
        (13, "CorruptRecordError"),
    ]


def test_no_offset_is_skipped_on_the_word_of_a_torn_batch() -> None:
    """It tells a last offset that is not its own: the one behind it is still read."""
    torn = batch(10)[:23] + struct.pack(">i", 900) + batch(10)[27:]
    assert [offset for offset, _ in told(torn + batch(14), 10) or []] == [10, 11, 12, 13]
    assert told(torn, 10) == [(10, "CorruptRecordError")]
    got = salvage(PARTITION, torn + batch(14), 14, 1000)
    assert got is not None
    assert [one.offset for one in got.found] == [14, 15, 16, 17]


def test_an_unknown_codec_makes_the_whole_batch_unreadable() -> None:
    """Each of its records gets a pointer, and the next batch is reached."""
    data = bytearray(batch(10))
    data[ATTRIBUTES_AT + 1] |= 7
    got = salvage(PARTITION, with_checksum(bytes(data)), 10, 14)
    assert got is not None
    assert [(one.offset, one.error) for one in got.found] == [(n, "UnsupportedCodecError") for n in range(10, 14)]
    assert got.position == 14


def test_a_stretch_without_end_gets_one_pointer() -> None:
    """A batch that claims two thousand million records does not fill the memory, nor the dead letters."""
    data = bytearray(batch(0))
    data[ATTRIBUTES_AT + 1] |= 7
    data[23:27] = struct.pack(">i", 2**31 - 1)
    got = salvage(PARTITION, with_checksum(bytes(data)), 0, 2**31)
    assert got is not None
    assert [one.offset for one in got.found] == [0]
    assert f"up to offset {2**31 - 1}" in got.found[0].message


@pytest.mark.parametrize("data", [b"\x00" * 61, b"\x00" * 10, batch(10)[:-1]])
def test_bytes_that_are_no_batch_are_stepped_over_by_one(data: bytes) -> None:
    """Nothing tells how far it reaches."""
    changed = data[:16] + b"\x02" + data[17:] if len(data) > 16 else data
    got = salvage(PARTITION, changed, 10, 1000)
    assert got is not None
    assert ([one.offset for one in got.found], got.position) == ([10], 11)


def client_fails(data: bytes) -> bool:
    try:
        for _ in DefaultRecordBatch(data):
            pass
    except UNREADABLE:
        return True
    return False


@given(st.data(), st.sampled_from(list(CODECS.values())))
@settings(deadline=None, max_examples=200)
def test_whatever_the_client_cannot_read_is_found(data: st.DataObject, codec: int) -> None:
    """Any bytes of a batch are changed, its checksum with them: where the client gives up, a place is told.

    Else the consumer would stand still at a place that nobody can name. And what follows is never stepped over.
    """
    broken = bytearray(batch(0, codec=codec))
    for at in data.draw(st.lists(st.integers(61, len(broken) - 1), min_size=1, max_size=4)):
        broken[at] = data.draw(st.integers(0, 255))
    made = with_checksum(bytes(broken))
    got = salvage(PARTITION, made + batch(4), 0, 8)
    if client_fails(made):
        assert got is not None
        assert [one.offset for one in got.found] == sorted({one.offset for one in got.found})
    assert got is None or got.position == 4


@given(st.integers(12, 60), st.integers(0, 255))
@settings(deadline=None, max_examples=100)
def test_a_broken_head_skips_nothing_behind_it(at: int, value: int) -> None:
    """Any byte behind the length, in the batch's own head, is another: the next batch is reached whole."""
    data = bytearray(batch(0))
    data[at] = value
    got = salvage(PARTITION, bytes(data) + batch(4), 0, 8)
    assert got is None or got.position <= 4

"""Reads a batch of records record by record, where the Kafka client gives up at the first that it cannot read.

Each record tells its own length, so one that is broken inside hides none of those behind it. What cannot be read even
so (a codec that is not there, bytes that fail their checksum) is told offset by offset.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from kafka import TopicPartition
from kafka.codec import gzip_decode, has_lz4, has_snappy, has_zstd, lz4_decode, snappy_decode, zstd_decode
from kafka.consumer.fetcher import ConsumerRecord
from kafka.errors import CorruptRecordError, UnsupportedCodecError
from kafka.record.default_records import DefaultRecordBatch
from kafka.record.util import decode_varint

from damsight_consumer.broken import UNREADABLE, Broken, broken_at

LENGTH_BEFORE = DefaultRecordBatch.AFTER_LEN_OFFSET
HEADER = DefaultRecordBatch.HEADER_STRUCT.size
MAGIC = 2
MAGIC_AT = 16
# Of one unreadable stretch; beyond that a single pointer tells of all of it.
MOST_POINTERS = 10_000

Found: TypeAlias = ConsumerRecord | Broken

_CODECS: dict[int, tuple[str, Callable[[], bool], Callable[[bytes], bytes]]] = {
    DefaultRecordBatch.CODEC_GZIP: ("gzip", lambda: True, gzip_decode),
    DefaultRecordBatch.CODEC_SNAPPY: ("snappy", has_snappy, snappy_decode),
    DefaultRecordBatch.CODEC_LZ4: ("lz4", has_lz4, lz4_decode),
    DefaultRecordBatch.CODEC_ZSTD: ("zstd", has_zstd, zstd_decode),
}


@dataclass
class Salvage:
    """What was found from an offset on, up to the end of the first batch with something unreadable.

    Attributes:
        found: Records and unreadable places, by their offsets.
        position: Where to read on.
    """

    found: list[Found] = field(default_factory=list)
    position: int = 0


@dataclass(frozen=True)
class _Batch:
    header: DefaultRecordBatch
    data: bytes
    # The last offset that can be of this batch.
    last: int


def salvage(partition: TopicPartition, data: bytes, offset: int, end: int) -> Salvage | None:
    """Return what can be read from an offset on, and what cannot; none where all of it can be read.

    Args:
        partition: Where it is from.
        data: As the broker sent it: batches, the last of which may be cut off.
        offset: Which record was asked for.
        end: The offset behind the partition's last record.
    """
    got = Salvage(position=offset)
    broken = seen = False
    for batch in _batches(data, offset, end):
        seen = True
        found, whole = _read(partition, batch, got.position)
        got.found += found
        got.position = max(got.position, batch.last + 1)
        broken = broken or not whole
        if broken and got.found:
            return got
    if seen or _is_of_old(data):
        return got if broken else None
    error = CorruptRecordError(f"no whole batch of records stands here, in {len(data)} bytes")
    return Salvage([broken_at(offset, error)], offset + 1)


def _is_of_old(data: bytes) -> bool:
    """Tell whether it is a format of before Kafka 0.11, which the client reads by itself."""
    return len(data) > MAGIC_AT and data[MAGIC_AT] < MAGIC


def _batches(data: bytes, offset: int, end: int) -> Iterator[_Batch]:
    start = 0
    while start + HEADER <= len(data):
        length = int.from_bytes(data[start + 8 : start + LENGTH_BEFORE], "big", signed=True)
        stop = start + LENGTH_BEFORE + length
        if length < HEADER - LENGTH_BEFORE or stop > len(data) or data[start + MAGIC_AT] != MAGIC:
            return
        header = DefaultRecordBatch(data[start:stop])
        following = int.from_bytes(data[stop : stop + 8], "big", signed=True) if stop + HEADER <= len(data) else None
        yield _Batch(header, data[start:stop], _last_of(header, following, offset, end))
        start = stop


def _last_of(header: DefaultRecordBatch, following: int | None, offset: int, end: int) -> int:
    """Return a batch's last offset, which a broken one may tell wrongly: nothing is skipped on its word alone."""
    told: int = header.last_offset
    if header.validate_crc():
        return told
    if following is not None and following > header.base_offset:
        return following - 1
    # One by one, then, unless its word leads just to where the log ends.
    return told if told + 1 == end else max(header.base_offset, offset)


def _read(partition: TopicPartition, batch: _Batch, offset: int) -> tuple[list[Found], bool]:
    """Return what a batch holds from an offset on, and whether all of it can be read."""
    header = batch.header
    first = max(header.base_offset, offset)
    if not header.validate_crc():
        error = CorruptRecordError(f"the batch at {header.base_offset} does not match its checksum")
        return _pointers(first, batch.last, error), False
    if batch.last < offset:
        return [], True
    if header.is_control_batch:
        return [], True
    try:
        body = _body(header, batch.data[HEADER:])
    except UNREADABLE as error:
        return _pointers(first, batch.last, error), False
    found = [one for one in _records(partition, header, body, batch.last) if one.offset >= offset]
    return found, _client_reads(batch.data)


def _client_reads(data: bytes) -> bool:
    """Tell whether the client gets to the end of a batch: what it cannot read it must not be left with."""
    try:
        for _ in DefaultRecordBatch(data):
            pass
    except UNREADABLE:
        return False
    return True


def _body(header: DefaultRecordBatch, data: bytes) -> bytes:
    codec = header.compression_type
    if codec == DefaultRecordBatch.CODEC_NONE:
        return data
    if codec not in _CODECS:
        raise UnsupportedCodecError(f"no codec has the number {codec}")
    name, is_there, decode = _CODECS[codec]
    if not is_there():
        raise UnsupportedCodecError(f"the Python package for {name} is not installed")
    return bytes(decode(data))


def _records(partition: TopicPartition, header: DefaultRecordBatch, body: bytes, last: int) -> Iterator[Found]:
    at, offset = 0, header.base_offset
    for _ in range(header.records_count):
        try:
            length, start = decode_varint(body, at)
            at = start + length
            if length < 0 or at > len(body):
                raise CorruptRecordError(f"a record of {length} bytes does not fit in its batch")
        except UNREADABLE as error:
            # Without its length nothing tells where the next one begins.
            yield from _pointers(offset, last, error)
            return
        try:
            record = _record(partition, header, body[start:at])
            if not offset <= record.offset <= last:
                raise CorruptRecordError(f"a record tells offset {record.offset}, which is not its place")
        except UNREADABLE as error:
            yield broken_at(offset, error)
            offset += 1
        else:
            yield record
            offset = record.offset + 1
    if at != len(body) and offset <= last:
        yield broken_at(offset, CorruptRecordError(f"{len(body) - at} bytes of the batch belong to no record"))


def _record(partition: TopicPartition, header: DefaultRecordBatch, body: bytes) -> ConsumerRecord:
    delta, at = decode_varint(body, 1)
    offset, at = decode_varint(body, at)
    key, at = _bytes(body, at)
    value, at = _bytes(body, at)
    headers, at = _headers(body, at)
    if at != len(body):
        raise CorruptRecordError(f"a record of {len(body)} bytes ends after {at}")
    is_broker_time = header.timestamp_type == DefaultRecordBatch.LOG_APPEND_TIME
    return ConsumerRecord(
        topic=partition.topic,
        partition=partition.partition,
        leader_epoch=header.leader_epoch,
        offset=header.base_offset + offset,
        timestamp=header.max_timestamp if is_broker_time else header.first_timestamp + delta,
        timestamp_type=header.timestamp_type,
        key=key,
        value=value,
        headers=headers,
        checksum=None,
        serialized_key_size=len(key or b""),
        serialized_value_size=len(value or b""),
        serialized_header_size=-1,
    )


def _headers(body: bytes, at: int) -> tuple[list[tuple[str, bytes | None]], int]:
    count, at = decode_varint(body, at)
    if count < 0:
        raise CorruptRecordError(f"a record tells that it has {count} headers")
    headers = []
    for _ in range(count):
        name, at = _bytes(body, at)
        content, at = _bytes(body, at)
        if name is None:
            raise CorruptRecordError("a header has no name")
        headers.append((name.decode("utf-8"), content))
    return headers, at


def _bytes(body: bytes, at: int) -> tuple[bytes | None, int]:
    length, start = decode_varint(body, at)
    if length < 0:
        return None, start
    if start + length > len(body):
        raise CorruptRecordError(f"{length} bytes do not fit in their record")
    return body[start : start + length], start + length


def _pointers(first: int, last: int, error: Exception) -> list[Found]:
    if last - first >= MOST_POINTERS:
        return [broken_at(first, CorruptRecordError(f"this and all up to offset {last}: {error}"))]
    return [broken_at(offset, error) for offset in range(first, last + 1)]

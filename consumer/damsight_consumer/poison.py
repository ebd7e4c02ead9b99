"""Finds the place in a partition that the Kafka client cannot read."""

import gzip
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import zstandard
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import CorruptRecordError, UnsupportedCodecError
from snappy import UncompressError  # type: ignore[import-untyped]  # it ships no types

PROBE_S = 5.0
# What kafka-python's record parser and the codecs behind it raise on bytes that they cannot read.
UNREADABLE: tuple[type[Exception], ...] = (
    CorruptRecordError,
    UnsupportedCodecError,
    ValueError,
    LookupError,
    TypeError,
    AssertionError,
    ArithmeticError,
    RuntimeError,
    EOFError,
    gzip.BadGzipFile,
    struct.error,
    zlib.error,
    zstandard.ZstdError,
    UncompressError,
)


@dataclass(frozen=True)
class Poison:
    """What stands at an unreadable place."""

    error: str
    message: str


def reason_of(error: Exception) -> Poison:
    """Return an error as a dead letter tells it."""
    return Poison(type(error).__name__, str(error) or type(error).__name__)


class Prober:
    """Reads one place of one partition with a consumer of its own.

    After such an error the client spins for ever when it is polled again, so the group's consumer must not be the one
    that looks for the place.

    Args:
        connect: Makes a consumer that belongs to no group.
    """

    def __init__(self, connect: Callable[[], KafkaConsumer]) -> None:
        self._connect = connect

    def probe(self, partition: TopicPartition, offset: int) -> Poison | None:
        """Return why the record at an offset cannot be read; none where it can, or where there is none."""
        consumer = self._connect()
        try:
            consumer.assign([partition])
            if offset >= consumer.end_offsets([partition])[partition]:
                return None
            consumer.seek(partition, offset)
            consumer.poll(timeout_ms=int(PROBE_S * 1000), max_records=1)
        except UNREADABLE as error:
            return reason_of(error)
        finally:
            consumer.close(autocommit=False)
        return None

"""Finds the places in a partition that the Kafka client cannot read."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from damsight_consumer.raw_batch import Salvage, salvage

PROBE_S = 5.0
POLL_MS = 100


class Prober:
    """Reads with a consumer of its own, as bytes, what the group's consumer could not read.

    After such an error the client spins for ever when it is polled again, so the group's consumer must not be the one
    that looks for the place.

    Args:
        connect: Makes a consumer that belongs to no group.
    """

    def __init__(self, connect: Callable[[], KafkaConsumer]) -> None:
        self._connect = connect

    def probe(self, positions: Mapping[TopicPartition, int]) -> dict[TopicPartition, Salvage]:
        """Return what can be read, and what cannot, of each partition that holds something unreadable.

        Args:
            positions: The offset from which to read each partition on.

        Raises:
            SourceError: Kafka cannot be reached.
            KafkaError: It does not answer.
        """
        consumer = self._connect()
        found = {}
        try:
            ends = consumer.end_offsets(list(positions))
            for partition, position in positions.items():
                data = _bytes_from(consumer, partition, position) if position < ends[partition] else b""
                got = salvage(partition, data, position, ends[partition]) if data else None
                if got is not None:
                    found[partition] = got
        finally:
            with suppress(KafkaError):
                consumer.close(autocommit=False)
        return found


def _bytes_from(consumer: KafkaConsumer, partition: TopicPartition, offset: int) -> bytes:
    """Return what the broker answers, before anything in the client reads it; empty where it sends nothing in time."""
    kept: list[bytes] = []
    fetcher = consumer._fetcher  # noqa: SLF001  no public call gives the bytes
    parse = type(fetcher)._parse_fetched_data  # noqa: SLF001  as above

    def keep(fetch: object) -> object:
        data = bytes(fetch.partition_data.records or b"")  # type: ignore[attr-defined]  # kafka-python ships no types
        if not data:
            return parse(fetcher, fetch)
        if not kept and fetch.topic_partition == partition:  # type: ignore[attr-defined]  # as above
            kept.append(data)
        return None

    fetcher._parse_fetched_data = keep  # noqa: SLF001  as above
    consumer.assign([partition])
    consumer.seek(partition, offset)
    deadline = time.monotonic() + PROBE_S
    while not kept and time.monotonic() < deadline:
        consumer.poll(timeout_ms=POLL_MS)
    return kept[0] if kept else b""

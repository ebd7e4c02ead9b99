"""Lets go of a producer, also where Kafka does not answer."""

from contextlib import suppress

from kafka import KafkaProducer
from kafka.errors import KafkaError, KafkaTimeoutError


def close_producer(producer: KafkaProducer, *, within_s: float) -> None:
    """Close a producer; what has no answer by then is given up.

    Args:
        producer: Which.
        within_s: Seconds that are left to what is under way.
    """
    try:
        producer.close(timeout=within_s)
    except KafkaTimeoutError:
        # kafka-python 3.0.12 leaves it open then, and its thread goes on sending for as long as the process lives. It
        # has no public word for giving up.
        producer._sender.force_close()  # noqa: SLF001
        with suppress(KafkaError):
            producer.close(timeout=within_s)

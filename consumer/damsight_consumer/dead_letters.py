"""Publishes dead letters to Kafka: the record as it came, and headers that tell where it was and why it is here."""

from collections.abc import Sequence

from kafka import KafkaProducer
from kafka.errors import KafkaError, MessageSizeTooLargeError, RecordListTooLargeError
from kafka.producer.future import FutureRecordMetadata

from damsight_consumer.errors import DeadLettersUnavailableError, SourceError
from damsight_consumer.records import DeadLetter
from damsight_schemas.connections import KafkaSettings

ACK_S = 30.0
PREFIX = "damsight-"
_TOO_LARGE = (MessageSizeTooLargeError, RecordListTooLargeError)


class KafkaDeadLetters:
    """See `damsight_consumer.ports.DeadLetters`. Close it when done.

    A header without a value is kept with an empty one, since the producer takes no other. A record that is too large
    for the topic is replaced by a pointer: its key, its headers, no value, and ``damsight-pointer: true``.

    Args:
        kafka: How to reach it.
        topic: Of the dead letters.

    Raises:
        SourceError: Kafka cannot be reached.
    """

    def __init__(self, kafka: KafkaSettings, topic: str) -> None:
        self._topic = topic
        try:
            self._producer = KafkaProducer(
                **kafka.client_options(),
                client_id="damsight-dead-letters",
                acks="all",
                # An idempotent producer of kafka-python 3.0.12 takes one record that is too large for the topic as
                # fatal and refuses everything after it. A letter that comes twice does no harm.
                enable_idempotence=False,
                linger_ms=5,
                compression_type="gzip",
                max_request_size=8 * 1024 * 1024,
            )
        except KafkaError as error:
            raise SourceError(
                f"Kafka cannot be reached at {kafka.bootstrap_servers} to publish dead letters: {error}"
            ) from error

    def publish(self, letters: Sequence[DeadLetter]) -> None:
        """Publish, and return when all are acknowledged; see the port."""
        try:
            sent = [self._send(letter, letter.record.value) for letter in letters]
            for letter, future in zip(letters, sent, strict=True):
                try:
                    future.get(timeout=ACK_S)
                except _TOO_LARGE:
                    self._send(letter, None, pointer=True).get(timeout=ACK_S)
        except KafkaError as error:
            raise DeadLettersUnavailableError(f"{self._topic} does not acknowledge: {error}") from error

    def close(self) -> None:
        """Let go of the connections; everything that counts was acknowledged before."""
        self._producer.close(timeout=1.0)

    def _send(self, letter: DeadLetter, value: bytes | None, *, pointer: bool = False) -> FutureRecordMetadata:
        record = letter.record
        headers = [(name, given or b"") for name, given in record.headers] + reason_headers(letter)
        if pointer:
            headers.append((f"{PREFIX}pointer", b"true"))
        key = record.key if record.key is not None else (letter.asset_id or "").encode() or None
        try:
            # The producer takes no record without key and value; a place that cannot be read has neither.
            return self._producer.send(
                self._topic, key=key, value=b"" if value is None and key is None else value, headers=headers
            )
        except _TOO_LARGE:
            if pointer:
                raise
            return self._send(letter, None, pointer=True)


def reason_headers(letter: DeadLetter) -> list[tuple[str, bytes]]:
    """Return the headers that tell where a record was and why it is here.

    They come after the record's own, so that of two with one name the last is ours.
    """
    receipt = letter.record.receipt
    told: dict[str, object | None] = {
        "topic": receipt.partition.topic,
        "partition": receipt.partition.number,
        "offset": receipt.offset,
        "timestamp": letter.record.timestamp_ms,
        "stage": letter.stage.value,
        "error": letter.problem.error,
        "message": letter.problem.message,
        "asset-id": letter.asset_id,
        "revision": letter.revision,
    }
    return [(f"{PREFIX}{name}", str(value).encode()) for name, value in told.items() if value is not None]

"""Publishes dead letters to Kafka: the record as it came, and headers that tell where it was and why it is here."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from kafka import KafkaProducer
from kafka.errors import KafkaError, MessageSizeTooLargeError, RecordListTooLargeError
from kafka.producer.future import FutureRecordMetadata

from damsight_consumer.errors import DeadLettersUnavailableError, RecordTooLargeError, SourceError
from damsight_consumer.postponing import Told, headers_of, letter_headers, stripped
from damsight_consumer.records import DeadLetter
from damsight_kafka import client_options, close_producer, knock, told
from damsight_schemas.connections import KafkaSettings

# Less than what a pod has left when its grace period is over; what is acknowledged later is only sent twice.
ACK_S = 8.0
CLOSE_S = 1.0
PATIENCE_S = 30.0
LONGEST_KEY = 1024
_TOO_LARGE = (MessageSizeTooLargeError, RecordListTooLargeError)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A record for a topic."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: list[Told]


class AcknowledgedProducer:
    """Publishes, and returns only when all replicas acknowledged. Close it when done.

    Args:
        kafka: How to reach it.
        what: It publishes, for the client's name and the messages.

    Raises:
        SourceError: Kafka cannot be reached.
    """

    def __init__(self, kafka: KafkaSettings, what: str) -> None:
        self._what = what
        try:
            knock(kafka, patience_s=PATIENCE_S)
            self._producer = KafkaProducer(
                **client_options(kafka),
                client_id=f"damsight-{what.replace(' ', '-')}",
                acks="all",
                # An idempotent producer of kafka-python 3.0.12 takes one record that is too large for the topic as
                # fatal and refuses everything after it. What comes twice does no harm.
                enable_idempotence=False,
                linger_ms=5,
                compression_type="gzip",
                max_request_size=8 * 1024 * 1024,
            )
        except KafkaError as error:
            raise SourceError(f"to publish {what}: {told(kafka, error)}") from error

    def publish(self, items: Iterable[Sequence[Outgoing]]) -> None:
        """Publish each item in the first of its forms that its topic takes.

        Args:
            items: The forms of each, the largest first.

        Raises:
            DeadLettersUnavailableError: Some are not acknowledged; all must be sent again.
            RecordTooLargeError: One of them is too large in each of its forms.
        """
        try:
            sent = [(forms[0], self._send(forms[0]), iter(forms[1:])) for forms in items]
            for form, future, smaller in sent:
                self._until_taken(form, future, smaller)
        except KafkaError as error:
            raise DeadLettersUnavailableError(
                f"the {self._what} are not acknowledged by Kafka: {type(error).__name__}: {error}"
            ) from error

    def close(self) -> None:
        """Let go of the connections; everything that counts was acknowledged before."""
        close_producer(self._producer, within_s=CLOSE_S)

    def _send(self, form: Outgoing) -> FutureRecordMetadata | None:
        # The producer takes no record without key and value; a place that cannot be read has neither.
        value = b"" if form.value is None and form.key is None else form.value
        try:
            return self._producer.send(form.topic, key=form.key, value=value, headers=form.headers)
        except _TOO_LARGE:
            return None

    def _until_taken(self, form: Outgoing, future: FutureRecordMetadata | None, smaller: Iterator[Outgoing]) -> None:
        while not _is_taken(future):
            following = next(smaller, None)
            if following is None:
                raise RecordTooLargeError(
                    f"the record of {form.key!r} is larger than the topic {form.topic} takes; raise its "
                    f"max.message.bytes"
                )
            form, future = following, self._send(following)


class KafkaDeadLetters:
    """See `damsight_consumer.ports.DeadLetters`. Close it when done.

    A header without a value is kept with an empty one, since the producer takes no other. A record that is too large
    for the topic is replaced by a pointer: its key, its headers, no value, and ``damsight-pointer: true``. Where its
    headers or its key alone are too large they are left out too, and ``damsight-headers-left-out`` tells how many.

    Args:
        kafka: How to reach it.
        topic: Of the dead letters.

    Raises:
        SourceError: Kafka cannot be reached.
    """

    def __init__(self, kafka: KafkaSettings, topic: str) -> None:
        self._topic = topic
        self._producer = AcknowledgedProducer(kafka, "dead letters")

    def publish(self, letters: Sequence[DeadLetter]) -> None:
        """Publish, and return when all are acknowledged; see the port."""
        self._producer.publish(forms_of(letter, self._topic) for letter in letters)

    def close(self) -> None:
        """Let go of the connections."""
        self._producer.close()


def forms_of(letter: DeadLetter, topic: str) -> list[Outgoing]:
    """Return a letter whole, as a pointer that keeps the record's headers, and as one that keeps none of them."""
    record = letter.record
    own, told = stripped(record.headers), reason_headers(letter)
    instead = (letter.asset_id or "").encode("utf-8", "replace")[:LONGEST_KEY] or None
    whole = Outgoing(topic, instead if record.key is None else record.key, record.value, own + told)
    pointer = replace(whole, value=None, headers=[*own, *told, *headers_of({"pointer": "true"})])
    bare = Outgoing(topic, instead, None, [*told, *headers_of({"pointer": "true", "headers-left-out": len(own)})])
    return [whole, pointer, bare]


def reason_headers(letter: DeadLetter) -> list[Told]:
    """Return the headers that tell where a record was and why it is here.

    They come after the record's own, so that of two with one name the last is ours.
    """
    return letter_headers(
        letter.record,
        letter.problem.model_copy(update={"stage": letter.stage.value}),
        attempts=letter.attempts,
        asset_id=letter.asset_id,
        revision=letter.revision,
    )


def _is_taken(future: FutureRecordMetadata | None) -> bool:
    if future is None:
        return False
    try:
        future.get(timeout=ACK_S)
    except _TOO_LARGE:
        return False
    return True

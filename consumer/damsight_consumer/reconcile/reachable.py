"""Finds out at once that Kafka is not there: its clients would try for half a minute, and a person waits."""

from kafka.errors import KafkaError

from damsight_consumer.errors import SourceError
from damsight_kafka import knock
from damsight_schemas.connections import KafkaSettings


def require_kafka(kafka: KafkaSettings) -> None:
    """Connect once.

    Raises:
        SourceError: Nobody answers, or we are refused; the message names the setting.
    """
    try:
        knock(kafka)
    except KafkaError as error:
        raise SourceError(str(error)) from error

"""How every deployable reaches Kafka: the client's options, the first knock, and the words when it does not open."""

from damsight_kafka.closing import close_producer
from damsight_kafka.errors import KafkaAbsentError, KafkaRefusedError, TokenError
from damsight_kafka.knock import knock
from damsight_kafka.options import client_options
from damsight_kafka.words import told

__all__ = ["KafkaAbsentError", "KafkaRefusedError", "TokenError", "client_options", "close_producer", "knock", "told"]

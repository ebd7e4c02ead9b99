"""The settings in kafka-python's words."""

from damsight_kafka.tokens import ClientCredentials
from damsight_schemas.connections import KafkaSettings


def client_options(kafka: KafkaSettings) -> dict[str, object]:
    """Return the options of a consumer, a producer or an admin client that say how to connect.

    Each call makes a token provider of its own where the mechanism is OAUTHBEARER.
    """
    tokens = ClientCredentials(kafka) if kafka.sasl_mechanism == "OAUTHBEARER" else None
    return {**kafka.client_options(), "sasl_oauth_token_provider": tokens}

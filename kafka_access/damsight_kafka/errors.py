"""What is raised on the way to Kafka. All are kafka-python's KafkaError too: who catches that one catches these."""

from kafka.errors import KafkaConnectionError, KafkaError


class KafkaAbsentError(KafkaConnectionError):  # type: ignore[misc] # kafka-python has no types
    """Nobody answers; trying again may help."""

    def __str__(self) -> str:
        return str(self.args[0])


class KafkaRefusedError(KafkaError):  # type: ignore[misc] # as above
    """Kafka answers and does not let us in; the message names the setting."""

    def __str__(self) -> str:
        return str(self.args[0])


class TokenError(KafkaConnectionError):  # type: ignore[misc] # as above
    """No token can be had for OAUTHBEARER; the message names the setting.

    Attributes:
        refused: The identity provider says no, so that trying again does not help.
    """

    def __init__(self, message: str, *, refused: bool) -> None:
        self.refused = refused
        super().__init__(message)

    def __str__(self) -> str:
        return str(self.args[0])

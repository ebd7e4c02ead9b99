"""What the service refuses of a request."""

from damsight_encoders.errors import EncoderError


class UnknownModelError(EncoderError):
    """The service has no such model."""


class InputError(EncoderError):
    """One input cannot be encoded; the message names it by its place.

    Attributes:
        field: The input, as in ``input.3``.
    """

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(message)

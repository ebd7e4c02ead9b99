"""The encoders' one error tree."""


class EncoderError(Exception):
    """Something between bytes and vectors went wrong."""


class MediaError(EncoderError):
    """The bytes are not a picture that we take: trying again would not help.

    Attributes:
        reason: One stable word for counting: empty, unknown_format, truncated, too_large, too_many_pixels, broken,
            decoder_died, decoder_stuck.
    """

    def __init__(self, reason: str, message: str) -> None:
        self.reason = reason
        super().__init__(message)


class DecoderDiedError(MediaError):
    """The process that decodes these bytes alone died of them (decoder_died) or did not end (decoder_stuck)."""


class ModelError(EncoderError):
    """A checkpoint is missing, incomplete, of the wrong kind, or not safe to load; the message says what to do."""


class DeviceError(EncoderError):
    """The device that was asked for is not there, or has no memory left."""


class EncoderUnavailableError(EncoderError):
    """The encoder service does not answer, or is overloaded: trying again may help."""


class EncoderSettingsError(EncoderError):
    """A setting is wrong; the message names it and what it takes."""

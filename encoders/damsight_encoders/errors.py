"""The encoders' one error tree."""


class EncoderError(Exception):
    """Something between bytes and vectors went wrong."""


class MediaError(EncoderError):
    """The bytes are nothing that we take: trying again would not help.

    Attributes:
        reason: One stable word for counting: empty, unknown_format, unsupported (a known format in a form that we
            cannot take), unknown_codec, no_video_stream, no_sound, no_picture, truncated, too_large, too_many_pixels,
            too_complex (it would take too long), too_long (it did), encrypted, broken, decoder_died, decoder_stuck,
            reader_failed, reader_stuck.
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


class EncoderBusyError(EncoderUnavailableError):
    """The encoder service has too much to do already: trying again in a second helps."""


class NotExplainableError(EncoderError):
    """The encoders that are loaded, or the service that stands for them, cannot tell where in a picture."""


class EncoderSettingsError(EncoderError):
    """A setting is wrong; the message names it and what it takes."""

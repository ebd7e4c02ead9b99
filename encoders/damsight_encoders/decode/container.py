"""Films and sounds by FFmpeg (PyAV), from memory alone: no file, no address and no exotic format is ever opened."""

import contextlib
import io
import struct
import time
from collections.abc import Iterator
from typing import Any, Final, NoReturn

import av
from av.container import InputContainer
from av.stream import Stream

from damsight_encoders.decode.codecs import CODECS, FORMATS
from damsight_encoders.decode.sniff import describe
from damsight_encoders.errors import MediaError

# What PyAV and FFmpeg were seen to raise on bytes that lie; FFmpegError alone is no builtin error's child.
VENDOR_ERRORS: Final = (
    av.FFmpegError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
)
MAX_FRAME_PIXELS: Final = 1 << 26
"""Codecs keep up to sixteen frames at once, so that a frame has less room than a still."""

_MAX_STREAMS: Final = 100
_READ_BYTES: Final = 1 << 16
_REPLACE: Final = "replace the file in the media library and publish it again"
_ISO_BOX_HEADER: Final = 8


class Deadline:
    """When decoding one file must be over.

    Args:
        seconds: From now, on the clock.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def is_over(self) -> bool:
        """Tell whether the time is over."""
        return time.monotonic() >= self._end

    def too_long(self, what: str) -> MediaError:
        """Say that nothing came of a file in time."""
        return MediaError(
            "too_long",
            f"nothing of the {what} was decoded within {self.seconds:g} s; raise the encoding limit max_decode_s if "
            f"that is wanted, or {_REPLACE}",
        )


@contextlib.contextmanager
def opened(data: bytes, max_pixels: int, deadline: Deadline, what: str) -> Iterator[InputContainer]:
    """Open a film or a sound for reading, and close it; whatever the libraries raise meanwhile becomes a MediaError.

    Args:
        data: The whole file.
        max_pixels: Of a frame.
        deadline: Reading stops then.
        what: The format's name, for messages.

    Raises:
        MediaError: It cannot be read, or the time is over.
    """
    most = str(min(max_pixels, MAX_FRAME_PIXELS))
    options = {
        "format_whitelist": ",".join(FORMATS),
        "codec_whitelist": ",".join(CODECS),
        "protocol_whitelist": "none",
        "max_streams": str(_MAX_STREAMS),
        "max_pixels": most,
    }
    source = _TimedBytes(data, deadline)
    try:
        with av.open(
            source, mode="r", options=options, metadata_errors="replace", buffer_size=_READ_BYTES, io_open=_refuse
        ) as container:
            yield container
    except VENDOR_ERRORS as error:
        raise refusal(data, what, deadline, error) from error


def prepare(stream: Stream, max_pixels: int) -> bool:
    """Set a stream's decoder to what it may use; tell whether it is one that we take."""
    codec = stream.codec_context
    if codec is None or codec.name not in CODECS:
        return False
    # The pool that decodes has a thread for each file already.
    codec.thread_count = 1
    codec.thread_type = "NONE"
    codec.options = {"max_pixels": str(min(max_pixels, MAX_FRAME_PIXELS))}
    return True


def duration_of(container: InputContainer, stream: Stream) -> float | None:
    """The duration that the headers say, in seconds; none where they say none that could be true."""
    if container.duration is not None:
        seconds = container.duration / av.time_base
    elif stream.duration is not None and stream.time_base is not None:
        seconds = float(stream.duration * stream.time_base)
    else:
        return None
    return seconds if 0 < seconds <= _LONGEST_S else None


_LONGEST_S: Final = 1000 * 3600.0


def refusal(data: bytes, what: str, deadline: Deadline, error: BaseException) -> MediaError:
    """Translate what the libraries raised."""
    if deadline.is_over():
        return deadline.too_long(what)
    words = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, EOFError) or _ends_early(data):
        return MediaError("truncated", f"the {what} ends too early ({words}); {_REPLACE}")
    return MediaError("broken", f"the {what} cannot be decoded ({words}): {describe(data)}; {_REPLACE}")


def broken(data: bytes, what: str, told: str) -> MediaError:
    """Say that a file that opens gives nothing."""
    if _ends_early(data):
        return MediaError("truncated", f"the {what} ends too early ({told}); {_REPLACE}")
    return MediaError("broken", f"the {what} cannot be decoded ({told}); {_REPLACE}")


class _TimedBytes(io.BytesIO):
    """Bytes that cannot be read any more once the time is over: the one place that FFmpeg's own loops pass through."""

    def __init__(self, data: bytes, deadline: Deadline) -> None:
        super().__init__(data)
        self._deadline = deadline

    def read(self, size: int | None = -1, /) -> bytes:
        if self._deadline.is_over():
            raise TimeoutError("the time is over")
        return super().read(size)


def _refuse(url: str, _flags: int, _options: dict[str, Any]) -> NoReturn:
    raise PermissionError(f"the media refers to {url!r}, and nothing but the media itself is opened")


def _ends_early(data: bytes) -> bool:
    """Tell whether the outermost lengths go beyond the end: of ISO media's boxes, of RIFF's one chunk."""
    if data[:4] == b"RIFF":
        return len(data) < int.from_bytes(data[4:8], "little")
    if data[4:8] not in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
        return False
    start = 0
    while start + _ISO_BOX_HEADER <= len(data):
        length = int.from_bytes(data[start : start + 4], "big")
        if length == 0:
            return False
        if length == 1:
            length = int.from_bytes(data[start + 8 : start + 16], "big")
        start += max(length, _ISO_BOX_HEADER)
    return start > len(data)

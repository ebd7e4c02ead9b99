"""What cannot be read: the errors that tell it, and what stands for it."""

import gzip
import struct
import zlib
from dataclasses import dataclass
from importlib import import_module

from kafka.errors import CorruptRecordError, UnsupportedCodecError


def _raised_by(module: str, name: str) -> tuple[type[Exception], ...]:
    # That one is not installed is told by `codecs.require_codecs`, in words; here it would end in a traceback.
    try:
        return (getattr(import_module(module), name),)
    except ImportError:
        return ()


# What kafka-python's record parser and the codecs behind it raise on bytes that they cannot read.
UNREADABLE: tuple[type[Exception], ...] = (
    CorruptRecordError,
    UnsupportedCodecError,
    ValueError,
    LookupError,
    TypeError,
    AssertionError,
    ArithmeticError,
    RuntimeError,
    EOFError,
    gzip.BadGzipFile,
    struct.error,
    zlib.error,
    *_raised_by("zstandard", "ZstdError"),
    *_raised_by("snappy", "UncompressError"),
)


@dataclass(frozen=True, slots=True)
class Broken:
    """A place that cannot be read.

    Attributes:
        error: The name of what stands in the way.
        message: Its words.
    """

    offset: int
    error: str
    message: str


def broken_at(offset: int, error: Exception) -> Broken:
    """Return what stands for the place in which an error arose."""
    return Broken(offset, type(error).__name__, str(error) or type(error).__name__)

"""SVG and SVGZ, drawn by resvg in a process of its own."""

import math
import subprocess
import sys
import zlib
from dataclasses import replace
from typing import Final

from damsight_encoders.content import Content
from damsight_encoders.decode import vector_child
from damsight_encoders.decode.drawn_size import drawn_size, size_as_original
from damsight_encoders.decode.image import PillowDecoder
from damsight_encoders.decode.kept_apart import handed_on_environment
from damsight_encoders.decode.sniff_vector import sniff_vector, unpacked
from damsight_encoders.decode.vector_lengths import own_size, view_box
from damsight_encoders.decode.vector_safe import SafeVector, made_safe, written
from damsight_encoders.errors import EncoderUnavailableError, MediaError
from damsight_schemas.asset import MAX_TEXT_CHARACTERS
from damsight_schemas.connections import EncodingLimits

_MOST_BYTES: Final = 64 << 20
_ADDRESS_SPACE: Final = 3 << 30
_DRAW_WITHIN_S: Final = 30.0
_WHAT_TO_DO: Final = "replace the file in the media library and publish it again"


def decode_vector(data: bytes, limits: EncodingLimits, *, at_least: int) -> Content:
    """Draw an SVG on white, its shorter side as long as asked for, with the words that it holds.

    Nothing that it names outside itself is looked at, see `made_safe`. A process of its own draws it: a drawing can
    exhaust any renderer's stack, memory or time, and such a process can be ended.

    Raises:
        MediaError: It is damaged, beyond a limit, or cannot be drawn in time.
    """
    safe = made_safe(_markup(data), limits)
    own = own_size(safe.root)
    size = drawn_size(*own, at_least, limits)
    drawn = _drawn(_sized(safe, own, size), limits)
    picture = PillowDecoder(limits).decode(drawn, at_least=at_least)
    cover = replace(picture, original_size=size_as_original(own, size), media_format="SVG", box=None)
    return Content(cover=cover, words=safe.words[:MAX_TEXT_CHARACTERS])


def _markup(data: bytes) -> bytes:
    if sniff_vector(data) == "SVGZ":
        try:
            content = unpacked(data, _MOST_BYTES)
        except (zlib.error, EOFError) as error:
            reason = "truncated" if isinstance(error, EOFError) else "broken"
            raise MediaError(reason, f"the SVGZ cannot be unpacked ({error}); {_WHAT_TO_DO}") from error
    else:
        content = data if len(data) <= _MOST_BYTES else None
    if content is None:
        raise MediaError("too_large", f"the SVG holds more than {_MOST_BYTES:,} bytes; publish a picture of it")
    return content


def _sized(safe: SafeVector, own: tuple[float, float], size: tuple[int, int]) -> bytes:
    """Write the whole, with the size in pixels that it is to be drawn in as its own."""
    root = dict(safe.root)
    if view_box(root) is None:
        root["viewBox"] = f"0 0 {own[0]:.12g} {own[1]:.12g}"
    root.update(width=str(size[0]), height=str(size[1]))
    # Hand-written files forget these, and a strict parser then refuses the whole.
    root.setdefault("xmlns", "http://www.w3.org/2000/svg")
    root.setdefault("xmlns:xlink", "http://www.w3.org/1999/xlink")
    return f"<{safe.name}{written(root)}>{safe.content}</{safe.name}>".encode()


def _drawn(markup: bytes, limits: EncodingLimits) -> bytes:
    within = min(_DRAW_WITHIN_S, limits.max_decode_s)
    program = [sys.executable, "-P", vector_child.__file__, str(_ADDRESS_SPACE), str(math.ceil(within))]
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and file, no shell
            program, input=markup, capture_output=True, timeout=within, check=False, env=handed_on_environment()
        )
    except subprocess.TimeoutExpired as error:
        raise MediaError(
            "too_complex", f"the SVG was not drawn within {within:g} s; simplify it, or publish a picture of it"
        ) from error
    except OSError as error:
        raise EncoderUnavailableError(f"no process can be started to draw an SVG in: {error}") from error
    if done.returncode < 0:
        raise MediaError(
            "too_complex", "the SVG ended the process that drew it; simplify it, or publish a picture of it"
        )
    if done.returncode or not done.stdout:
        words = done.stderr.decode("utf-8", "replace").strip()[-300:]
        # resvg follows references that go in circles until it has had enough of them.
        reason = "too_complex" if "nodes limit" in words else "broken"
        raise MediaError(reason, f"the SVG cannot be drawn ({words}); {_WHAT_TO_DO}")
    return done.stdout

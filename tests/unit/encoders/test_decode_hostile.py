"""Bytes that lie, or are no picture, end in a MediaError with a reason that can be counted, and cost little."""

import io
import resource
import struct
import subprocess
import sys
import threading
import tracemalloc
import warnings
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from damsight_encoders.decode import PillowDecoder
from damsight_encoders.decode.image import _passes
from damsight_encoders.errors import MediaError
from damsight_schemas.connections import EncodingLimits

FORMATS = ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF", "JPEG2000"]


def saved(media_format: str, size: tuple[int, int] = (120, 90), **options: Any) -> bytes:
    chance = np.random.default_rng(5)
    stream = io.BytesIO()
    image = Image.fromarray(chance.integers(0, 255, (size[1], size[0], 3), dtype=np.uint8))
    image.save(stream, media_format, **options)
    return stream.getvalue()


def refusal(data: bytes, limits: EncodingLimits | None = None) -> MediaError:
    with pytest.raises(MediaError) as caught:
        PillowDecoder(limits).decode(data, at_least=64)
    return caught.value


def png_claiming(width: int, height: int, body: bytes = b"") -> bytes:
    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def test_an_empty_file_is_empty() -> None:
    """No bytes at all: reason empty, and what to do."""
    error = refusal(b"")
    assert error.reason == "empty"
    assert "publish the asset again" in str(error)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"<!DOCTYPE html>\n<html><body>Not found</body></html>", "an HTML page"),
        (b"\xef\xbb\xbf  <HTML><head>", "an HTML page"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "XML or SVG"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "a PDF"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n", "PostScript"),
        (b"\xc5\xd0\xd3\xc6" + bytes(26), "PostScript"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "'heic'"),
        (b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2", "'isom'"),
        (b"P6 2 2 255 " + bytes(12), "unknown, beginning with 50 36"),
        (b"\x00\x00\x01\x00\x01\x00" + bytes(30), "unknown"),
        (b"hello", "unknown, beginning with 68 65 6c 6c 6f"),
        (b"\x00", "unknown"),
    ],
)
def test_what_is_no_picture_is_named(data: bytes, words: str) -> None:
    """An HTML page called .jpg, a PDF, PostScript, HEIC, PPM, an icon: reason unknown_format, told in words."""
    error = refusal(data)
    assert error.reason == "unknown_format"
    assert words in str(error)


def test_a_file_beyond_the_byte_limit_is_not_looked_at() -> None:
    """Too many bytes: reason too_large, with both numbers."""
    error = refusal(saved("PNG"), EncodingLimits(max_bytes=100))
    assert error.reason == "too_large"
    assert "100" in str(error)


@pytest.mark.parametrize("media_format", FORMATS)
def test_a_picture_beyond_the_pixel_limit_is_refused_by_its_header(media_format: str) -> None:
    """One pixel too many: reason too_many_pixels, in every format; at the limit it is taken."""
    data = saved(media_format)
    assert refusal(data, EncodingLimits(max_pixels=120 * 90 - 1)).reason == "too_many_pixels"
    PillowDecoder(EncodingLimits(max_pixels=120 * 90)).decode(data, at_least=64)


def claim_tiff_size(tiff: bytearray, side: int) -> None:
    directory = struct.unpack_from("<I", tiff, 4)[0]
    (count,) = struct.unpack_from("<H", tiff, directory)
    for entry in range(directory + 2, directory + 2 + 12 * count, 12):
        if struct.unpack_from("<H", tiff, entry)[0] in (256, 257):
            struct.pack_into("<HII", tiff, entry + 2, 4, 1, side)


def bomb(media_format: str) -> bytes:
    """A file that says it is 60,000 x 60,000 (WebP: 16,383 x 16,383)."""
    side = 16_383 if media_format == "WEBP" else 60_000
    small = bytearray(saved(media_format, size=(16, 16)))
    match media_format:
        case "PNG":
            return png_claiming(side, side, zlib.compress(bytes(1 << 20), 9))
        case "GIF":
            small[6:10] = struct.pack("<HH", side, side)
        case "BMP":
            small[18:26] = struct.pack("<ii", side, side)
        case "JPEG":
            start = small.find(b"\xff\xc0") + 5
            small[start : start + 4] = struct.pack(">HH", side, side)
        case "WEBP":
            flags = b"\x00\x00\x00\x00"
            canvas = (side - 1).to_bytes(3, "little") * 2
            extended = b"VP8X" + struct.pack("<I", 10) + flags + canvas
            small[12:12] = extended
            small[4:8] = struct.pack("<I", len(small) - 8)
        case "TIFF":
            claim_tiff_size(small, side)
    return bytes(small)


@pytest.mark.parametrize("media_format", ["PNG", "GIF", "BMP", "JPEG", "WEBP", "TIFF"])
def test_a_decompression_bomb_costs_nothing(media_format: str) -> None:
    """A small file that claims gigapixels is refused without memory for them."""
    data = bomb(media_format)
    tracemalloc.start()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    error = refusal(data)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert error.reason == "too_many_pixels"
    assert peak < 8 << 20
    assert grown < 64 << 10


def test_a_webp_that_hides_its_canvas_is_not_opened() -> None:
    """A WebP of 200 megapixels by its canvas is refused before the decoder reserves it."""
    error = refusal(bomb("WEBP"), EncodingLimits(max_pixels=1_000_000))
    assert error.reason == "too_many_pixels"
    assert "16,383" in str(error)


def test_a_jpeg_of_a_thousand_passes_is_refused() -> None:
    """A progressive JPEG may have as many passes as it likes; their cost counts as pixels."""
    data = saved("JPEG", size=(600, 400), progressive=True)
    start = data.rfind(b"\xff\xda")
    passes = data[:-2] + data[start:-2] * 1000 + b"\xff\xd9"
    assert refusal(passes, EncodingLimits(max_pixels=1_000_000)).reason == "too_many_pixels"
    PillowDecoder(EncodingLimits(max_pixels=1_000_000)).decode(data, at_least=64)


@pytest.mark.parametrize("media_format", FORMATS)
def test_a_truncated_file_is_truncated(media_format: str) -> None:
    """Half a file: reason truncated, and the advice to replace it."""
    data = saved(media_format)
    error = refusal(data[: len(data) // 2])
    assert error.reason == "truncated"
    assert "replace the file" in str(error)


@pytest.mark.parametrize("media_format", FORMATS)
def test_a_signature_alone_is_refused(media_format: str) -> None:
    """A file that ends within its header is refused, whatever the decoder below calls that."""
    assert refusal(saved(media_format)[:20]).reason in ("truncated", "broken", "unknown_format")


@pytest.mark.parametrize(("width", "height"), [(0, 10), (10, 0), (0, 0)])
def test_a_picture_without_pixels_is_broken(width: int, height: int) -> None:
    """A width or height of zero: reason broken."""
    assert refusal(png_claiming(width, height)).reason == "broken"


def test_a_png_with_a_wrong_checksum_is_broken() -> None:
    """A flipped bit in the header: reason broken."""
    data = bytearray(saved("PNG"))
    data[20] ^= 1
    assert refusal(bytes(data)).reason == "broken"


def test_a_png_with_a_text_bomb_is_refused() -> None:
    """Compressed text that would fill memory is not unpacked."""
    content = b"Comment\x00\x00" + zlib.compress(bytes(64 << 20), 9)
    chunk = struct.pack(">I", len(content)) + b"zTXt" + content + struct.pack(">I", zlib.crc32(b"zTXt" + content))
    data = saved("PNG")
    tracemalloc.start()
    error = refusal(data[:33] + chunk + data[33:])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert error.reason == "broken"
    assert peak < 32 << 20


def test_broken_exif_does_not_stop_a_picture_and_warns_nobody() -> None:
    """EXIF that points outside itself is ignored; no warning reaches the log."""
    broken = b"Exif\x00\x00II*\x00\x08\x00\x00\x00\xff\xff" + bytes(range(60))
    data = saved("JPEG", exif=broken)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        picture = PillowDecoder().decode(data, at_least=9999)
    assert picture.original_size == (120, 90)
    assert caught == []


def test_pictures_near_pillows_own_limit_do_not_warn() -> None:
    """Between Pillow's own warning (89 megapixels) and our limit a picture is taken without a word."""
    stream = io.BytesIO()
    Image.new("L", (10_000, 9_000), 77).save(stream, "JPEG", quality=30)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        picture = PillowDecoder().decode(stream.getvalue(), at_least=64)
    assert picture.original_size == (10_000, 9_000)
    assert picture.pixels.shape == (1125, 1250, 3)
    assert caught == []


def test_decoding_in_many_threads_gives_what_one_gives() -> None:
    """Eight threads decode every format at once, each as if alone."""
    files = [saved(media_format) for media_format in FORMATS]
    alone = [PillowDecoder().decode(data, at_least=9999).pixels for data in files]
    decoder = PillowDecoder()
    wrong: list[int] = []

    def decode(number: int) -> None:
        found = [decoder.decode(files[number], at_least=9999).pixels for _ in range(20)]
        wrong.extend(number for pixels in found if not np.array_equal(pixels, alone[number]))

    threads = [threading.Thread(target=decode, args=(number,)) for number in range(len(files))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert wrong == []


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(
    media_format=st.sampled_from(FORMATS),
    changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=12),
    end=st.floats(0, 1),
)
def test_any_damage_ends_in_a_picture_or_a_media_error(
    media_format: str, changes: list[tuple[float, int]], end: float
) -> None:
    """Random bytes changed and the end cut off: a picture within the limits, or a MediaError with a known reason."""
    data = bytearray(SAMPLES[media_format])
    for place, value in changes:
        data[int(place * len(data))] = value
    limits = EncodingLimits(max_pixels=1_000_000)
    try:
        picture = PillowDecoder(limits).decode(bytes(data[: int(end * len(data))]), at_least=16)
    except MediaError as error:
        reason = error.reason
    else:
        reason = ""
        assert picture.pixels.dtype == np.uint8
        assert picture.pixels.ndim == 3
        assert 0 < picture.pixels.size <= 3 * limits.max_pixels
    assert reason in {"", "empty", "unknown_format", "truncated", "too_large", "too_many_pixels", "broken"}


SAMPLES = {media_format: saved(media_format, size=(33, 21)) for media_format in FORMATS}


def test_decoding_needs_no_torch() -> None:
    """The decoder, the ports, the errors, the loader and the remote encoders import neither torch nor transformers."""
    modules = ["decode", "ports", "errors", "load", "remote", "registry", "steps", "preprocess", "settings", "wire"]
    program = (
        f"import sys, importlib; [importlib.import_module('damsight_encoders.' + name) for name in {modules!r}]; "
        "sys.exit(' '.join(name for name in ('torch', 'transformers', 'torchvision') if name in sys.modules) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")


def test_counting_scans_takes_no_memory_of_the_files_size() -> None:
    """A JPEG of eight million marker bytes is looked through in a few megabytes: none holds a number for each byte."""
    fill = b"\xff\xd8" + b"\xff" * 8_000_000 + b"\xff\xda"
    tracemalloc.start()
    try:
        assert _passes(fill) == 1
        assert tracemalloc.get_traced_memory()[1] < 12_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("before", [0, 5, (1 << 18) - 3, (1 << 18) - 2, (1 << 18) - 1, 1 << 18])
def test_scans_are_counted_wherever_they_begin(before: int) -> None:
    """Each start of scan counts once, also where it lies across two of the pieces that a file is looked through in."""
    data = b"\xff\xd8" + b"\0" * before + b"\xff\xda" + b"\0" * 9 + b"\xff\xda"
    assert _passes(data) == data.count(b"\xff\xda") == 2

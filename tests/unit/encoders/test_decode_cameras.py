"""HEIC as telephones write it and raw as cameras do come out upright, in sRGB, and by their own names."""

import io

import numpy as np
import pillow_heif
import pytest
from numpy.typing import NDArray
from PIL import Image

from damsight_encoders.content import Picture
from damsight_encoders.decode import FileDecoder
from damsight_encoders.errors import MediaError
from damsight_schemas.connections import EncodingLimits
from fakes.colour_profiles import swapped_profile
from fakes.quarters import ORIENTATION, quarters
from fakes.raw_files import BLUE, RED, dng


def heic(image: Image.Image, **options: object) -> bytes:
    stream = io.BytesIO()
    pillow_heif.from_pillow(image).save(stream, **options)
    return stream.getvalue()


def decoded(data: bytes, at_least: int = 64) -> Picture:
    content = FileDecoder().decode_media(data, at_least=at_least)
    assert content.cover is not None
    assert (content.parts, content.words, content.pages, content.sound) == ((), "", None, None)
    return content.cover


def corners(pixels: NDArray[np.uint8]) -> list[list[int]]:
    return [pixels[5, 5].tolist(), pixels[5, -5].tolist(), pixels[-5, 5].tolist()]


def refused(data: bytes, limits: EncodingLimits | None = None) -> str:
    with pytest.raises(MediaError) as caught:
        FileDecoder(limits).decode_media(data, at_least=16)
    return caught.value.reason


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_heic_is_turned_once(orientation: int) -> None:
    """A telephone turns by the file's own property and says so in EXIF too: only the first counts."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    data = heic(quarters(), quality=95, exif=exif.tobytes())
    found = decoded(data)
    stored = quarters()
    upright = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
    expected = np.asarray(stored.transpose(upright[orientation]) if orientation in upright else stored)
    assert (found.media_format, found.original_size) == ("HEIC", (expected.shape[1], expected.shape[0]))
    np.testing.assert_allclose(corners(found.pixels), corners(expected), atol=12)


def test_a_heic_follows_its_profile_and_lies_on_white() -> None:
    """Red and green change places by the profile, and what is transparent is white."""
    image = quarters()
    image.putalpha(255)
    image.paste((0, 0, 0, 0), (0, 24, 64, 48))
    profiled = heic(quarters(), quality=95, icc_profile=swapped_profile())
    np.testing.assert_allclose(decoded(profiled).pixels[5, 5], (20, 250, 20), atol=25)
    clear = decoded(heic(image, quality=95)).pixels
    np.testing.assert_allclose([clear[5, 5], clear[-5, 5]], [(250, 20, 20), (255, 255, 255)], atol=12)


def test_ten_bits_of_a_heic_become_eight() -> None:
    """A picture of ten bits a channel keeps its shades."""
    ramp = np.repeat(np.linspace(0, 65535, 64).astype(np.uint16)[None, :, None], 48, axis=0).repeat(3, axis=2)
    stream = io.BytesIO()
    pillow_heif.from_bytes("RGB;16", (64, 48), ramp.tobytes()).save(stream, quality=95)
    np.testing.assert_allclose(decoded(stream.getvalue()).pixels[20, :, 1], np.linspace(0, 255, 64), atol=4)


def test_a_damaged_heic_is_refused() -> None:
    """Cut off, too large, or rubbish behind a true beginning: a reason for each."""
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 255, (64, 80, 3), dtype=np.uint8))
    data = heic(noise)
    assert refused(data[: len(data) // 2]) == "truncated"
    assert refused(data, EncodingLimits(max_pixels=80 * 64 - 1)) == "too_many_pixels"
    assert refused(data[:40] + bytes(len(data) - 40)) == "broken"
    assert FileDecoder(EncodingLimits(max_pixels=80 * 64)).decode(data, at_least=9).original_size == (80, 64)


@pytest.mark.parametrize(
    ("orientation", "size", "red", "blue"),
    [(1, (256, 192), (96, 30), (96, 220)), (3, (256, 192), (96, 220), (96, 30)),
     (6, (192, 256), (30, 96), (220, 96)), (8, (192, 256), (220, 96), (30, 96))],
)  # fmt: skip
def test_a_raw_shows_its_preview_upright(
    orientation: int, size: tuple[int, int], red: tuple[int, int], blue: tuple[int, int]
) -> None:
    """The camera's own preview, turned as the raw file says: it has no EXIF of its own."""
    found = decoded(dng(orientation=orientation), at_least=192)
    assert (found.media_format, found.pixels.shape[:2]) == ("DNG", size[::-1])
    np.testing.assert_allclose(found.pixels[red], RED, atol=8)
    np.testing.assert_allclose(found.pixels[blue], BLUE, atol=8)


@pytest.mark.parametrize("preview", [None, (16, 12)])
@pytest.mark.parametrize("orientation", [1, 6])
def test_a_raw_without_a_preview_that_suffices_is_developed(preview: tuple[int, int] | None, orientation: int) -> None:
    """Half the sensor's size, upright: red on the left (or on top), blue on the right (or below)."""
    found = decoded(dng(preview=preview, orientation=orientation))
    on_its_side = orientation == 6
    assert found.original_size == ((48, 64) if on_its_side else (64, 48))
    assert found.pixels.shape[:2] == ((32, 24) if on_its_side else (24, 32))
    first, last = found.pixels[4, 4].astype(int), found.pixels[-4, -4].astype(int)
    assert first.argmax() == 0
    assert last.argmax() == 2


def test_a_damaged_raw_is_refused() -> None:
    """A sensor beyond the limit, a camera that nobody knows, and a file without its directories."""
    assert refused(dng(), EncodingLimits(max_pixels=1000)) == "too_many_pixels"
    assert refused(b"FUJIFILMCCD-RAW 0201" + bytes(500)) == "unsupported"
    assert refused(dng()[:3000]) == "truncated"

"""Profiles of ink and of grey are followed, whatever carries them; deep and unusual pixels keep their shades."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from damsight_encoders.decode import FileDecoder
from damsight_encoders.errors import MediaError
from fakes.colour_profiles import ink_profile, linear_grey_profile
from fakes.raw_files import TiffBytes

LIGHTER = 188  # the middle of linear light, in sRGB


def pixel(image: Image.Image, media_format: str, **options: Any) -> list[int]:
    stream = io.BytesIO()
    image.save(stream, media_format, **options)
    return [int(value) for value in FileDecoder().decode(stream.getvalue(), at_least=8).pixels[4, 4]]


@pytest.mark.parametrize("media_format", ["JPEG", "TIFF"])
def test_a_cmyk_profile_is_followed(media_format: str) -> None:
    """By this profile cyan ink is red; a JPEG stores it inverted, as Adobe does."""
    ink = Image.new("CMYK", (16, 16), (255, 0, 0, 0))
    np.testing.assert_allclose(pixel(ink, media_format, icc_profile=ink_profile()), (251, 0, 8), atol=8)
    np.testing.assert_allclose(pixel(ink, media_format), (0, 255, 255), atol=8)


@pytest.mark.parametrize(
    ("mode", "colour", "formats"),
    [("L", 128, ["PNG", "JPEG", "TIFF"]), ("LA", (128, 255), ["PNG", "TIFF"]), ("I;16", 128 * 257, ["PNG", "TIFF"])],
)
def test_a_grey_profile_is_followed(mode: str, colour: Any, formats: list[str]) -> None:
    """Grey of linear light is lighter in sRGB: alone, with transparency, and of sixteen bits."""
    for media_format in formats:
        image = Image.new(mode, (16, 16), colour)
        np.testing.assert_allclose(pixel(image, media_format, icc_profile=linear_grey_profile()), [LIGHTER] * 3, atol=2)
        np.testing.assert_allclose(pixel(image, media_format), [128] * 3, atol=2)


def test_a_grey_profile_and_transparency_go_together() -> None:
    """Half-transparent grey is made sRGB first, and then laid on white."""
    image = Image.new("LA", (16, 16), (128, 128))
    expected = [LIGHTER + (255 - LIGHTER) * 127 / 255] * 3
    np.testing.assert_allclose(pixel(image, "PNG", icc_profile=linear_grey_profile()), expected, atol=2)
    assert pixel(Image.new("LA", (16, 16), (0, 0)), "PNG", icc_profile=linear_grey_profile()) == [255, 255, 255]


@pytest.mark.parametrize(("samples", "photometric"), [(3, 2), (4, 5)], ids=["RGB", "CMYK"])
def test_sixteen_bits_a_channel_of_a_tiff_are_scaled(samples: int, photometric: int) -> None:
    """Sixteen bits a channel keep their upper eight: nothing is clipped."""
    ramp = np.zeros((4, 256, samples), np.uint16)
    ramp[..., 0] = np.arange(256) * 257
    found = FileDecoder().decode(tiff(ramp, photometric), at_least=8).pixels[2, :, 0]
    expected = np.arange(256) if samples == 3 else np.arange(255, -1, -1)
    np.testing.assert_allclose(found, expected, atol=1)


def test_pixels_that_cannot_be_taken_are_named() -> None:
    """Three channels of 64 bits are no broken file, but one that we do not take."""
    with pytest.raises(MediaError, match="stores its pixels as we cannot take them") as caught:
        FileDecoder().decode(tiff(np.zeros((4, 4, 3), np.uint64), 2), at_least=8)
    assert caught.value.reason == "unsupported"


def tiff(pixels: np.ndarray[Any, Any], photometric: int) -> bytes:
    """A TIFF of one strip, for what Pillow cannot write."""
    file = TiffBytes()
    place = file.put(pixels.tobytes())
    height, width, samples = pixels.shape
    return file.finished(
        file.directory(
            [
                (256, 4, [width]),
                (257, 4, [height]),
                (258, 3, [pixels.itemsize * 8] * samples),
                (259, 3, [1]),
                (262, 3, [photometric]),
                (273, 4, [place]),
                (277, 3, [samples]),
                (278, 4, [height]),
                (279, 4, [pixels.nbytes]),
            ]
        )
    )

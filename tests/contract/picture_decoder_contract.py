"""What every PictureDecoder keeps."""

import io

import numpy as np
import pytest
from PIL import Image

from damsight_encoders.errors import MediaError
from damsight_encoders.ports import PictureDecoder

RED, BLUE = (200, 30, 60), (20, 60, 200)
FORMATS = ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF", "JPEG2000"]
ORIENTATION = 0x0112
MAX_PIXELS = 4_000_000


def halves(width: int = 64, height: int = 48) -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(BLUE, (width // 2, 0, width, height))
    return image


def saved(image: Image.Image, media_format: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, media_format, **options)
    return stream.getvalue()


class PictureDecoderContract:
    """Subclasses give a `decoder` that takes at most MAX_PIXELS pixels."""

    @pytest.mark.parametrize("media_format", FORMATS)
    def test_pictures_come_as_pixels(self, decoder: PictureDecoder, media_format: str) -> None:
        """Every format gives owned 8-bit sRGB pixels, its own name and its original size."""
        picture = decoder.decode(saved(halves(), media_format), at_least=48)
        assert (picture.media_format, picture.original_size, picture.box) == (media_format, (64, 48), None)
        assert (picture.pixels.shape, picture.pixels.dtype) == ((48, 64, 3), np.dtype(np.uint8))
        np.testing.assert_allclose(picture.pixels[10, 10], RED, atol=16)
        np.testing.assert_allclose(picture.pixels[10, 54], BLUE, atol=16)

    def test_a_turned_and_reduced_jpeg_tells_what_it_covers(self, decoder: PictureDecoder) -> None:
        """The shorter side stays at what was asked for, upright, with the part of the last pixels that is filled."""
        exif = Image.Exif()
        exif[ORIENTATION] = 6
        picture = decoder.decode(saved(halves(1003, 757), "JPEG", exif=exif.tobytes()), at_least=90)
        assert picture.original_size == (757, 1003)
        assert picture.pixels.shape == (126, 95, 3)
        assert picture.box == (95 - 757 / 8, 0.0, 95.0, 1003 / 8)
        np.testing.assert_allclose(picture.pixels[20, 50], RED, atol=16)

    @pytest.mark.parametrize(
        ("data", "reason", "words"),
        [
            (b"", "empty", "publish the asset again"),
            (b"<!doctype html><p>not here", "unknown_format", "an HTML page"),
            (saved(halves(), "JPEG")[:400], "truncated", "ends too early"),
            (saved(halves(2500, 2000), "PNG"), "too_many_pixels", "max_pixels"),
            (saved(halves(), "PNG").replace(b"IDAT", b"\xff\xfe\x00\x80"), "broken", "the PNG"),
        ],
        ids=["empty", "unknown_format", "truncated", "too_many_pixels", "broken"],
    )
    def test_what_is_no_picture_is_refused(self, decoder: PictureDecoder, data: bytes, reason: str, words: str) -> None:
        """The reason can be counted, the message says what to do, and the next picture decodes."""
        with pytest.raises(MediaError) as caught:
            decoder.decode(data, at_least=16)
        assert caught.value.reason == reason
        assert words in str(caught.value)
        assert decoder.decode(saved(halves(), "PNG"), at_least=16).original_size == (64, 48)

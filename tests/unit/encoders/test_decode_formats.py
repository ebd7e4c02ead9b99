"""Every kind of picture that libraries hold comes out upright, in sRGB and on white."""

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from damsight_encoders.content import Picture
from damsight_encoders.decode import PillowDecoder
from fakes.colour_profiles import swapped_profile
from fakes.quarters import BLUE, GREEN, ORIENTATION, RED, WHITE, assert_quarters, quarters


def saved(image: Image.Image, media_format: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, media_format, **options)
    return stream.getvalue()


def decode(data: bytes, at_least: int = 1000) -> Picture:
    return PillowDecoder().decode(data, at_least=at_least)


@pytest.mark.parametrize("media_format", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF", "JPEG2000"])
def test_every_format_is_told_by_its_bytes(media_format: str) -> None:
    """Each format that we take is recognised and decoded at its full size."""
    picture = decode(saved(quarters(), media_format))
    assert (picture.media_format, picture.original_size, picture.box) == (media_format, (64, 48), None)
    assert picture.pixels.dtype == np.uint8
    assert picture.pixels.shape == (48, 64, 3)
    assert_quarters(picture.pixels)


@pytest.mark.parametrize("media_format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_comes_out_upright(media_format: str, orientation: int) -> None:
    """EXIF's eight orientations are undone, and the size told is the upright one."""
    stored = quarters()
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }.get(orientation)
    if undo is not None:
        stored = stored.transpose(undo)
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    picture = decode(saved(stored, media_format, exif=exif.tobytes()))
    assert picture.original_size == (64, 48)
    assert picture.pixels.shape == (48, 64, 3)
    assert_quarters(picture.pixels)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_reduced_jpeg_knows_which_part_is_filled(orientation: int) -> None:
    """Decoded at an eighth, 1003 x 757 pixels end in partly filled ones: on the side where the rotation puts them."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    picture = decode(saved(quarters(1003, 757), "JPEG", exif=exif.tobytes()), at_least=90)
    on_its_side = orientation >= 5
    width, height = (757, 1003) if on_its_side else (1003, 757)
    assert picture.original_size == (width, height)
    assert picture.pixels.shape == (-(-height // 8), -(-width // 8), 3)
    assert picture.box is not None
    left, top, right, bottom = picture.box
    assert (right - left, bottom - top) == (width / 8, height / 8)
    from_right, from_bottom = orientation in (2, 3, 6, 7), orientation in (3, 4, 7, 8)
    assert (left > 0) == from_right
    assert (top > 0) == from_bottom


@pytest.mark.parametrize(
    ("at_least", "expected"), [(100, 100), (101, 200), (200, 200), (201, 400), (400, 400), (9999, 800)]
)
def test_a_jpeg_is_never_decoded_smaller_than_asked(at_least: int, expected: int) -> None:
    """The shorter side stays at the size asked for or above, as far as the original reaches."""
    assert min(decode(saved(quarters(1600, 800), "JPEG"), at_least).pixels.shape[:2]) == expected


def test_transparency_lies_on_white() -> None:
    """Transparent pixels are white whatever colour hides below, half-transparent ones are mixed with white."""
    image = Image.new("RGBA", (30, 10), (0, 0, 0, 0))
    image.paste((200, 0, 0, 255), (10, 0, 20, 10))
    image.paste((0, 0, 200, 128), (20, 0, 30, 10))
    for media_format in ("PNG", "WEBP", "TIFF"):
        options = {"lossless": True} if media_format == "WEBP" else {}
        pixels = decode(saved(image, media_format, **options)).pixels
        assert [tuple(pixels[5, across]) for across in (5, 15)] == [WHITE, (200, 0, 0)]
        np.testing.assert_allclose(pixels[5, 25], (127, 127, 227), atol=1)


def test_a_palette_with_transparency_lies_on_white() -> None:
    """A GIF's or PNG's transparent palette entry is white, the others keep their colours."""
    image = Image.new("P", (20, 10), 0)
    image.putpalette([0, 255, 0, 200, 0, 0])
    image.paste(1, (10, 0, 20, 10))
    for media_format in ("PNG", "GIF"):
        pixels = decode(saved(image, media_format, transparency=0)).pixels
        assert [tuple(pixels[5, across]) for across in (5, 15)] == [WHITE, (200, 0, 0)]
    pixels = decode(saved(image, "PNG", transparency=bytes([0, 128]))).pixels
    np.testing.assert_allclose(pixels[5, 15], (227, 127, 127), atol=1)


def test_cmyk_jpegs_have_their_colours() -> None:
    """A CMYK JPEG as Adobe writes it, inverted, is not a negative."""
    picture = decode(saved(quarters().convert("CMYK"), "JPEG", quality=98))
    assert_quarters(picture.pixels, tolerance=40)


@pytest.mark.parametrize("media_format", ["PNG", "TIFF"])
def test_sixteen_bit_grey_keeps_its_shades(media_format: str) -> None:
    """A 16-bit ramp from black to white becomes an 8-bit one, not a clipped one."""
    ramp = np.linspace(0, 65535, 256).astype(np.uint16)[None].repeat(4, axis=0)
    pixels = decode(saved(Image.fromarray(ramp), media_format)).pixels
    np.testing.assert_allclose(pixels[1, :, 0], np.arange(256), atol=1)
    assert (pixels[..., 0] == pixels[..., 2]).all()


def test_sixteen_bit_colour_keeps_its_shades() -> None:
    """A PNG of 16 bits a channel is decoded by its upper eight bits."""
    row = b"\x00" + b"".join(bytes([value, 7, 0, 0, 255 - value, 1]) for value in range(256))
    pixels = decode(raw_png(256, 1, row, depth=16, colour=2)).pixels
    np.testing.assert_array_equal(pixels[0, :, 0], np.arange(256))
    np.testing.assert_array_equal(pixels[0, :, 2], np.arange(255, -1, -1))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([[0.0, 0.5, 1.0]], dtype=np.float32), [0, 128, 255]),
        (np.array([[-200.0, 0.0, 200.0]], dtype=np.float32), [0, 128, 255]),
        (np.array([[np.nan, 0.25, 1.0]], dtype=np.float32), [0, 64, 255]),
        (np.array([[0, 1_000_000, 2_000_000]], dtype=np.int32), [0, 128, 255]),
        (np.array([[5, 5, 5]], dtype=np.int32), [0, 0, 0]),
    ],
)
def test_scientific_grey_is_stretched_to_what_can_be_seen(values: NDArray[Any], expected: list[int]) -> None:
    """32-bit and floating-point TIFFs span black to white; not-a-number is black."""
    np.testing.assert_allclose(decode(saved(Image.fromarray(values), "TIFF")).pixels[0, :, 0], expected, atol=1)


def test_an_icc_profile_is_followed() -> None:
    """A picture in another colour space (here LAB, and grey with a profile of its own) arrives in sRGB."""
    to_lab = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")
    lab = ImageCms.applyTransform(quarters(), to_lab)
    assert lab is not None
    assert_quarters(decode(saved(lab, "TIFF")).pixels)
    swapped = decode(saved(quarters(), "PNG", icc_profile=swapped_profile())).pixels
    np.testing.assert_allclose(swapped[10, 10], (20, 250, 20), atol=25)


@pytest.mark.parametrize("profile", [b"not a profile", b"", bytes(200), swapped_profile()[:300]])
def test_a_bad_profile_is_as_good_as_none(profile: bytes) -> None:
    """Broken profiles change nothing and stop nothing."""
    assert_quarters(decode(saved(quarters(), "PNG", icc_profile=profile)).pixels)


def test_a_profile_of_another_kind_is_as_good_as_none() -> None:
    """An RGB profile in a CMYK JPEG does not stop it."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    picture = decode(saved(quarters().convert("CMYK"), "JPEG", icc_profile=srgb, quality=98))
    assert_quarters(picture.pixels, tolerance=40)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "YCbCr"])
def test_every_mode_of_a_tiff_is_taken(mode: str) -> None:
    """Bilevel, grey, palette, CMYK and YCbCr TIFFs all give three channels."""
    black = Image.new("RGB", (16, 16), (0, 0, 0)).convert(mode)
    pixels = decode(saved(black, "TIFF")).pixels
    assert pixels.shape == (16, 16, 3)
    assert pixels.max() <= 5


@pytest.mark.parametrize("media_format", ["GIF", "WEBP", "PNG", "AVIF"])
def test_an_animation_gives_its_first_frame(media_format: str) -> None:
    """Of an animated GIF, WebP, APNG or AVIF, the first frame counts."""
    frames = [Image.new("RGB", (40, 30), colour) for colour in (RED, GREEN, BLUE)]
    picture = decode(saved(frames[0], media_format, save_all=True, append_images=frames[1:], duration=100))
    np.testing.assert_allclose(picture.pixels[15, 20], RED, atol=12)


@pytest.mark.parametrize("media_format", ["GIF", "WEBP", "PNG"])
def test_an_empty_first_frame_gives_way_to_the_first_that_shows_something(media_format: str) -> None:
    """An animation that fades in from nothing is not a white sheet."""
    frames = [Image.new("RGBA", (40, 30), (0, 0, 0, 0)) for _ in range(4)]
    frames[2].paste((*RED, 255), (0, 0, 40, 30))
    options = {"lossless": True} if media_format == "WEBP" else {}
    data = saved(frames[0], media_format, save_all=True, append_images=frames[1:], duration=100, disposal=2, **options)
    np.testing.assert_allclose(decode(data).pixels[15, 20], RED, atol=12)


def test_a_first_frame_that_covers_a_part_is_shown_on_white() -> None:
    """A GIF whose first frame is smaller than its canvas keeps the canvas's size."""
    small = saved(Image.new("RGB", (10, 10), RED), "GIF")
    larger = small[:6] + (30).to_bytes(2, "little") + (20).to_bytes(2, "little") + small[10:]
    picture = decode(larger)
    assert picture.original_size == (30, 20)
    np.testing.assert_allclose(picture.pixels[5, 5], RED, atol=2)


def test_a_many_page_tiff_gives_its_first_page() -> None:
    """A scanned document's first page counts."""
    pages = [Image.new("RGB", (40, 30), colour) for colour in (BLUE, GREEN)]
    assert tuple(decode(saved(pages[0], "TIFF", save_all=True, append_images=pages[1:])).pixels[3, 3]) == BLUE


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_deflate", "jpeg", "packbits"])
def test_tiff_compressions_are_taken(compression: str) -> None:
    """TIFFs as scanners and layout programs write them."""
    assert_quarters(decode(saved(quarters(), "TIFF", compression=compression)).pixels, tolerance=40)


def test_a_stereo_jpeg_gives_its_first_picture() -> None:
    """A multi-picture JPEG (MPO) counts as the JPEG that it begins with."""
    data = saved(quarters(), "MPO", save_all=True, append_images=[Image.new("RGB", (64, 48))])
    picture = decode(data)
    assert picture.media_format == "JPEG"
    assert_quarters(picture.pixels)


def test_a_very_large_picture_is_averaged_down_before_it_is_copied() -> None:
    """Above 32 megapixels any format is reduced, to at least what was asked for, and says which part is filled."""
    stored = quarters(8201, 4099)
    picture = decode(saved(stored, "PNG", compress_level=1), at_least=500)
    assert picture.original_size == (8201, 4099)
    assert 500 <= min(picture.pixels.shape[:2]) < 600
    assert picture.box == (0.0, 0.0, 8201 / 8, 4099 / 8)
    assert_quarters(picture.pixels)


def raw_png(width: int, height: int, rows: bytes, *, depth: int, colour: int) -> bytes:
    """A PNG chunk by chunk (RFC 2083), for what Pillow cannot write."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")

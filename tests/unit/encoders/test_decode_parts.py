"""Animations give a few of their frames, many-page TIFFs their pages; what is damaged leaves the rest."""

import io
import struct
from typing import Any

import numpy as np
import pytest
from PIL import Image

from damsight_encoders.content import Content
from damsight_encoders.decode import FileDecoder
from damsight_encoders.decode.tiff_directories import chained_directories
from damsight_encoders.errors import MediaError
from damsight_schemas.connections import EncodingLimits


def saved(frames: list[Image.Image], media_format: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    frames[0].save(stream, media_format, save_all=True, append_images=frames[1:], **options)
    return stream.getvalue()


def shades(count: int, size: tuple[int, int] = (40, 30)) -> list[Image.Image]:
    return [Image.new("RGB", size, (240 - 10 * number, 30, 10 * number)) for number in range(count)]


def decoded(data: bytes, limits: EncodingLimits | None = None, at_least: int = 60) -> Content:
    return FileDecoder(limits).decode_media(data, at_least=at_least)


def blues(content: Content) -> list[int]:
    return [int(part.picture.pixels[5, 5, 2]) for part in content.parts]


@pytest.mark.parametrize("media_format", ["GIF", "WEBP", "PNG", "AVIF"])
def test_an_animation_gives_its_frames_with_their_seconds(media_format: str) -> None:
    """Three frames of 200 ms: three parts in order, the first the cover; the older door gives the cover alone."""
    options = {"lossless": True} if media_format == "WEBP" else {}
    data = saved(shades(3), media_format, duration=200, **options)
    content = decoded(data)
    assert [(part.position.kind, part.position.number) for part in content.parts] == [("frame", n) for n in (1, 2, 3)]
    assert [part.position.seconds for part in content.parts] == pytest.approx([0.0, 0.2, 0.4])
    np.testing.assert_allclose(blues(content), [0, 10, 20], atol=6)
    assert content.cover is content.parts[0].picture
    assert (content.pages, content.duration_s) == (None, None)
    np.testing.assert_array_equal(FileDecoder().decode(data, at_least=60).pixels, content.cover.pixels)


@pytest.mark.parametrize(("frames", "most", "expected"), [(8, 32, 8), (23, 32, 8), (23, 3, 3), (2, 1, 0)])
def test_of_a_long_animation_a_few_frames_are_taken_evenly(frames: int, most: int, expected: int) -> None:
    """At most eight, or as many as the limit says, from the beginning to near the end."""
    found = decoded(saved(shades(frames), "PNG", duration=100), EncodingLimits(max_frames=most))
    assert len(found.parts) == expected
    if expected:
        steps = np.diff([part.position.seconds or 0.0 for part in found.parts])
        assert steps.min() > 0
        assert found.parts[0].position.seconds == 0
        assert (found.parts[-1].position.seconds or 0) * 10 >= 0.6 * frames


def test_frames_that_show_nothing_are_no_parts() -> None:
    """An animation that fades in from nothing begins where it shows something; one that shows nothing is white."""
    empty = Image.new("RGBA", (40, 30), (0, 0, 0, 0))
    seen = [image.convert("RGBA") for image in shades(2)]
    content = decoded(saved([empty, *seen], "PNG", duration=100, disposal=1, blend=0))
    assert [part.position.seconds for part in content.parts] == pytest.approx([0.1, 0.2])
    hidden = empty.copy()
    hidden.paste((9, 9, 9, 0), (0, 0, 9, 9))
    nothing = decoded(saved([empty, hidden], "PNG", duration=100))
    assert nothing.parts == ()
    assert nothing.cover is not None
    assert nothing.cover.pixels.min() == 255


def test_a_damaged_animation_gives_what_came_before() -> None:
    """Cut in the middle, a GIF keeps its first frames."""
    chance = np.random.default_rng(3)
    noise = [Image.fromarray(chance.integers(0, 255, (30, 40, 3), dtype=np.uint8)) for _ in range(6)]
    data = saved(noise, "GIF", duration=100)
    content = decoded(data[: len(data) // 2])
    assert 1 < len(content.parts) < 6
    with pytest.raises(MediaError) as caught:
        decoded(data[:900])
    assert caught.value.reason == "truncated"


def test_parts_are_no_larger_than_asked_for() -> None:
    """Of many pages, each is averaged down to what was asked for; the cover is the first of them."""
    content = decoded(saved(shades(2, (400, 300)), "TIFF"), at_least=60)
    assert [part.picture.pixels.shape for part in content.parts] == [(60, 80, 3)] * 2
    assert [part.picture.original_size for part in content.parts] == [(400, 300)] * 2


@pytest.mark.parametrize("big", [False, True])
def test_the_pages_of_a_tiff_are_pages(big: bool) -> None:
    """Of five pages three are looked at, by number and in order; five are told."""
    content = decoded(saved(shades(5), "TIFF", big_tiff=big), EncodingLimits(max_pages=3))
    assert [(part.position.kind, part.position.number) for part in content.parts] == [("page", n) for n in (1, 2, 3)]
    assert (blues(content), content.pages) == ([0, 10, 20], 5)
    assert decoded(saved(shades(1), "TIFF")).pages is None


def test_bilevel_and_grey_pages_are_taken() -> None:
    """Faxes: black and white pages, packed as group 4."""
    pages = [Image.new("1", (40, 30), value) for value in (0, 1)]
    content = decoded(saved(pages, "TIFF", compression="group4"))
    assert blues(content) == [0, 255]


def test_smaller_copies_and_masks_are_no_pages() -> None:
    """A thumbnail and a mask that stand in the chain of directories are not counted."""
    data = bytearray(saved(shades(3), "TIFF", tiffinfo={254: 0}))
    marks = [place for place in range(len(data) - 4) if data[place : place + 4] == struct.pack("<HH", 254, 4)]
    assert len(marks) == 3
    data[marks[1] + 8], data[marks[2] + 8] = 1, 4
    content = decoded(bytes(data))
    assert (content.parts, content.pages) == ((), None)
    assert content.cover is not None
    data[marks[2] + 8] = 0
    assert blues(decoded(bytes(data))) == [0, 20]


def test_a_page_that_cannot_be_decoded_leaves_the_others() -> None:
    """One page beyond the limit in pixels, and one whose data lie outside the file: the others are there."""
    pages = shades(4)
    pages[1] = pages[1].resize((400, 300))
    limits = EncodingLimits(max_pixels=2000)
    content = decoded(saved(pages, "TIFF", compression="tiff_deflate"), limits)
    assert [part.position.number for part in content.parts] == [1, 3, 4]
    with pytest.raises(MediaError) as caught:
        decoded(saved(shades(3, (400, 300)), "TIFF"), limits)
    assert caught.value.reason == "too_many_pixels"


def test_directories_in_a_circle_are_walked_once() -> None:
    """The last page's successor is the first page: each counts once."""
    data = bytearray(saved(shades(2), "TIFF"))
    first = struct.unpack_from("<I", data, 4)[0]
    count = struct.unpack_from("<H", data, first)[0]
    second = struct.unpack_from("<I", data, first + 2 + 12 * count)[0]
    entries = struct.unpack_from("<H", data, second)[0]
    struct.pack_into("<I", data, second + 2 + 12 * entries, first)
    assert len(list(chained_directories(bytes(data), 100))) == 2
    assert decoded(bytes(data)).pages == 2

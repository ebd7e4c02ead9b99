"""The composite of a Photoshop file, of any depth and colour mode, comes out in sRGB."""

import numpy as np
import pytest
from numpy.typing import NDArray

from damsight_encoders.content import Picture
from damsight_encoders.decode import FileDecoder
from damsight_encoders.errors import MediaError
from damsight_schemas.connections import EncodingLimits
from fakes.colour_profiles import ink_profile
from fakes.photoshop_files import photoshop, resource, thumbnail

HIGH, LOW, FULL = (np.full((12, 20), value, np.uint8) for value in (200, 30, 255))
STEPS = np.repeat(np.arange(20, dtype=np.uint8)[None] * 13, 12, axis=0)


def decoded(data: bytes, limits: EncodingLimits | None = None) -> Picture:
    picture = FileDecoder(limits).decode_media(data, at_least=16).cover
    assert picture is not None
    return picture


def refused(data: bytes, limits: EncodingLimits | None = None) -> MediaError:
    with pytest.raises(MediaError) as caught:
        FileDecoder(limits).decode_media(data, at_least=16)
    return caught.value


@pytest.mark.parametrize("runs", [True, False])
@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_every_depth_of_a_psd_and_a_psb_is_taken(kind: type, large: bool, runs: bool) -> None:
    """8 and 16 bits, packed and not: each channel in its place, each shade kept."""
    widened = [(plane.astype(kind) * (257 if kind is np.uint16 else 1)).astype(kind) for plane in (STEPS, LOW, HIGH)]
    found = decoded(photoshop(widened, "rgb", large=large, runs=runs))
    assert (found.media_format, found.original_size) == ("PSB" if large else "PSD", (20, 12))
    np.testing.assert_array_equal(found.pixels, np.dstack([STEPS, LOW, HIGH]))


@pytest.mark.parametrize(
    ("planes", "mode", "expected"),
    [
        ([HIGH], "grey", (200, 200, 200)),
        ([HIGH, HIGH, HIGH], "lab", (255, 125, 61)),
        ([HIGH, FULL, FULL, FULL], "cmyk", (200, 255, 255)),
        ([FULL * 0], "bitmap", (255, 255, 255)),
        ([FULL], "bitmap", (0, 0, 0)),
        ([(HIGH / 400).astype(np.float32)] * 3, "rgb", (188, 188, 188)),
    ],
    ids=["grey", "lab", "cmyk", "white bit", "black bit", "32 bits of light"],
)
def test_every_colour_mode_is_taken(planes: list[NDArray[np.generic]], mode: str, expected: tuple[int, ...]) -> None:
    """Grey, Lab, ink (stored inverted), bits (stored inverted) and linear light each have their colour."""
    np.testing.assert_allclose(decoded(photoshop(planes, mode)).pixels[6, 10], expected, atol=2)


def test_a_palette_and_a_profile_are_followed() -> None:
    """An indexed file's colours stand plane by plane; a CMYK file's profile makes its cyan red."""
    palette = bytes(range(256)) + bytes(reversed(range(256))) + bytes([7]) * 256
    assert decoded(photoshop([HIGH], "indexed", palette=palette)).pixels[6, 10].tolist() == [200, 55, 7]
    inked = photoshop([FULL * 0, FULL, FULL, FULL], "cmyk", resources=resource(1039, ink_profile()))
    np.testing.assert_allclose(decoded(inked).pixels[6, 10], (251, 0, 8), atol=4)


def test_transparency_is_white_and_a_saved_selection_is_none() -> None:
    """A fourth channel hides what it covers only where the file says that it is the composite's transparency."""
    planes = [HIGH, LOW, LOW, LOW * 0]
    assert decoded(photoshop(planes, "rgb", transparent=True)).pixels[6, 10].tolist() == [255, 255, 255]
    assert decoded(photoshop(planes, "rgb")).pixels[6, 10].tolist() == [200, 30, 30]


def test_without_a_composite_there_is_the_thumbnail() -> None:
    """Saved without compatibility the composite is blank: the thumbnail shows the file."""
    np.testing.assert_allclose(
        decoded(photoshop([FULL, FULL, FULL], "rgb", resources=thumbnail((200, 30, 60)))).pixels[9, 9],
        (200, 30, 60),
        atol=6,
    )


def test_what_cannot_be_shown_is_refused() -> None:
    """Cut off anywhere, multichannel, beyond the limit, rubbish where the composite should be: a reason for each."""
    whole = photoshop([STEPS, LOW, LOW], "rgb")
    assert {refused(whole[:end]).reason for end in (10, 28, 40, 60, len(whole) - 3)} == {"truncated"}
    assert refused(photoshop([HIGH], "multichannel")).reason == "unsupported"
    assert refused(whole, EncodingLimits(max_pixels=239)).reason == "too_many_pixels"
    assert refused(whole[:14] + b"\x7f\xff\xff\xff\x7f\xff\xff\xff" + whole[22:]).reason == "too_many_pixels"
    place = whole.index(b"\x00\x01", 30)
    assert refused(whole[:place] + b"\x00\x07" + whole[place + 2 :]).reason == "unsupported"
    assert "maximised compatibility" in str(refused(whole[:40]))

"""Frames as they were meant to look: upright, square, in the right colours."""

import struct
from fractions import Fraction

import av
import numpy as np
import pytest

from damsight_encoders.decode.film import decode_film
from damsight_encoders.decode.film_picture import FramePictures
from damsight_encoders.decode.high_dynamic_range import HYBRID_LOG_GAMMA, PERCEPTUAL_QUANTIZER
from damsight_schemas.connections import EncodingLimits
from examples.films import HEIGHT, WIDTH, film

RED = (200, 30, 60)
BT601, BT709, BT2020 = (0.299, 0.114, 6), (0.2126, 0.0722, 1), (0.2627, 0.0593, 9)
UNTOLD = 2
ONE = 1 << 16


def frame_of(
    colour: tuple[int, int, int],
    matrix: tuple[float, float, int],
    *,
    told: bool = True,
    full: bool = False,
    height: int = 48,
) -> av.VideoFrame:
    """A plain frame by the definition of a matrix (BT.601, BT.709 or BT.2020)."""
    red_share, blue_share, number = matrix
    red, green, blue = (value / 255 for value in colour)
    luma = red_share * red + (1 - red_share - blue_share) * green + blue_share * blue
    differences = (blue - luma) / (2 * (1 - blue_share)), (red - luma) / (2 * (1 - red_share))
    scale = (0, 255, 255) if full else (16, 219, 224)
    values = [scale[0] + scale[1] * luma, *(128 + scale[2] * difference for difference in differences)]
    frame = av.VideoFrame(64, height, "yuv420p")
    for plane, value in zip(frame.planes, values, strict=True):
        plane.update(bytes([round(value)]) * plane.buffer_size)
    frame.colorspace = number if told else UNTOLD
    frame.color_range = 2 if full else 1
    return frame


def pictured(frame: av.VideoFrame, aspect: Fraction | None = None) -> np.ndarray:
    pictures = FramePictures(aspect, at_least=16, max_pixels=1 << 20, media_format="MP4")
    return pictures.picture(frame).pixels


@pytest.mark.parametrize(
    ("matrix", "told", "full", "height"),
    [
        (BT601, True, False, 48),
        (BT601, True, True, 48),
        (BT709, True, False, 48),
        (BT2020, True, False, 48),
        (BT601, False, False, 48),
        (BT709, False, False, 720),
        (BT601, False, True, 720),
    ],
)
def test_colours_come_by_the_matrix(matrix: tuple[float, float, int], told: bool, full: bool, height: int) -> None:
    """Told or untold (BT.709 for high definition, BT.601 below and for JPEG), studio or full range: the same red."""
    pixels = pictured(frame_of(RED, matrix, told=told, full=full, height=height))
    np.testing.assert_allclose(pixels[4, 4], RED, atol=4)


@pytest.mark.parametrize(
    ("transfer", "white"),
    [(PERCEPTUAL_QUANTIZER, 0.5807), (HYBRID_LOG_GAMMA, 0.75)],
)
def test_high_dynamic_range_becomes_standard(transfer: int, white: float) -> None:
    """Diffuse white as BT.2408 has it becomes near white, what is brighter is brighter still, and black is black."""
    brightness = []
    for signal in (0.0, white, 1.0):
        grey = round(255 * signal)
        frame = frame_of((grey, grey, grey), BT2020)
        frame.color_trc, frame.color_primaries = transfer, 9
        pixel = pictured(frame)[4, 4].astype(int)
        assert np.ptp(pixel) <= 2
        brightness.append(int(pixel[0]))
    assert brightness[0] <= 2
    assert 230 <= brightness[1] <= 246
    assert brightness[1] < brightness[2] <= 255


def test_transparency_is_on_white() -> None:
    """A frame with an alpha channel shows white through, as stills do."""
    pixels = np.zeros((32, 32, 4), dtype=np.uint8)
    pixels[:, 16:, 3] = 255
    shown = pictured(av.VideoFrame.from_ndarray(pixels, format="rgba"))
    assert shown[4, 2].tolist() == [255, 255, 255]
    assert shown[4, 13].tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("aspect", "size"),
    [
        (Fraction(2), (128, 48)),
        (Fraction(1, 2), (64, 96)),
        (Fraction(1, 5000), (64, 48)),
        (None, (64, 48)),
    ],
)
def test_pixels_become_square(aspect: Fraction | None, size: tuple[int, int]) -> None:
    """The side that has too few pixels gets more; a shape that no pixel has counts as square."""
    pictures = FramePictures(aspect, at_least=1000, max_pixels=1 << 20, media_format="MP4")
    picture = pictures.picture(frame_of(RED, BT601))
    assert picture.original_size == size
    assert picture.pixels.shape == (size[1], size[0], 3)


@pytest.mark.parametrize(
    ("matrix", "corner", "size"),
    [
        ((ONE, 0, 0, ONE), (0, 0), (WIDTH, HEIGHT)),
        ((0, ONE, -ONE, 0), (0, -1), (HEIGHT, WIDTH)),
        ((-ONE, 0, 0, -ONE), (-1, -1), (WIDTH, HEIGHT)),
        ((0, -ONE, ONE, 0), (-1, 0), (HEIGHT, WIDTH)),
        ((-ONE, 0, 0, ONE), (0, -1), (WIDTH, HEIGHT)),
    ],
    ids=["as stored", "clockwise", "upside down", "anticlockwise", "mirrored"],
)
def test_a_telephones_film_stands_upright(
    matrix: tuple[int, int, int, int], corner: tuple[int, int], size: tuple[int, int]
) -> None:
    """The display matrix moves the stored upper left corner to where it belongs."""
    pixels = np.full((HEIGHT, WIDTH, 3), (40, 60, 200), dtype=np.uint8)
    pixels[: HEIGHT // 2, : WIDTH // 2] = (220, 40, 40)
    picture = (
        decode_film(turned(film([pixels]), matrix), EncodingLimits(), at_least=64, sound_rate=None).parts[0].picture
    )
    assert picture.original_size == size
    row, column = (4 if side == 0 else -5 for side in corner)
    np.testing.assert_allclose(picture.pixels[row, column], (220, 40, 40), atol=12)
    np.testing.assert_allclose(picture.pixels[-row, -column], (40, 60, 200), atol=12)


def turned(data: bytes, matrix: tuple[int, int, int, int]) -> bytes:
    """Write a matrix into the track's header (ISO/IEC 14496-12, 8.3.2): a, b, c, d of nine numbers."""
    start = data.index(b"tkhd") + 4 + 40
    a, b, c, d = matrix
    return data[:start] + struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30) + data[start + 36 :]

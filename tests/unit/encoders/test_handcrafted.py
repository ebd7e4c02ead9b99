"""Colours, edges and visual words find what they are for, and are what their papers say."""

from itertools import product
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from damsight_encoders.handcrafted import open_handcrafted
from damsight_encoders.handcrafted.colour import describe_colour
from damsight_encoders.handcrafted.edges import describe_edges
from damsight_encoders.handcrafted.words import open_words
from damsight_encoders.ports import ImageEncoder, Vectors
from examples.photographs import as_picture, photograph
from fakes.vocabularies import learnt, make_vocabulary

RED, BLUE, GREEN, PALE = (200, 30, 40), (30, 60, 190), (20, 140, 60), (240, 235, 220)
Shape = str


def drawn(shape: Shape, colour: tuple[int, int, int], ground: tuple[int, int, int] = PALE) -> NDArray[np.uint8]:
    image = Image.new("RGB", (200, 160), ground)
    pencil = ImageDraw.Draw(image)
    if shape == "disc":
        pencil.ellipse((50, 30, 150, 130), fill=colour)
    elif shape == "square":
        pencil.rectangle((50, 30, 150, 130), fill=colour)
    elif shape == "triangle":
        pencil.polygon([(100, 30), (150, 130), (50, 130)], fill=colour)
    else:
        for top in range(30, 130, 20):
            pencil.rectangle((50, top, 150, top + 8), fill=colour)
    return np.asarray(image)


def turned(pixels: NDArray[np.uint8], degrees: float) -> NDArray[np.uint8]:
    image = Image.fromarray(pixels).rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=(120, 120, 120))
    return np.asarray(image)


def encoded(encoder: ImageEncoder, pictures: list[NDArray[np.uint8]]) -> Vectors:
    return encoder.encode_images([encoder.prepare(as_picture(pixels)) for pixels in pictures])


def ranking(encoder: ImageEncoder, asked: NDArray[np.uint8], library: list[NDArray[np.uint8]]) -> list[int]:
    vectors = encoded(encoder, [asked, *library])
    return [int(number) for number in np.argsort(-(vectors[1:] @ vectors[0]), kind="stable")]


@pytest.mark.parametrize("colour", [RED, BLUE, GREEN])
def test_colours_find_the_same_colour_whatever_the_shape(colour: tuple[int, int, int]) -> None:
    """A disc of a colour finds the square of that colour before the discs of all others."""
    others = [one for one in (RED, BLUE, GREEN) if one != colour]
    library = [drawn("disc", others[0]), drawn("square", colour), drawn("disc", others[1])]
    assert ranking(open_handcrafted("colour", subject=""), drawn("disc", colour), library)[0] == 1


def test_colours_tell_where_a_colour_is() -> None:
    """Of two pictures with equal shares of two colours, the one with them in the same places comes first."""
    upper = np.zeros((90, 90, 3), dtype=np.uint8) + np.array(PALE, dtype=np.uint8)
    upper[:45] = BLUE
    library = [upper[::-1].copy(), upper + np.uint8(3)]
    assert ranking(open_handcrafted("colour", subject=""), upper, library) == [1, 0]


def test_a_slightly_other_colour_is_nearer_than_another() -> None:
    """Similarity falls steadily as a grey gets lighter: no bin's border makes two neighbours strangers."""
    greys = [np.full((60, 60, 3), level, dtype=np.uint8) for level in range(0, 256, 15)]
    similar = [float(describe_colour(greys[0]) @ describe_colour(grey)) for grey in greys]
    assert similar == sorted(similar, reverse=True)
    assert similar[1] > 0.8
    assert similar[-1] < 0.05


@pytest.mark.parametrize("shape", ["disc", "square", "triangle", "stripes"])
def test_edges_find_the_same_shape_whatever_the_colour(shape: Shape) -> None:
    """A red shape finds the blue one of its kind first, and light on dark is as dark on light."""
    shapes = ["disc", "square", "triangle", "stripes"]
    edges = open_handcrafted("edges", subject="")
    for colour, ground in ((BLUE, PALE), (PALE, BLUE)):
        library = [drawn(one, colour, ground) for one in shapes]
        assert shapes[ranking(edges, drawn(shape, RED), library)[0]] == shape


@pytest.mark.parametrize("kind", ["sift", "orb"])
@pytest.mark.parametrize("degrees", [90, 37])
def test_words_survive_a_turn(kind: str, degrees: float, tmp_path: Path) -> None:
    """Each of six pictures, turned, finds itself first."""
    words = open_handcrafted(f"words:{make_vocabulary(tmp_path / 'words.safetensors', kind)}", subject="")
    library = [photograph(200, 150, seed) for seed in range(6)]
    similar = encoded(words, [turned(pixels, degrees) for pixels in library]) @ encoded(words, library).T
    np.testing.assert_array_equal(similar.argmax(axis=1), range(6))


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (1, 60_000), (60_000, 1)])
@pytest.mark.parametrize("name", ["colour", "edges", "sift", "orb"])
def test_any_picture_has_a_vector(name: str, size: tuple[int, int]) -> None:
    """A single pixel, and a line of 60,000, have vectors of length 1; so has what shows nothing at all."""
    encoder = open_words(learnt(name)) if name in {"sift", "orb"} else open_handcrafted(name, subject="")
    pictures = [np.full((size[1], size[0], 3), level, dtype=np.uint8) for level in (0, 200)]
    np.testing.assert_allclose(np.linalg.norm(encoded(encoder, pictures), axis=1), 1, atol=1e-5)


def test_the_colour_vector_is_what_it_says() -> None:
    """Its first part: square roots of half the histogram over CIE Lab, each pixel spread over eight bins."""
    few = photograph(12, 12, 4)
    pixels = few.repeat(5, axis=0).repeat(5, axis=1)
    expected = np.zeros((5, 9, 9))
    for red, green, blue in few.reshape(-1, 3):
        place = (plain_lab(red, green, blue) - [0, -110, -110]) / [100, 220, 220] * [4, 8, 8]
        lower = np.minimum(np.floor(place), [3, 7, 7]).astype(int)
        for corner in product((0, 1), repeat=3):
            weight = np.prod([share if up else 1 - share for up, share in zip(corner, place - lower, strict=True)])
            expected[tuple(lower + corner)] += weight / 144
    np.testing.assert_allclose(describe_colour(pixels)[:405] ** 2 * 2, expected.ravel(), atol=2e-3)


def plain_lab(*rgb: np.uint8) -> NDArray[np.float64]:
    """From sRGB (IEC 61966-2-1) to CIE Lab under D65 (CIE 15)."""
    share = np.array(rgb, dtype=float) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    matrix = [[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]]
    x, y, z = (
        np.cbrt(one) if one > 0.008856 else 7.787 * one + 16 / 116
        for one in np.array(matrix) @ linear / [0.950456, 1, 1.088754]
    )
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def test_the_edge_vector_is_what_it_says() -> None:
    """Half of it is OpenCV's HOG of 16-pixel cells, half the directions of Canny's edges, counted one by one."""
    pixels = photograph(128, 128, 5)
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    gradients = np.append(cv2.HOGDescriptor((128, 128), (32, 32), (16, 16), (16, 16), 9).compute(grey), 0.1)
    counts = np.zeros((16, 8))
    across, down = cv2.Sobel(grey, cv2.CV_64F, 1, 0), cv2.Sobel(grey, cv2.CV_64F, 0, 1)
    for row, column in np.argwhere(cv2.Canny(grey, 80, 160)):
        place = np.degrees(np.arctan2(down[row, column], across[row, column])) % 180 / 22.5
        cell = row // 32 * 4 + column // 32
        counts[cell, int(place) % 8] += 1 - place % 1
        counts[cell, (int(place) + 1) % 8] += place % 1
    vector = describe_edges(pixels)
    np.testing.assert_allclose(vector[:1765] * 2**0.5, gradients / np.linalg.norm(gradients), atol=1e-5)
    np.testing.assert_allclose(vector[1765:] ** 2 * 2, (counts / counts.sum()).ravel(), atol=1e-5)


def test_the_word_vector_is_what_it_says() -> None:
    """Counts of each feature's nearest word (OpenCV's own matcher says which), their roots, times the rarities."""
    vocabulary = learnt("sift")
    encoder = open_words(vocabulary)
    prepared = encoder.prepare(as_picture(photograph(200, 150, 9)))
    _, found = cv2.SIFT_create(500).detectAndCompute(cv2.cvtColor(prepared, cv2.COLOR_RGB2GRAY), None)
    rooted = np.sqrt(found / np.abs(found).sum(axis=1, keepdims=True))
    matches = cv2.BFMatcher(cv2.NORM_L2).match(rooted, vocabulary.centres)
    counts = np.bincount([match.trainIdx for match in matches], minlength=len(vocabulary.centres))
    expected = np.append(np.sqrt(counts) * vocabulary.rarities, 0)
    ours = encoder.encode_images([prepared])[0]
    np.testing.assert_allclose(ours, expected / np.linalg.norm(expected), atol=1e-5)

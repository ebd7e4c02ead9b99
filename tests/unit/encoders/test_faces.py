"""Faces are found and cannot be recognised afterwards; everything else stays as it was."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from damsight_encoders.errors import ModelError
from damsight_encoders.faces import FaceBlur, hide
from fakes.face import picture_with_face
from fakes.face_model import make_red_finder


@pytest.fixture(scope="module")
def by_cascades() -> FaceBlur:
    return FaceBlur()


@pytest.fixture(scope="module")
def by_model(tmp_path_factory: pytest.TempPathFactory) -> FaceBlur:
    return FaceBlur(str(make_red_finder(tmp_path_factory.mktemp("yunet") / "face_detection_yunet_red.onnx")))


def sharpness(pixels: NDArray[np.uint8]) -> float:
    """How much there is of the higher frequencies of a face at 64 pixels: the Laplacian's variance."""
    return float(cv2.Laplacian(cv2.resize(pixels, (64, 64), interpolation=cv2.INTER_AREA), cv2.CV_64F).var())


@pytest.mark.parametrize(("centre", "scale"), [((150, 140), 1.0), ((100, 120), 0.5), ((200, 160), 2.9)])
def test_a_face_is_hidden(by_cascades: FaceBlur, centre: tuple[int, int], scale: float) -> None:
    """A face, small, in a corner or in a large picture, is no face to the detector afterwards."""
    pixels = picture_with_face(centre=centre, scale=scale)
    boxes = by_cascades.find(pixels)
    assert boxes
    left, top, right, bottom = boxes[0]
    assert left < scale * centre[0] < right
    assert top < scale * centre[1] < bottom
    hidden = hide(pixels, boxes)
    assert by_cascades.find(hidden) == []
    assert sharpness(hidden[top:bottom, left:right]) < sharpness(pixels[top:bottom, left:right]) / 20


def test_hardly_anything_is_left_of_a_face() -> None:
    """Noise under a box, the hardest to hide, keeps under a hundredth of its variance."""
    pixels = np.random.default_rng(5).integers(0, 256, (300, 300, 3), dtype=np.uint8)
    hidden = hide(pixels, [(50, 50, 250, 250)])
    assert hidden[50:250, 50:250].var() < pixels.var() / 100


def test_the_rest_is_the_same_to_the_bit(by_cascades: FaceBlur) -> None:
    """Outside of the boxes nothing changes, and the picture that was given stays as it was."""
    pixels = picture_with_face()
    before = pixels.copy()
    hidden = by_cascades.blur(pixels)
    np.testing.assert_array_equal(pixels, before)
    outside = np.ones(pixels.shape[:2], dtype=bool)
    for left, top, right, bottom in by_cascades.find(pixels):
        outside[top:bottom, left:right] = False
    assert outside.mean() > 0.3
    np.testing.assert_array_equal(hidden[outside], pixels[outside])


@pytest.mark.parametrize("shape", [(240, 320), (1, 1), (1, 3000), (30, 2)])
def test_a_picture_without_faces_comes_back_as_it_is(by_cascades: FaceBlur, shape: tuple[int, int]) -> None:
    """Nothing found: the same pixels, at any shape."""
    pixels = np.full((*shape, 3), 140, dtype=np.uint8)
    pixels[: shape[0] // 2] = (90, 120, 60)
    assert by_cascades.blur(pixels) is pixels
    assert by_cascades.find(pixels) == []


def test_a_face_at_the_edge_is_hidden_up_to_the_edge() -> None:
    """A box that ends at the picture's corner, or is one pixel wide, is hidden."""
    pixels = np.random.default_rng(6).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    hidden = hide(pixels, [(30, 20, 50, 40), (0, 0, 1, 40)])
    assert (hidden[20:, 30:] != pixels[20:, 30:]).any(axis=2).mean() > 0.95
    np.testing.assert_array_equal(hidden[:20, 1:], pixels[:20, 1:])


def test_a_model_finds_what_cascades_do_not(by_model: FaceBlur, by_cascades: FaceBlur) -> None:
    """A YuNet model's boxes are hidden, at the place in the picture's own pixels: here, a net that finds red."""
    pixels = np.full((1500, 2000, 3), 90, dtype=np.uint8)
    pixels[600:900, 1200:1500] = (250, 20, 10)
    assert by_cascades.find(pixels) == []
    boxes = by_model.find(pixels)
    assert boxes
    covered = np.zeros(pixels.shape[:2], dtype=bool)
    for left, top, right, bottom in boxes:
        covered[top:bottom, left:right] = True
    assert covered[650:850, 1250:1450].all()
    assert not covered[:300].any()
    assert not covered[:, :900].any()
    np.testing.assert_array_equal(by_model.blur(pixels)[~covered], pixels[~covered])


def test_a_model_that_finds_nothing_changes_nothing(by_model: FaceBlur) -> None:
    """No red: the same pixels."""
    pixels = np.full((120, 90, 3), 90, dtype=np.uint8)
    assert by_model.blur(pixels) is pixels


@pytest.mark.parametrize("kind", ["cascades", "model"])
def test_several_threads_may_blur(kind: str, by_cascades: FaceBlur, by_model: FaceBlur) -> None:
    """Four threads with pictures of different sizes get what each gets alone."""
    blur = by_cascades if kind == "cascades" else by_model
    pictures = [picture_with_face(size=(300 + 20 * number, 300), scale=0.5) for number in range(4)]
    alone = [blur.find(picture) for picture in pictures]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(blur.find, pictures)) == alone


def test_a_model_that_is_missing_is_told() -> None:
    """No such file: ModelError names the setting and what to give."""
    with pytest.raises(ModelError, match=r"DAMSIGHT_PREVIEWS__FACE_MODEL=/nowhere/yunet.onnx: there is no such file"):
        FaceBlur("/nowhere/yunet.onnx")


@pytest.mark.parametrize("content", [b"", b"no model at all", b"version https://git-lfs.github.com/spec/v1\n"])
def test_a_file_that_is_no_model_is_told(content: bytes, tmp_path: Path) -> None:
    """An empty file, words, or what git leaves of a large file: ModelError names the setting and what to give."""
    file = tmp_path / "yunet.onnx"
    file.write_bytes(content)
    with pytest.raises(ModelError, match=r"DAMSIGHT_PREVIEWS__FACE_MODEL=.* is no YuNet model"):
        FaceBlur(str(file))


def test_another_network_is_told(tmp_path: Path) -> None:
    """A model that runs but has not YuNet's twelve outputs: ModelError when it is opened, not at the first picture."""
    file = make_red_finder(tmp_path / "other.onnx", strides=(8,))
    with pytest.raises(ModelError, match=r"DAMSIGHT_PREVIEWS__FACE_MODEL=.* is no YuNet model"):
        FaceBlur(str(file))

"""What every explainer keeps, local or remote: the suite that test_explainers.py runs on each."""

import numpy as np
import pytest

from damsight_encoders.content import Picture
from damsight_encoders.errors import EncoderError
from damsight_encoders.ports import Explainer
from fakes.encoders import COLOURS, FakeJointEncoder


def beside(left: str, right: str, size: tuple[int, int] = (120, 80)) -> Picture:
    """Two colours beside each other."""
    width, height = size
    pixels = np.zeros((height, width, 3), dtype=np.uint8)
    pixels[:, : width // 2], pixels[:, width // 2 :] = COLOURS[left], COLOURS[right]
    return Picture(pixels, size, "PNG")


class ExplainerContract:
    """Needs a fixture `explainer`, over FakeJointEncoder."""

    @pytest.mark.parametrize("size", [(120, 80), (60, 200), (400, 20), (48, 48), (300, 290)])
    def test_the_named_half_is_hotter(self, explainer: Explainer, size: tuple[int, int]) -> None:
        """Whatever the shape: the map is the picture's, finite, 0 to 1, and hotter in the half that was named."""
        picture, middle = beside("red", "blue", size), size[0] // 2
        heat = explainer.explain(picture, "red")
        assert (heat.shape, heat.dtype) == (picture.pixels.shape[:2], np.float32)
        assert np.isfinite(heat).all()
        assert 0 <= heat.min() < 0.1
        assert 0.9 < heat.max() <= 1
        assert heat[:, :middle].mean() > heat[:, middle:].mean()

    def test_the_same_picture_gives_the_same_map(self, explainer: Explainer) -> None:
        """Nothing is drawn by lot."""
        picture = beside("red", "blue")
        np.testing.assert_array_equal(explainer.explain(picture, "red"), explainer.explain(picture, "red"))

    def test_another_picture_is_explained_by_its_vector(self, explainer: Explainer) -> None:
        """A vector in place of words: the half that looks like the other picture is hotter."""
        heat = explainer.explain(beside("red", "blue"), FakeJointEncoder().encode_texts(["blue"])[0])
        assert heat[:, 60:].mean() > heat[:, :60].mean() + 0.3

    def test_the_part_beyond_the_original_does_not_count(self, explainer: Explainer) -> None:
        """A JPEG decoded at a quarter ends in a rim that is only partly filled: the map keeps to the box."""
        whole = beside("red", "blue")
        rimmed = np.concatenate([whole.pixels, np.full((80, 4, 3), COLOURS["red"], dtype=np.uint8)], axis=1)
        heat = explainer.explain(Picture(rimmed, (480, 320), "JPEG", (0.0, 0.0, 120.0, 80.0)), "red")
        assert heat.shape == (80, 124)
        assert heat[:, :60].mean() > heat[:, 60:].mean() + 0.3

    def test_a_vector_of_another_space_is_refused(self, explainer: Explainer) -> None:
        """The message tells the shape that it must have."""
        with pytest.raises(EncoderError, match=r"\(128,\)"):
            explainer.explain(beside("red", "blue"), np.zeros(3, dtype=np.float32))

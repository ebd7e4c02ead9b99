"""The windows find where a picture shows what was looked for, in the picture's own pixels."""

from pathlib import Path

import numpy as np
import pytest

from contract.encoder_contract import png
from contract.explainer_contract import beside
from damsight_encoders.content import Picture
from damsight_encoders.decode import PillowDecoder
from damsight_encoders.errors import EncoderError
from damsight_encoders.explain import WindowExplainer, explainer_of
from damsight_encoders.load import load_joint
from damsight_encoders.ports import Explainer
from damsight_encoders.steps import ImageSteps
from damsight_schemas.connections import ModelSettings
from fakes.encoders import FakeJointEncoder, FakeTextEncoder


class CroppingEncoder(FakeJointEncoder):
    """Sees the middle square alone."""

    steps = ImageSteps(resize="shortest_edge", edge=16, crop=(16, 16))


class LooksAlone:
    """Pictures alone: no words."""

    def __init__(self) -> None:
        inner = FakeJointEncoder()
        self.space, self.input_size = inner.space, inner.input_size
        self.prepare, self.encode_images = inner.prepare, inner.encode_images


def test_it_is_the_average_of_the_windows(clip_folder: Path, on_cpu: ModelSettings) -> None:
    """With a real (tiny) checkpoint, each pixel is what summing up its windows one by one gives."""
    encoder = load_joint(on_cpu.model_copy(update={"joint": str(clip_folder)}))
    assert encoder is not None
    pixels = np.random.default_rng(3).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    wanted = encoder.encode_texts(["fox"])[0]
    corners = [(top, left) for top in (0, 8, 16, 24, 32) for left in (0, 8, 16, 24, 32)]
    parts = [Picture(pixels[top : top + 32, left : left + 32], (32, 32), "") for top, left in corners]
    near = np.array([float(encoder.encode_images([encoder.prepare(part)])[0] @ wanted) for part in parts])
    weights = np.exp((near - near.max()) / near.std())
    hill = np.sin(np.pi * (np.arange(32) + 0.5) / 32)
    total, count = np.zeros((64, 64)), np.zeros((64, 64))
    for (top, left), weight in zip(corners, weights, strict=True):
        total[top : top + 32, left : left + 32] += weight * np.outer(hill, hill)
        count[top : top + 32, left : left + 32] += np.outer(hill, hill)
    expected = total / count
    expected = (expected - expected.min()) / (expected.max() - expected.min())
    heat = WindowExplainer(encoder).explain(Picture(pixels, (64, 64), ""), "fox")
    # The random weights see little of a difference, so the last bit of a product that a batch adds up in another order
    # is a thousandth here.
    np.testing.assert_allclose(heat, expected, atol=1e-2)


def test_another_picture_is_explained_by_its_vector() -> None:
    """A vector in place of words: the half that looks like the other picture is hotter; no words are needed."""
    wanted = FakeJointEncoder().encode_texts(["blue"])[0]
    heat = WindowExplainer(LooksAlone()).explain(beside("red", "blue"), wanted)
    assert heat[:, 60:].mean() > heat[:, :60].mean() + 0.3


def test_what_the_model_never_sees_is_cold() -> None:
    """A model that crops the middle square says nothing of a wide picture's ends."""
    heat = WindowExplainer(CroppingEncoder()).explain(beside("red", "blue", (200, 50)), "red")
    assert heat[:, :75].max() == 0
    assert heat[:, 75:100].mean() > heat[:, 100:125].mean()
    assert heat[:, 125:].max() == 0


def test_a_picture_that_lies_on_its_side_is_explained_upright() -> None:
    """The map is of the upright picture: what was decoded with EXIF's turn has its heat where it is shown."""
    upright = PillowDecoder().decode(png((200, 30, 30), (90, 120)), at_least=64)
    heat = WindowExplainer(FakeJointEncoder()).explain(upright, "red")
    assert heat.shape == upright.pixels.shape[:2]
    # The contract's picture has another colour in its upper left corner alone.
    assert heat[:40, :20].mean() < heat[80:, 40:].mean()


def test_a_plain_picture_tells_nothing() -> None:
    """Where every part is as near as any other, the map is 0 everywhere and not noise."""
    assert WindowExplainer(FakeJointEncoder()).explain(beside("red", "red"), "red").max() == 0


def test_words_for_pictures_alone_and_foreign_vectors_are_refused() -> None:
    """The message says what to give instead, or which shape."""
    looks = WindowExplainer(LooksAlone())
    with pytest.raises(EncoderError, match="by another picture"):
        looks.explain(beside("red", "blue"), "red")
    with pytest.raises(EncoderError, match=r"\(128,\)"):
        looks.explain(beside("red", "blue"), np.zeros(3, dtype=np.float32))


def test_an_encoder_that_explains_itself_is_asked_itself() -> None:
    """explainer_of takes an encoder's own way where it has one."""

    class Explains(FakeJointEncoder):
        at_least = 32

        def explain(self, picture: Picture, towards: object) -> object:
            return None

    itself = Explains()
    assert explainer_of(itself) is itself
    assert isinstance(explainer_of(FakeJointEncoder()), WindowExplainer)
    assert not isinstance(FakeTextEncoder(), Explainer)

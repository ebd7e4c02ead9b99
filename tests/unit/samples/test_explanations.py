"""With the project's own trained checkpoint, the map finds which of two pictograms was named."""

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from damsight_encoders.content import Picture
from damsight_encoders.explain import explainer_of
from damsight_encoders.load import load_joint
from damsight_encoders.ports import Heat, JointEncoder
from damsight_schemas.connections import ModelSettings

PAIRS = 24
SIDE = 160


@pytest.fixture(scope="module")
def starter(samples: Path) -> JointEncoder:
    settings = ModelSettings(joint=str(samples / "starter" / "checkpoint"), device="cpu", dtype="float32", threads=1)
    encoder = load_joint(settings)
    assert encoder is not None
    return encoder


def side_by_side(samples: Path, pair: list[dict[str, Any]]) -> Picture:
    """Two pictograms on a square ground: a shape that the model sees whole."""
    ground = Image.new("RGB", (2 * SIDE, 2 * SIDE), (235, 235, 230))
    for number, entry in enumerate(pair):
        with Image.open(samples / "library" / entry["media"]["uri"]) as file:
            pictogram = file.convert("RGB")
        pictogram.thumbnail((SIDE, SIDE))
        ground.paste(pictogram, (number * SIDE + (SIDE - pictogram.width) // 2, SIDE - pictogram.height // 2))
    return Picture(np.asarray(ground), ground.size, "JPEG")


def halves(heat: Heat) -> tuple[float, float]:
    return float(heat[:, :SIDE].mean()), float(heat[:, SIDE:].mean())


def test_the_named_pictogram_of_two_is_hotter(
    samples: Path, library: list[dict[str, Any]], starter: JointEncoder
) -> None:
    """In 24 pictures of two pictograms, each named once: the named one's half is hotter in at least 9 of 10."""
    chance = random.Random(5)  # noqa: S311 - reproducible, nothing secret
    explainer = explainer_of(starter)
    right = 0
    for pair in (chance.sample(library, 2) for _ in range(PAIRS)):
        picture = side_by_side(samples, pair)
        for number, entry in enumerate(pair):
            means = halves(explainer.explain(picture, entry["metadata"]["title"]))
            right += means[number] > means[1 - number]
    assert right >= 0.9 * 2 * PAIRS, right

"""Several vectors of one asset become one, whose arithmetic holds whatever the parts are."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from damsight_encoders.errors import ModelError
from damsight_encoders.fused import PARTS, PartFusion, open_fusion
from damsight_encoders.load import load_fusion
from damsight_encoders.ports import FusedPart
from damsight_schemas.connections import ModelSettings
from damsight_schemas.space import Space
from fakes.encoders import FakeJointEncoder, FakeTextEncoder

Vector = NDArray[np.float32]
WEIGHTS = "image=2,caption=1,ocr=0.5,metadata=0.25"
SAME_LENGTH = ("average", "weighted", "attention")


def space(model: str, dimensions: int, revision: str = "r1") -> Space:
    return Space(model=model, revision=revision, dimensions=dimensions, modalities=("text",))


def fusion(way: str, *, weights: str | None = None, image: int = 6, words: int = 6) -> PartFusion:
    given_weights = (WEIGHTS if way == "weighted" else "") if weights is None else weights
    asked = ModelSettings.model_validate({"fuse": way, "fuse_weights": given_weights})
    return open_fusion(asked, space("joint", image), space("caption", words))


MADE = {way: fusion(way) for way in (*SAME_LENGTH, "concatenate")}


def refusal(way: str, weights: str = "", joint: Space | None = None, caption: Space | None = None) -> str:
    asked = ModelSettings.model_validate({"fuse": way, "fuse_weights": weights})
    with pytest.raises(ModelError) as caught:
        open_fusion(asked, joint, caption)
    return str(caught.value)


def unit(*numbers: float) -> Vector:
    row = np.array(numbers, dtype=np.float32)
    return np.asarray(row / np.linalg.norm(row), dtype=np.float32)


vectors = st.lists(st.integers(-3, 3), min_size=6, max_size=6).filter(any).map(lambda row: unit(*row))
some_parts = st.dictionaries(st.sampled_from(PARTS), vectors, min_size=1)
lean = settings(max_examples=30, deadline=None)


@lean
@given(parts=some_parts, data=st.data())
def test_a_fused_vector_has_length_one_whatever_the_order(parts: dict[FusedPart, Vector], data: st.DataObject) -> None:
    """Of any parts comes one finite float32 row of length 1 in the fusion's space, the same to the bit in any order."""
    shuffled = dict(data.draw(st.permutations(list(parts.items()))))
    for made in MADE.values():
        fused = made.fuse(parts)
        assert fused.shape == (made.space.dimensions,)
        assert fused.dtype == np.float32
        assert np.linalg.norm(fused) == pytest.approx(1, abs=1e-5)
        np.testing.assert_array_equal(made.fuse(shuffled), fused)


@lean
@given(vector=vectors, part=st.sampled_from(PARTS))
def test_a_part_alone_is_the_fused_vector(vector: Vector, part: FusedPart) -> None:
    """What is not there counts nothing: one part alone comes out as it went in."""
    for way in SAME_LENGTH:
        np.testing.assert_allclose(MADE[way].fuse({part: vector}), vector, atol=1e-6)


@lean
@given(parts=some_parts)
def test_concatenating_keeps_each_part_in_its_place(parts: dict[FusedPart, Vector]) -> None:
    """A part stands where it always stands, times its weight over the length of all that are there; zeros if absent."""
    weights = {"image": 2.0, "caption": 1.0, "ocr": 0.5, "metadata": 0.25}
    length = np.sqrt(sum(weights[part] ** 2 for part in parts))
    fused = fusion("concatenate", weights=WEIGHTS).fuse(parts)
    for part, row in zip(PARTS, fused.reshape(4, 6), strict=True):
        expected = parts[part] * weights[part] / length if part in parts else np.zeros(6)
        np.testing.assert_allclose(row, expected, atol=1e-6)


@lean
@given(parts=some_parts, loud=vectors)
def test_a_part_of_weight_zero_counts_nothing(parts: dict[FusedPart, Vector], loud: Vector) -> None:
    """With weight 0, or not named among the weights, a part may be there or not: the vector is the same."""
    for way, weights in [("weighted", "image=1,caption=3,ocr=0"), ("concatenate", "image=1,caption=3")]:
        made = fusion(way, weights=weights)
        kept = {**parts, "image": parts.get("image", loud)}
        without: dict[FusedPart, Vector] = {part: row for part, row in kept.items() if part in ("image", "caption")}
        np.testing.assert_array_equal(made.fuse({**kept, "ocr": loud}), made.fuse(without))


def test_weights_say_how_much_a_part_counts() -> None:
    """The weighted sum is the sum, worked out by hand."""
    made = fusion("weighted", weights="image=3,caption=4", image=2, words=2)
    parts: dict[FusedPart, Vector] = {"image": unit(1, 0), "caption": unit(0, 1)}
    np.testing.assert_allclose(made.fuse(parts), [0.6, 0.8], atol=1e-6)


def test_attention_listens_to_what_agrees() -> None:
    """Two parts that agree pull the vector further from the third than their plain mean does."""
    parts: dict[FusedPart, Vector] = {
        "caption": unit(1, 0.1, 0, 0, 0, 0),
        "ocr": unit(0.1, 1, 0, 0, 0, 0),
        "metadata": unit(1, 0, 0.1, 0, 0, 0),
    }
    attended, averaged = fusion("attention").fuse(parts), fusion("average").fuse(parts)
    assert attended @ parts["ocr"] < averaged @ parts["ocr"] - 0.05
    assert attended @ parts["caption"] > averaged @ parts["caption"] + 0.05


@pytest.mark.parametrize("way", SAME_LENGTH)
def test_parts_that_cancel_out_leave_the_heaviest(way: str) -> None:
    """Of two opposite vectors nothing would be left: the heavier one, else the first, stands alone."""
    opposite: dict[FusedPart, Vector] = {"ocr": unit(-1, 2, 0, 0, 0, 0), "image": unit(1, -2, 0, 0, 0, 0)}
    made = fusion(way, weights="image=1,ocr=1" if way == "weighted" else "")
    np.testing.assert_allclose(made.fuse(opposite), opposite["image"], atol=1e-6)


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({}, "nothing to fuse"),
        ({"image": unit(1, 2)}, "has the shape"),
        ({"image": np.zeros(6, dtype=np.float32)}, "is zero"),
        ({"image": np.full(6, np.nan, dtype=np.float32)}, "not finite"),
        ({"sound": unit(1, 0, 0, 0, 0, 0)}, "no encoder gives the part 'sound'"),
    ],
)
def test_parts_that_make_no_sense_are_refused(parts: dict[FusedPart, Vector], words: str) -> None:
    """No part, one of another length, a zero or broken one, or an unknown one: ValueError, and which."""
    with pytest.raises(ValueError, match=words):
        fusion("average").fuse(parts)


def test_the_space_tells_what_it_is_made_of() -> None:
    """Name, dimensions and modalities say which spaces were fused, and how."""
    made = fusion("concatenate", image=8, words=5).space
    assert (made.model, made.dimensions) == ("fused:concatenate(joint+caption)", 8 + 3 * 5)
    assert made.modalities == ("image", "text")
    words_alone = open_fusion(ModelSettings(fuse="average"), None, space("caption", 5)).space
    assert (words_alone.model, words_alone.modalities) == ("fused:average(caption)", ("text",))


def test_the_revision_follows_all_that_the_vector_depends_on() -> None:
    """Another way, weight or revision of a model gives another revision; the same settings give the same."""
    joint, caption, newer = space("joint", 6), space("caption", 6), space("caption", 6, "r2")
    revisions = [
        open_fusion(ModelSettings.model_validate({"fuse": way, "fuse_weights": weights}), joint, words).space.revision
        for way, weights, words in [
            ("average", "", caption),
            ("average", "", newer),
            ("attention", "", caption),
            ("weighted", "image=1,caption=1", caption),
            ("weighted", "image=1,caption=2", caption),
        ]
    ]
    assert len(set(revisions)) == len(revisions)
    assert fusion("average").space.revision == revisions[0]


def test_what_cannot_be_fused_is_told_with_what_to_do() -> None:
    """Each refusal names the setting, what is wrong and what to set."""
    joint, caption = space("joint", 768), space("caption", 384)
    assert "384 and 768 dimensions" in refusal("average", "", joint, caption)
    assert "take concatenate" in refusal("attention", "", joint, caption)
    assert "leave parts out" in refusal("concatenate", "", space("joint", 2048), space("caption", 1024))
    assert "set DAMSIGHT_MODELS__JOINT and DAMSIGHT_MODELS__CAPTION" in refusal("average", "", joint)
    assert "nothing to fuse" in refusal("average")
    assert "is needed" in refusal("weighted", "", joint, caption)
    assert "no meaning" in refusal("average", "image=1,caption=1", joint, caption)
    assert "there is no part sound" in refusal("weighted", "image=1,sound=1", joint, caption)
    assert "image has a weight and no model; set DAMSIGHT_MODELS__JOINT" in refusal(
        "weighted", "image=1", None, caption
    )
    assert "only image counts" in refusal("weighted", "image=1,caption=0", joint, caption)


def test_it_is_loaded_for_the_encoders_that_there_are() -> None:
    """load_fusion takes the spaces from the encoders, and gives none where the settings name no way."""
    joint, caption = FakeJointEncoder(), FakeTextEncoder()
    made = load_fusion(ModelSettings(fuse="concatenate", fuse_weights="image=1,caption=1"), joint, caption)
    assert made is not None
    assert made.space.dimensions == joint.space.dimensions + caption.space.dimensions
    assert load_fusion(ModelSettings(), joint, caption) is None

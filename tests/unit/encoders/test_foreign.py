"""Another server of OpenAI's embeddings API stands in for the sentence model, and for nothing else."""

import numpy as np
import pytest

from damsight_encoders.errors import EncoderError, ModelError
from damsight_encoders.load import load_encoders
from damsight_schemas.connections import ModelSettings
from drivers.plain_embeddings import DIMENSIONS, MODEL, plain_server, plain_vector


@pytest.mark.parametrize("lists_models", [True, False])
def test_a_plain_server_gives_captions_their_vectors(lists_models: bool) -> None:
    """It knows model, input and float alone, may list no models, and answers out of order: each text has its row."""
    texts = [f"text {number}" for number in range(70)] + [""]
    with plain_server(lists_models=lists_models) as (url, asked):
        encoders = load_encoders(ModelSettings(url=url, caption=MODEL, caption_revision="2026-11"), in_bulk=True)
        assert encoders.caption is not None
        found = encoders.caption.encode_texts(texts, purpose="query")
    expected = np.array([plain_vector(text or " ") for text in texts])
    np.testing.assert_allclose(found, expected / np.linalg.norm(expected, axis=1, keepdims=True), atol=1e-6)
    space = encoders.caption.space
    assert (space.model, space.revision, space.dimensions, space.modalities) == (
        MODEL,
        "2026-11",
        DIMENSIONS,
        ("text",),
    )
    assert (encoders.joint, encoders.look) == (None, None)
    assert max(len(body["input"]) for body in asked) <= 64


def test_its_refusal_is_told() -> None:
    """A model that it does not have: its own words, and no outage."""
    with plain_server() as (url, _), pytest.raises(EncoderError, match="unknown"):
        load_encoders(ModelSettings(url=url, caption="another"))


@pytest.mark.parametrize(
    ("models", "words"),
    [({}, "DAMSIGHT_MODELS__CAPTION"), ({"caption": MODEL, "joint": "x/y"}, "unset DAMSIGHT_MODELS__JOINT")],
)
def test_what_it_cannot_do_is_said_at_the_start(models: dict[str, str], words: str) -> None:
    """Without a model's name, or for pictures: the message names the setting."""
    with plain_server() as (url, _), pytest.raises(ModelError, match=words):
        load_encoders(ModelSettings(url=url, **models))

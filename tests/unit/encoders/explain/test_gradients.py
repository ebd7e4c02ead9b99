"""Relevancy and Grad-CAM are what the papers say, computed by hand on tiny checkpoints, and lie where they belong."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from contract.explainer_contract import beside
from damsight_encoders.content import Picture
from damsight_encoders.errors import NotExplainableError
from damsight_encoders.explain.gradients import GradientExplainer, grad_cam, relevancy
from damsight_encoders.explain.heat import seen_by_model, spread
from damsight_encoders.explain.recording import Recording
from damsight_encoders.load import load_joint
from damsight_encoders.look import open_look
from damsight_encoders.ports import ImageEncoder, JointEncoder
from damsight_encoders.steps import ImageSteps
from damsight_schemas.connections import ModelSettings
from fakes.checkpoints import MAKERS
from fakes.encoders import FakeJointEncoder
from fakes.vision_checkpoints import VISION_MAKERS

NOISE = Picture(np.random.default_rng(3).integers(0, 256, (48, 64, 3), dtype=np.uint8), (64, 48), "")


def joint(kind: str, folder: Path, settings: ModelSettings) -> Any:
    made = MAKERS[kind](folder / f"tiny-{kind}")
    return load_joint(settings.model_copy(update={"joint": str(made)}))


def look(kind: str, folder: Path, settings: ModelSettings) -> Any:
    made = VISION_MAKERS[kind](folder / f"tiny-{kind}")
    return open_look(settings.model_copy(update={"look": str(made)}))


@pytest.mark.parametrize("kind", ["clip", "siglip"])
def test_the_recorded_network_is_the_same_network(kind: str, tmp_path: Path, on_cpu: ModelSettings) -> None:
    """Computing attention step by step changes no vector, SigLIP's pooling head included, and each row sums to 1."""
    encoder = joint(kind, tmp_path, on_cpu)
    prepared = encoder.prepare(NOISE)
    with Recording() as recording, torch.no_grad():
        vector = encoder.forward(torch.from_numpy(prepared)[None])
    np.testing.assert_allclose(vector.numpy(), encoder.encode_images([prepared]), atol=1e-5)
    assert len(recording.attention) == {"clip": 2, "siglip": 3}[kind]
    for weights in recording.attention:
        torch.testing.assert_close(weights.sum(dim=-1), torch.ones(weights.shape[:-1]))


def test_relevancy_is_chefers_equation() -> None:
    """By hand for two layers of two tokens and a class token: R + mean(relu(gradient x attention)) R, class row."""
    generator = torch.Generator().manual_seed(1)
    attention = [torch.rand((1, 2, 5, 5), generator=generator) for _ in range(2)]
    gradients = [torch.randn((1, 2, 5, 5), generator=generator) for _ in range(2)]
    expected = np.eye(5)
    for weights, gradient in zip(attention, gradients, strict=True):
        layer = np.maximum(weights.numpy() * gradient.numpy(), 0).mean(axis=1)[0]
        expected = expected + layer @ expected
    np.testing.assert_allclose(relevancy(attention, gradients, (16, 16)), expected[0, 1:].reshape(2, 2), rtol=1e-5)


def test_grad_cam_is_selvarajus_equation() -> None:
    """By hand: channels weighted by their gradient's mean, summed, and what speaks against is left out."""
    grid = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]], [[1.0, 0.0], [0.0, 9.0]]]])
    gradient = torch.stack([torch.full((2, 2), 0.5), torch.full((2, 2), -1.0)])[None]
    np.testing.assert_allclose(grad_cam(grid, gradient), [[0.0, 1.0], [1.5, 0.0]])


@pytest.mark.parametrize(("maker", "kind"), [(joint, "clip"), (joint, "siglip"), (look, "vit"), (look, "resnet")])
def test_each_kind_of_network_is_explained(maker: Any, kind: str, tmp_path: Path, on_cpu: ModelSettings) -> None:
    """A map of the picture's own shape, finite, 0 to 1, not flat, and the same each time; by a vector, and by words."""
    encoder: ImageEncoder | JointEncoder = maker(kind, tmp_path, on_cpu)
    explainer = GradientExplainer(encoder)  # type: ignore[arg-type]
    wanted = encoder.encode_images([encoder.prepare(beside("red", "blue"))])[0]
    heat = explainer.explain(NOISE, wanted)
    assert (heat.shape, heat.dtype) == ((48, 64), np.float32)
    assert np.isfinite(heat).all()
    assert heat.min() >= 0
    assert 0.5 < heat.max() <= 1
    np.testing.assert_array_equal(explainer.explain(NOISE, wanted), heat)
    if hasattr(encoder, "encode_texts"):
        assert explainer.explain(NOISE, "fox").shape == (48, 64)


def test_the_map_lies_where_the_crop_was() -> None:
    """A middle crop's left column is drawn at the crop's left edge, and the ends that it lost stay cold."""
    steps = ImageSteps(resize="shortest_edge", edge=32, crop=(32, 32))
    picture = Picture(np.zeros((50, 200, 3), dtype=np.uint8), (200, 50), "")
    box = seen_by_model(picture, steps)
    assert box == (75.0, 0.0, 125.0, 50.0)
    heat = spread(np.array([[1.0, 0.0], [1.0, 0.0]], dtype=np.float32), box, (50, 200))
    assert (heat[:, :75].max(), heat[:, 125:].max()) == (0, 0)
    assert heat[:, 75:87].min() > 0.9
    assert heat[:, 113:125].max() < 0.1


def test_a_crop_larger_than_the_picture_is_cut_to_it() -> None:
    """Where the crop padded the picture, the map of the padding is left out."""
    steps = ImageSteps(resize="exact", height=16, width=16, crop=(32, 32))
    picture = Picture(np.zeros((40, 40, 3), dtype=np.uint8), (40, 40), "")
    assert seen_by_model(picture, steps) == (-20.0, -20.0, 60.0, 60.0)
    grid = np.zeros((4, 4), dtype=np.float32)
    grid[0], grid[1, 1] = 1.0, 0.5
    heat = spread(grid, seen_by_model(picture, steps), (40, 40))
    assert heat.shape == (40, 40)
    assert heat[:8, :8].mean() > heat[30:, 30:].mean()


def test_what_has_no_gradients_is_refused(tmp_path: Path, on_cpu: ModelSettings) -> None:
    """A fake, a remote one and NaFlex's patches: NotExplainableError names the other way."""
    for encoder in (FakeJointEncoder(), joint("siglip2-naflex", tmp_path, on_cpu)):
        with pytest.raises(NotExplainableError, match="windows"):
            GradientExplainer(encoder)

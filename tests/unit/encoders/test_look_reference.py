"""Vectors of pictures alone are those of the plain transformers and torchvision paths."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torchvision
import transformers
from numpy.typing import NDArray
from safetensors.torch import load_file

from damsight_encoders.look import open_look
from damsight_encoders.ports import ImageEncoder
from damsight_schemas.connections import ModelSettings
from examples.photographs import as_picture, photograph
from fakes.vision_checkpoints import VISION_MAKERS, make_torchvision

# Odd differences on both sides of the middle crop, strips, and pictures smaller than the models see.
SHAPES = [(640, 427), (301, 455), (33, 31), (20, 24), (300, 60)]
PHOTOGRAPHS = [photograph(*shape, seed) for seed, shape in enumerate(SHAPES)]
NETWORKS = {
    "resnet18": torchvision.models.ResNet18_Weights.IMAGENET1K_V1,
    "vgg11": torchvision.models.VGG11_Weights.IMAGENET1K_V1,
    "inception_v3": torchvision.models.Inception_V3_Weights.IMAGENET1K_V1,
}


def opened(name: object) -> ImageEncoder:
    return open_look(ModelSettings(look=str(name), device="cpu", dtype="float32", threads=1))


def encoded(encoder: ImageEncoder, count: int = len(PHOTOGRAPHS)) -> NDArray[np.float32]:
    return encoder.encode_images([encoder.prepare(as_picture(pixels)) for pixels in PHOTOGRAPHS[:count]])


def assert_same(ours: NDArray[np.float32], theirs: list[torch.Tensor], least: float = 0.9999) -> None:
    expected = torch.nn.functional.normalize(torch.cat([row.reshape(1, -1) for row in theirs]), dim=-1).numpy()
    assert (ours * expected).sum(axis=1).min() >= least
    # Equality says something only where different pictures are much farther apart than ours from theirs.
    apart = np.linalg.norm(expected[:, None] - expected[None], axis=2)[~np.eye(len(expected), dtype=bool)]
    assert np.linalg.norm(ours - expected, axis=1).max() < apart.min() / 10


def published(kind: str, outputs: Any) -> torch.Tensor:
    """The vector by the papers' own words: the class token for ViT and DINO, the mean over the grid for the others."""
    if kind in {"vit", "dinov2", "dinov3"}:
        return outputs.last_hidden_state[:, 0]
    return outputs.last_hidden_state.mean(1) if kind == "swin" else outputs.pooler_output


def plain(network: str, file: Path) -> Any:
    options = {"transform_input": True, "init_weights": False} if network == "inception_v3" else {}
    with torch.device("meta"):
        model = torchvision.models.get_model(network, weights=None, **options)
    model.fc = model.classifier = torch.nn.Identity()
    model.load_state_dict(load_file(file), assign=True)
    return model.eval()


@pytest.mark.parametrize("kind", sorted(VISION_MAKERS))
def test_a_checkpoint_gives_the_plain_paths_vectors(kind: str, tmp_path: Path) -> None:
    """Pictures of any shape have a cosine of 0.9995 or 0.9999 or more with the checkpoint's own processor and model."""
    folder = VISION_MAKERS[kind](tmp_path / f"tiny-{kind}")
    encoder = opened(folder)
    processor = transformers.AutoImageProcessor.from_pretrained(folder)
    model = transformers.AutoModel.from_pretrained(folder).eval()
    with torch.inference_mode():
        rows = [published(kind, model(**processor(images=one, return_tensors="pt"))) for one in PHOTOGRAPHS]
    # DINOv3's processor alone does not round to whole numbers after it resizes.
    assert_same(encoded(encoder), rows, least=0.9995 if kind == "dinov3" else 0.9999)
    assert encoder.space.model == f"tiny-{kind}"
    assert encoder.space.modalities == ("image",)


@pytest.mark.parametrize("network", sorted(NETWORKS))
def test_a_network_of_torchvision_gives_the_plain_paths_vectors(network: str, tmp_path: Path) -> None:
    """Published transforms, then what the classifier takes (VGG: what its convolutions end in), averaged."""
    file = make_torchvision(network, tmp_path / "weights.safetensors")
    encoder = opened(f"torchvision:{network}:{file}")
    model = plain(network, file)
    seen: list[torch.Tensor] = []
    model.avgpool.register_forward_hook(lambda _module, inputs, _output: seen.append(inputs[0].mean((2, 3))))
    transforms = NETWORKS[network].transforms()
    with torch.inference_mode():
        for pixels in PHOTOGRAPHS[:3]:
            model(transforms(torch.from_numpy(pixels).permute(2, 0, 1))[None])
    assert_same(encoded(encoder, 3), seen)
    assert encoder.space.model == f"torchvision/{network}.IMAGENET1K_V1"


def test_the_weights_name_decides_the_preprocessing(tmp_path: Path) -> None:
    """ResNet-50's two published weights are resized differently; without a name torchvision's default is taken."""
    file = make_torchvision("resnet50", tmp_path / "weights.safetensors")
    first = opened(f"torchvision:resnet50.IMAGENET1K_V1:{file}")
    default = opened(f"torchvision:resnet50:{file}")
    assert (first.input_size, default.input_size) == (256, 232)
    assert default.space.model == "torchvision/resnet50.IMAGENET1K_V2"
    assert first.space.dimensions == default.space.dimensions == 2048
    assert first.space.revision == default.space.revision

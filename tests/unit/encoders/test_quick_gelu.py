"""CLIP's activation folded into its neighbours: the same vectors."""

import copy

import pytest
import torch
import transformers

from damsight_encoders.device import Placement
from damsight_encoders.quick_gelu import fold_quick_gelu

CPU = Placement(torch.device("cpu"), torch.float32, 8)


def model_of(activation: str) -> transformers.CLIPVisionModel:
    """Return a small one of random weights, large enough that its activations leave the linear part."""
    config = transformers.CLIPVisionConfig(
        hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2, image_size=32, patch_size=8,
        hidden_act=activation, initializer_range=0.5, initializer_factor=20.0,
    )  # fmt: skip
    torch.manual_seed(5)
    return transformers.CLIPVisionModel(config).eval()


def test_folded_vectors_are_the_models_own() -> None:
    """Every activation of quick GELU becomes a SiLU, and outputs agree within float32's rounding."""
    plain = model_of("quick_gelu")
    folded = copy.deepcopy(plain)
    fold_quick_gelu(folded, CPU)
    assert sum(isinstance(part, torch.nn.SiLU) for part in folded.modules()) == 2
    pixels = torch.randn(3, 3, 32, 32)
    with torch.inference_mode():
        right, found = plain(pixels).pooler_output, folded(pixels).pooler_output
    assert right.abs().max() > 0.1
    torch.testing.assert_close(found, right, rtol=1e-4, atol=1e-5)


def test_gradients_flow_through_it() -> None:
    """A heat map's gradients with respect to the pixels agree too: the step in place spoils none."""
    plain = model_of("quick_gelu")
    folded = copy.deepcopy(plain)
    fold_quick_gelu(folded, CPU)
    gradients = []
    for model in (plain, folded):
        pixels = torch.linspace(-1, 1, 3 * 32 * 32).reshape(1, 3, 32, 32).requires_grad_()
        model(pixels).pooler_output.square().sum().backward()
        gradients.append(pixels.grad)
    torch.testing.assert_close(gradients[1], gradients[0], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    ("activation", "placement"),
    [("gelu", CPU), ("quick_gelu", Placement(torch.device("cpu"), torch.bfloat16, 8)),
     ("quick_gelu", Placement(torch.device("cuda"), torch.float32, 8))],
)  # fmt: skip
def test_it_is_left_where_it_does_not_fit(activation: str, placement: Placement) -> None:
    """Other activations, other number formats and other devices keep their weights."""
    model = model_of(activation)
    before = copy.deepcopy(model.state_dict())
    fold_quick_gelu(model, placement)
    assert all(torch.equal(before[name], weight) for name, weight in model.state_dict().items())

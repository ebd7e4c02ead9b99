"""A text model once more for few tokens on a CPU: weights of 16 bits, arithmetic of 32.

A query is a handful of tokens, so a forward pass is bound by how fast the weights are read. FBGEMM keeps them packed in
half the bytes and multiplies in float32: MiniLM's vectors agree to a cosine of 0.999999, and the pass takes two thirds
of the time (bench/encode.py).

Source: FBGEMM, "FP16 GEMM" (Khudia et al. 2021, arXiv:2101.05615), through torch.ops.quantized.linear_dynamic_fp16.
"""

import copy
from typing import Any, Final

import torch

from damsight_encoders.device import Placement
from damsight_encoders.ports import TextPurpose

# Above so many tokens the pass is bound by arithmetic, and torch's own product of matrices is as fast.
MOST_TOKENS: Final = 64
_LARGEST: Final = 65504.0
_PICTURES: Final = ("vision", "visual", "image")


class HalfWeights(torch.nn.Module):
    """A linear layer of the same result, (..., in) float32 to (..., out) float32.

    Args:
        layer: In float32, on the CPU.
    """

    def __init__(self, layer: torch.nn.Linear) -> None:
        super().__init__()
        given: torch.Tensor | None = layer.bias
        bias = None if given is None else given.detach()
        self._packed = torch.ops.quantized.linear_prepack_fp16(layer.weight.detach(), bias)

    def forward(self, given: torch.Tensor) -> torch.Tensor:
        """Multiply."""
        product: torch.Tensor = torch.ops.quantized.linear_dynamic_fp16(given, self._packed)
        return product


def for_few_tokens(model: torch.nn.Module, placement: Placement) -> Any | None:
    """Return a copy of a model whose text part computes so; all other weights are the model's own.

    Returns:
        None where that brings nothing, or cannot be: on a GPU, in other number formats, without FBGEMM, or with
        weights that 16 bits cannot hold.
    """
    fits = placement.device.type == "cpu" and placement.dtype is torch.float32
    if not fits or "fbgemm" not in torch.backends.quantized.supported_engines:
        return None
    layers = [(name, layer) for name, layer in model.named_modules() if _is_of_text(name, layer)]
    if not layers or any(float(layer.weight.detach().abs().max()) > _LARGEST for _, layer in layers):
        return None
    # The copy shares every tensor with the model: only the packed weights take memory of their own.
    shared = {id(tensor): tensor for tensor in (*model.parameters(), *model.buffers())}
    quick = copy.deepcopy(model, shared)
    for name, layer in layers:
        parent, _, child = name.rpartition(".")
        setattr(quick.get_submodule(parent), child, HalfWeights(layer))
    return quick


def model_for(tokens: torch.Tensor, purpose: TextPurpose, model: Any, for_few: Any | None) -> Any:
    """Return the copy for a query of few tokens, and the model for all else.

    What is stored is always the model's own: a document's vector must not depend on the batch that it came in.
    """
    fits = for_few is not None and purpose == "query" and tokens.numel() <= MOST_TOKENS
    return for_few if fits else model


def _is_of_text(name: str, layer: torch.nn.Module) -> bool:
    return type(layer) is torch.nn.Linear and not any(word in name for word in _PICTURES)

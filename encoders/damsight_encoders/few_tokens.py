"""A text model once more for few tokens on a CPU: weights of 16 bits, arithmetic of 32.

A query is a handful of tokens, so a forward pass is bound by how fast the weights are read. FBGEMM keeps them packed in
half the bytes and multiplies in float32: MiniLM's vectors agree to a cosine of 0.999999. So little work is not worth
sharing either: two threads that meet at each layer took twice as long as one alone (0.28 ms and 0.14 ms for 9 tokens
through 384 x 1536). So each query is computed by one thread, and several queries by several (bench/encode.py). A
document's few words are as little work: 21 ms by one thread and 37 by two (MiniLM, 20 tokens), with its own weights.

Source: FBGEMM, "FP16 GEMM" (Khudia et al. 2021, arXiv:2101.05615), through torch.ops.quantized.linear_dynamic_fp16.
"""

import os
from collections.abc import Callable
from typing import Any, Final

import torch

from damsight_encoders.device import Placement
from damsight_encoders.one_threaded import one_threaded
from damsight_encoders.ports import TextPurpose, Vectors
from damsight_encoders.shared_weights import copy_sharing_weights

# Above so many tokens the pass is bound by arithmetic, and torch's own product of matrices is as fast.
MOST_TOKENS: Final = 64
# The same of documents, for which two threads are then faster: 80 took 38 ms by one and 46 by two, 160 111 and 87.
MOST_TOKENS_OF_DOCUMENTS: Final = 96
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
    # Only the packed weights take memory of their own.
    quick = copy_sharing_weights(model)
    for name, layer in layers:
        parent, _, child = name.rpartition(".")
        setattr(quick.get_submodule(parent), child, HalfWeights(layer))
    return quick


class FewTokens:
    """Computes what has few tokens, each call in one thread of its own.

    Args:
        quick: From `for_few_tokens`; for queries.
        model: What it was made of; for documents. What is stored is always the model's own: a document's vector must
            not depend on the batch that it came in.
    """

    def __init__(self, quick: Any, model: Any) -> None:
        self._quick = quick
        self._model = model
        self._threads = one_threaded(max(2, os.cpu_count() or 2), "few-tokens")

    def takes(self, tokens: torch.Tensor, purpose: TextPurpose) -> bool:
        """Tell whether this is for us."""
        return tokens.numel() <= (MOST_TOKENS if purpose == "query" else MOST_TOKENS_OF_DOCUMENTS)

    def compute(self, forward: Callable[[Any], Vectors], purpose: TextPurpose) -> Vectors:
        """Run a forward pass over the model for this purpose, and wait for it."""
        model = self._quick if purpose == "query" else self._model
        return self._threads.submit(_computed, forward, model).result()


def few_tokens(model: torch.nn.Module, placement: Placement) -> FewTokens | None:
    """Return what computes few tokens of a text model; None where `for_few_tokens` has nothing to offer."""
    copied = for_few_tokens(model, placement)
    return None if copied is None else FewTokens(copied, model)


def _computed(forward: Callable[[Any], Vectors], model: Any) -> Vectors:
    # The mode belongs to a thread.
    with torch.inference_mode():
        return forward(model)


def _is_of_text(name: str, layer: torch.nn.Module) -> bool:
    return type(layer) is torch.nn.Linear and not any(word in name for word in _PICTURES)

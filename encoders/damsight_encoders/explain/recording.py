"""What a network did on its way to a vector: its attention weights, and the last grid that it pooled.

torch's function modes see a network's calls from outside, in one thread alone (torch.overrides.TorchFunctionMode): the
network is neither changed nor disturbed where others use it meanwhile.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

import torch
from torch.nn import functional
from torch.overrides import TorchFunctionMode

_GRID: Final = 4
_SPATIAL: Final = ((-2, -1), (2, 3), (-1, -2), (3, 2))


class Recording(TorchFunctionMode):
    """While entered, keeps what the calls of this thread make of attention and of pooled grids.

    Attention is computed step by step, for the quick kernels give no weights: softmax(q k' / sqrt(d)) v (Vaswani et al.
    2017, arXiv:1706.03762, equation 1).

    Attributes:
        attention: (n, heads, queries, keys) each, in order; part of the graph.
        grid: (n, channels, rows, columns), the input of the last mean over rows and columns; None where there was none.
    """

    def __init__(self) -> None:
        super().__init__()
        self.attention: list[torch.Tensor] = []
        self.grid: torch.Tensor | None = None

    def __torch_function__(
        self, func: Callable[..., Any], types: Sequence[type], args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        given = kwargs or {}
        if func is functional.scaled_dot_product_attention:
            return self._attend(*args, **given)
        if func is functional.multi_head_attention_forward:
            return self._attend_with_projections(*args), None
        if _pools_grid(func, args, given):
            self.grid = args[0]
        return func(*args, **given)

    def _attend(
        self,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        attn_mask: torch.Tensor | None = None,
        *_: Any,
        scale: float | None = None,
        **__: Any,
    ) -> torch.Tensor:
        scores = query @ key.transpose(-1, -2) * (scale or 1 / math.sqrt(query.shape[-1]))
        if attn_mask is not None:
            scores = scores.masked_fill(~attn_mask, -math.inf) if attn_mask.dtype == torch.bool else scores + attn_mask
        weights = torch.softmax(scores, dim=-1)
        self.attention.append(weights)
        return weights @ value

    def _attend_with_projections(self, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, *args: Any) -> Any:
        """torch.nn.MultiheadAttention's own function: (tokens, n, channels), heads side by side."""
        _, heads, weight, bias = args[:4]
        parts = zip((query, key, value), weight.chunk(3), bias.chunk(3), strict=True)
        split = [
            torch.unflatten(functional.linear(given, own, shift), -1, (heads, -1)).permute(1, 2, 0, 3)
            for given, own, shift in parts
        ]
        attended = self._attend(*split).permute(2, 0, 1, 3).flatten(2)
        return functional.linear(attended, args[8], args[9])


def _pools_grid(func: Callable[..., Any], args: tuple[Any, ...], given: dict[str, Any]) -> bool:
    if func is functional.adaptive_avg_pool2d:
        pools = True
    else:
        dims = given.get("dim", args[1] if len(args) > 1 else ())
        pools = func in (torch.Tensor.mean, torch.mean) and isinstance(dims, list | tuple) and tuple(dims) in _SPATIAL
    return pools and args[0].ndim == _GRID and args[0].shape[-1] * args[0].shape[-2] > 1

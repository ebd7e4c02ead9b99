"""CLIP's pictures without what nobody reads: of the last layer's tokens only the class token becomes the vector.

That layer's queries, its output and its perceptron are computed for one token in place of all: a twelfth less of the
products of a model of twelve layers, and the same vectors.
"""

from typing import Any

import torch
from transformers.models.clip.modeling_clip import CLIPEncoderLayer, CLIPVisionModel

from damsight_encoders.shared_weights import copy_sharing_weights


class ClassTokenLayer(torch.nn.Module):
    """A last layer of the same result for the first token: (n, tokens, width) to (n, 1, width).

    Args:
        layer: Whose weights it computes with.

    Source: Radford et al. 2021, arXiv:2103.00020; Dosovitskiy et al. 2020, arXiv:2010.11929, equations 2 to 4.
    """

    def __init__(self, layer: CLIPEncoderLayer) -> None:
        super().__init__()
        self._layer = layer

    def forward(self, hidden_states: torch.Tensor, *_: Any, **__: Any) -> torch.Tensor:
        """Compute the first token's part; a picture has no mask."""
        layer, attention = self._layer, self._layer.self_attn
        rows, width = hidden_states.shape[0], hidden_states.shape[-1]
        normal = layer.layer_norm1(hidden_states)
        heads = (rows, -1, attention.num_heads, attention.head_dim)
        query = attention.q_proj(normal[:, :1]).view(heads).transpose(1, 2)
        keys, values = (one(normal).view(heads).transpose(1, 2) for one in (attention.k_proj, attention.v_proj))
        mixed = torch.nn.functional.scaled_dot_product_attention(query, keys, values, scale=attention.scale)
        first = hidden_states[:, :1] + attention.out_proj(mixed.transpose(1, 2).reshape(rows, 1, width))
        result: torch.Tensor = first + layer.mlp(layer.layer_norm2(first))
        return result


def class_token_alone(model: torch.nn.Module) -> Any:
    """Return a model that gives the same vectors of pictures, for less; its other tokens are not there any more.

    Args:
        model: Left as it is; the copy shares every tensor with it.

    Returns:
        The model itself where its pictures are not read from CLIP's class token.
    """
    if not any(_is_read_so(part) for part in model.modules()):
        return model
    quick = copy_sharing_weights(model)
    parts: list[Any] = [part for part in quick.modules() if _is_read_so(part)]
    for part in parts:
        part.encoder.layers[-1] = ClassTokenLayer(part.encoder.layers[-1])
    return quick


def _is_read_so(part: Any) -> bool:
    return type(part) is CLIPVisionModel and type(part.encoder.layers[-1]) is CLIPEncoderLayer

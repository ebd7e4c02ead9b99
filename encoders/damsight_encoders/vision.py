"""Pictures alone to vectors: ViT, DINOv2, ConvNeXt, ResNet and their kin, through transformers' AutoModel."""

from typing import Any, Final

import torch

from damsight_encoders.checkpoint import Checkpoint
from damsight_encoders.device import Placement
from damsight_encoders.errors import ModelError
from damsight_encoders.pretrained import load_image_processor, load_model, read_config
from damsight_encoders.processor_steps import read_steps
from damsight_encoders.stacked import StackedEncoder

_FIRST_TOKEN: Final = (
    "vit",  # Dosovitskiy et al. 2021, arXiv:2010.11929, equation 4: y = LN(z_L^0)
    "deit",  # Touvron et al. 2021, arXiv:2012.12877: the class token, not the distillation token
    "dinov2",  # Oquab et al. 2024, arXiv:2304.07193, 7.2: nearest neighbours and retrieval by the class token
    "dinov2_with_registers",  # Darcet et al. 2024, arXiv:2309.16588: as DINOv2, the registers are thrown away
    "dinov3_vit",  # Simeoni et al. 2025, arXiv:2508.10104: as DINOv2
)
"""The class token after the last layer norm. ViT's own pooler on top of it was trained for a classifier, and most
checkpoints do not bring it."""
_POOLED: Final = (
    "convnext",  # Liu et al. 2022, arXiv:2201.03545: mean over the grid, then layer norm
    "convnextv2",  # Woo et al. 2023, arXiv:2301.00808: the same
    "dinov3_convnext",  # as DINOv3's and ConvNeXt's
    "resnet",  # He et al. 2016, arXiv:1512.03385: mean over the grid
    "regnet",  # Radosavovic et al. 2020, arXiv:2003.13678: the same
    "swin",  # Liu et al. 2021, arXiv:2103.14030: layer norm, then mean over the grid
    "swinv2",  # Liu et al. 2022, arXiv:2111.09883: the same
)
_UNUSED: Final = ("pooler.", "embeddings.mask_token")
"""A learnt pooler on the class token, and the token that hides patches in training: never computed with here."""


def open_vision(checkpoint: Checkpoint, placement: Placement) -> StackedEncoder:
    """Load a checkpoint of a model for pictures alone.

    Args:
        checkpoint: Whole, as find_checkpoint returns it.
        placement: Where to compute, in what.

    Raises:
        ModelError: The checkpoint is of another kind, or not whole.
    """
    config, _ = read_config(checkpoint)
    kind = config.model_type
    if kind not in (*_FIRST_TOKEN, *_POOLED):
        raise ModelError(
            f"{checkpoint}: damsight does not know how a {kind} checkpoint makes one vector of a picture; take one of "
            f"{', '.join((*_FIRST_TOKEN, *_POOLED))} (what joins pictures and words goes to DAMSIGHT_MODELS__JOINT)"
        )
    steps, scaling = read_steps(load_image_processor(checkpoint), checkpoint)
    model = load_model(checkpoint, placement.dtype, placement.device, unused=_UNUSED)
    pool = _first_token if kind in _FIRST_TOKEN else _pooled

    def features(pixels: torch.Tensor) -> torch.Tensor:
        return pool(model(pixel_values=pixels))

    return StackedEncoder(
        features,
        steps=steps,
        scaling=scaling,
        placement=placement,
        model=checkpoint.name,
        revision=checkpoint.revision,
        subject=str(checkpoint),
    )


def _first_token(outputs: Any) -> torch.Tensor:
    tokens: torch.Tensor = outputs.last_hidden_state
    return tokens[:, 0]


def _pooled(outputs: Any) -> torch.Tensor:
    pooled: torch.Tensor = outputs.pooler_output
    return pooled.flatten(1)

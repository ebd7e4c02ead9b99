"""Tiny models for pictures alone with random weights, in the real formats."""

from pathlib import Path
from typing import Any

import torch
import torchvision
import transformers
from safetensors.torch import save_file

_TRANSFORMER = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "image_size": 32, "patch_size": 8}
_GRID = {"hidden_sizes": [8, 16, 24, 32], "depths": [1, 1, 1, 1]}
_SQUARE = {"size": {"height": 32, "width": 32}}


def make_vit(folder: Path) -> Path:
    """ViT at 32 pixels without a pooler, as the published classifiers are."""
    config = transformers.ViTConfig(**_TRANSFORMER, intermediate_size=64)
    model = _made(lambda: transformers.ViTModel(config, add_pooling_layer=False))
    return _save(folder, model, transformers.ViTImageProcessor(**_SQUARE))


def make_dinov2(folder: Path) -> Path:
    """DINOv2 at 32 pixels: shortest edge to 36, then the middle."""
    model = _made(lambda: transformers.Dinov2Model(transformers.Dinov2Config(**_TRANSFORMER)))
    processor = transformers.BitImageProcessor(
        size={"shortest_edge": 36}, crop_size={"height": 32, "width": 32}, resample=3, do_center_crop=True
    )
    return _save(folder, model, processor)


def make_dinov3(folder: Path) -> Path:
    """DINOv3 at 32 pixels, whose processor resizes after it scales."""
    config = transformers.DINOv3ViTConfig(**_TRANSFORMER, intermediate_size=64, num_register_tokens=2)
    processor = transformers.DINOv3ViTImageProcessor(**_SQUARE)
    return _save(folder, _made(lambda: transformers.DINOv3ViTModel(config)), processor)


def make_convnext(folder: Path) -> Path:
    """ConvNeXt at 64 pixels: the shortest edge to 64 / 0.875, then the middle."""
    model = _made(lambda: transformers.ConvNextModel(transformers.ConvNextConfig(**_GRID)))
    processor = transformers.ConvNextImageProcessor(size={"shortest_edge": 64}, crop_pct=0.875)
    return _save(folder, model, processor)


def make_resnet(folder: Path) -> Path:
    """ResNet with ConvNeXt's processor at 384 pixels, from which on it does not crop."""
    config = transformers.ResNetConfig(embedding_size=8, layer_type="basic", **_GRID)
    processor = transformers.ConvNextImageProcessor(size={"shortest_edge": 384}, crop_pct=1.0)
    return _save(folder, _made(lambda: transformers.ResNetModel(config)), processor)


def make_swin(folder: Path) -> Path:
    """Swin at 32 pixels, whose vector is a mean of tokens."""
    config = transformers.SwinConfig(
        image_size=32, patch_size=4, embed_dim=16, depths=[1, 1], num_heads=[2, 4], window_size=4
    )
    return _save(folder, _made(lambda: transformers.SwinModel(config)), transformers.ViTImageProcessor(**_SQUARE))


VISION_MAKERS = {
    "vit": make_vit,
    "dinov2": make_dinov2,
    "dinov3": make_dinov3,
    "convnext": make_convnext,
    "resnet": make_resnet,
    "swin": make_swin,
}


def make_torchvision(network: str, file: Path) -> Path:
    """One of torchvision's own networks, full size, with random weights, its classifier's last layer left out."""
    options: dict[str, Any] = {"init_weights": False} if network.startswith(("inception", "vgg")) else {}
    with torch.device("meta"):
        shape = torchvision.models.get_model(network, weights=None, **options)
    chance = torch.Generator().manual_seed(20261121)
    tensors = {
        name: _drawn(name, tensor.shape, chance)
        for name, tensor in shape.state_dict().items()
        if not name.startswith(("fc.", "classifier."))
    }
    save_file(tensors, file)
    return file


def _drawn(name: str, shape: torch.Size, chance: torch.Generator) -> torch.Tensor:
    """Weights that keep the size of what goes through (He et al. 2015): a deep network neither fades nor bursts."""
    if name.endswith("num_batches_tracked"):
        return torch.tensor(1)
    drawn = torch.randn(shape, generator=chance)
    if len(shape) > 1:
        return drawn * (2 / drawn[0].numel()) ** 0.5
    return 1 + 0.1 * drawn.abs() if name.endswith(("weight", "running_var")) else 0.1 * drawn


def _made(make: Any) -> Any:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(20261121)
        model = make()
        for name, parameter in model.named_parameters():
            if parameter.ndim > 1 and "embedding" not in name:
                torch.nn.init.normal_(parameter, std=(2 / parameter[0].numel()) ** 0.5)
            elif parameter.ndim > 1:
                torch.nn.init.normal_(parameter, std=0.5)
            else:
                torch.nn.init.normal_(parameter, mean=float(name.endswith("weight")), std=0.3)
    return model


def _save(folder: Path, model: Any, processor: Any) -> Path:
    transformers.logging.disable_progress_bar()
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder

"""VGG, ResNet and Inception of torchvision: what comes before the classifier, averaged over the picture."""

from typing import Any, Final

import torch
import torchvision

from damsight_encoders.device import Placement
from damsight_encoders.errors import ModelError
from damsight_encoders.scaling import Scaling
from damsight_encoders.stacked import StackedEncoder
from damsight_encoders.steps import ImageSteps
from damsight_encoders.tensor_file import read_tensors

_LISTED: Final = 4
_HEADS: Final = {"vgg": ("classifier",), "resnet": ("fc",), "inception_v3": ("fc", "AuxLogits")}
"""By how a network's name begins: the modules that only the classifier needs."""
_RESAMPLE: Final = {"bilinear": 2, "bicubic": 3}
_CONVERT: Final = (
    "download torchvision's weights and convert them on a machine that may load them: "
    "`import torch, safetensors.torch; safetensors.torch.save_file("
    "torch.load('FILE.pth', weights_only=True), 'FILE.safetensors')`, then name FILE.safetensors"
)


def open_convolutional(name: str, placement: Placement, *, subject: str) -> StackedEncoder:
    """Load one of torchvision's networks from a safetensors file.

    The vector is the mean over the grid of the last convolutions' output: for ResNet (He et al. 2016,
    arXiv:1512.03385) and Inception v3 (Szegedy et al. 2016, arXiv:1512.00567) as the classifier itself takes it, for
    VGG (Simonyan & Zisserman 2015, arXiv:1409.1556) in place of the fully connected layers (Babenko & Lempitsky 2015,
    arXiv:1510.07493).

    Args:
        name: ``NETWORK:FILE`` or ``NETWORK.WEIGHTS:FILE``; WEIGHTS are torchvision's name of them (IMAGENET1K_V1),
            which decides the preprocessing; without, those that torchvision takes by default.
        placement: Where to compute, in what.
        subject: What the settings say, for messages.

    Raises:
        ModelError: The network or its weights have no such name, or the file is missing, cut off, a pickle, or
            another network's.
    """
    full, _, file = name.partition(":")
    network, _, weights = full.partition(".")
    heads = next((heads for start, heads in _HEADS.items() if network.startswith(start)), None)
    if heads is None or network not in torchvision.models.list_models(torchvision.models):
        raise ModelError(
            f"{subject}: {network or 'nothing'} is none of the networks that are taken from torchvision; name vgg16, "
            f"resnet50, inception_v3 or one of their kind, as in torchvision:resnet50:/path/to/resnet50.safetensors"
        )
    published = _published(network, weights, subject)
    content = read_tensors(file, "pt", subject=subject, again=_CONVERT)
    model = _build(network, heads)
    _fill(model, {key: tensor for key, tensor in content.tensors.items() if not key.startswith(heads)}, subject)
    return StackedEncoder(
        model.eval().requires_grad_(requires_grad=False).to(placement.device, placement.dtype),
        steps=_steps(published.transforms()),
        scaling=_scaling(published.transforms()),
        placement=placement,
        model=f"torchvision/{network}.{published.name}",
        revision=content.digest,
        subject=subject,
    )


def _published(network: str, weights: str, subject: str) -> Any:
    known = torchvision.models.get_model_weights(network)
    try:
        return known[weights] if weights else known.DEFAULT
    except KeyError as error:
        raise ModelError(
            f"{subject}: torchvision publishes no weights {weights} for {network}; name one of "
            f"{', '.join(f'{network}.{one.name}' for one in known)}"
        ) from error


def _build(network: str, heads: tuple[str, ...]) -> torch.nn.Module:
    """Make the network without memory for its weights, and without what only the classifier needs."""
    # torchvision sets transform_input with its weights: they were trained on another scale than it publishes.
    inception = {"init_weights": False, "aux_logits": False, "transform_input": True}
    with torch.device("meta"):
        model: torch.nn.Module = torchvision.models.get_model(
            network, weights=None, **(inception if network.startswith("inception") else {})
        )
    for head in heads:
        setattr(model, head, torch.nn.Identity() if head != "AuxLogits" else None)
    model.avgpool = torch.nn.AdaptiveAvgPool2d(1)
    return model


def _fill(model: torch.nn.Module, tensors: dict[str, torch.Tensor], subject: str) -> None:
    try:
        report = model.load_state_dict(tensors, strict=False, assign=True)
    except RuntimeError as error:
        words = " ".join(str(error).split())[:300]
        raise ModelError(f"{subject}: the file holds another network's weights ({words}); {_CONVERT}") from error
    wrong = [*report.missing_keys, *report.unexpected_keys]
    if wrong:
        more = f" and {len(wrong) - _LISTED} more" if len(wrong) > _LISTED else ""
        raise ModelError(
            f"{subject}: the file is not that network's: {len(report.missing_keys)} weights are missing and "
            f"{len(report.unexpected_keys)} too many ({', '.join(wrong[:_LISTED])}{more}); name the network that the "
            f"file is of"
        )


def _steps(transforms: Any) -> ImageSteps:
    (edge,), (crop,) = transforms.resize_size, transforms.crop_size
    return ImageSteps(
        resize="shortest_edge",
        edge=edge,
        crop=(crop, crop),
        crop_start="nearest",
        resample=_RESAMPLE[transforms.interpolation.value],
    )


def _scaling(transforms: Any) -> Scaling:
    mean, deviation = ([255.0 * value for value in values] for values in (transforms.mean, transforms.std))
    return Scaling((mean[0], mean[1], mean[2]), (deviation[0], deviation[1], deviation[2]))

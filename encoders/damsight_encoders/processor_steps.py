"""Read an image processor's own numbers into steps that we carry out ourselves, faster."""

from typing import Any, Final

from pydantic import ValidationError
from transformers.image_processing_backends import TorchvisionBackend

from damsight_encoders.checkpoint import Checkpoint
from damsight_encoders.errors import ModelError
from damsight_encoders.scaling import Scaling
from damsight_encoders.steps import ImageSteps

# A processor that overrides one of these does something that ImageSteps cannot say, unless we know what it is.
_COMMON_STEPS: Final = ("_preprocess", "resize", "center_crop", "rescale_and_normalize", "rescale", "normalize")
_PATCHES_PROCESSOR: Final = "Siglip2ImageProcessor"
_KNOWN_STEPS: Final = {
    # Its offset and its second division, which Scaling can say (ALIGN's processor).
    "EfficientNetImageProcessor": ("_preprocess", "rescale"),
    # Its crop_pct, which ImageSteps can say.
    "ConvNextImageProcessor": ("_preprocess", "resize"),
    # It resizes after it scales to 0..1, so nothing is rounded to whole numbers between: half a step of 255 at most.
    "DINOv3ViTImageProcessor": ("_preprocess",),
}
_WARPED_FROM: Final = 384
"""From this side on ConvNeXt's processor resizes whatever the shape; below it crops (Liu et al. 2022,
arXiv:2201.03545, as its authors' evaluation does)."""


def read_steps(processor: Any, checkpoint: Checkpoint) -> tuple[ImageSteps, Scaling]:
    """Return what happens on the CPU and what on the device.

    Raises:
        ModelError: The processor does something else than resize, crop, scale and normalise.
    """
    name = type(processor).__name__.removesuffix("Fast")
    if name != _PATCHES_PROCESSOR:
        _require_common(processor, name, checkpoint)
    read = {_PATCHES_PROCESSOR: _patch_steps, "ConvNextImageProcessor": _convnext_steps}.get(name, _common_steps)
    try:
        return read(processor), _scaling(processor)
    except (ValidationError, TypeError, ValueError) as error:
        raise ModelError(
            f"{checkpoint}: its image processor {name} has settings that make no sense together ({error}); "
            f"compare preprocessor_config.json with the original's"
        ) from error


def _require_common(processor: Any, name: str, checkpoint: Checkpoint) -> None:
    unknown = [step for step in _COMMON_STEPS if step not in _KNOWN_STEPS.get(name, ())]
    own = [step for step in unknown if getattr(type(processor), step, None) is not getattr(TorchvisionBackend, step)]
    own += ["do_pad"] if getattr(processor, "do_pad", None) else []
    own += [] if processor.do_resize else ["no resize"]
    if own:
        raise ModelError(
            f"{checkpoint}: its image processor {name} does more than resize, crop, scale and normalise "
            f"({', '.join(own)}); take a checkpoint that does no more, for example of CLIP, SigLIP, SigLIP 2, ViT, "
            f"DINOv2, ConvNeXt or ResNet"
        )


def _common_steps(processor: Any) -> ImageSteps:
    crop = processor.crop_size if getattr(processor, "do_center_crop", None) else None
    size = processor.size
    common: dict[str, Any] = {
        "resample": int(processor.resample),
        "crop": (crop.height, crop.width) if crop else None,
    }
    if size.shortest_edge and size.longest_edge:
        raise ValueError("both shortest_edge and longest_edge")
    if size.shortest_edge and crop is None:
        raise ValueError("shortest_edge without a crop: pictures would differ in shape")
    if size.shortest_edge:
        return ImageSteps(resize="shortest_edge", edge=size.shortest_edge, **common)
    return ImageSteps(resize="exact", height=size.height, width=size.width, **common)


def _convnext_steps(processor: Any) -> ImageSteps:
    edge, resample = processor.size.shortest_edge, int(processor.resample)
    if not edge or processor.do_center_crop:
        raise ValueError("ConvNeXt's size is a shortest_edge, and it has a crop of its own")
    if edge >= _WARPED_FROM:
        return ImageSteps(resize="exact", height=edge, width=edge, resample=resample)
    return ImageSteps(resize="shortest_edge", edge=int(edge / processor.crop_pct), crop=(edge, edge), resample=resample)


def _patch_steps(processor: Any) -> ImageSteps:
    return ImageSteps(
        resize="patches",
        patch_size=processor.patch_size,
        max_patches=processor.max_num_patches,
        resample=int(processor.resample),
    )


def _scaling(processor: Any) -> Scaling:
    """Fold rescaling and normalising into one subtraction and one division.

    EfficientNet's processor may take 1 off what it rescaled, and divide by the deviation once more at the end.
    """
    unit = float(processor.rescale_factor) if processor.do_rescale else 1.0
    offset = 1.0 if processor.do_rescale and getattr(processor, "rescale_offset", False) else 0.0
    mean = _three(processor.image_mean) if processor.do_normalize else (0.0, 0.0, 0.0)
    deviation = _three(processor.image_std) if processor.do_normalize else (1.0, 1.0, 1.0)
    again = _three(processor.image_std) if getattr(processor, "include_top", False) else (1.0, 1.0, 1.0)
    return Scaling(
        mean=_three([(value + offset) / unit for value in mean]),
        deviation=_three([first * second / unit for first, second in zip(deviation, again, strict=True)]),
    )


def _three(values: Any) -> tuple[float, float, float]:
    red, green, blue = [values] * 3 if isinstance(values, int | float) else values
    return float(red), float(green), float(blue)

"""Any of Pillow's modes to sRGB on white."""

import functools
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

_SIXTEEN_BIT = ("I;16", "I;16L", "I;16B", "I;16N")
_WITH_ALPHA = ("RGBA", "RGBa", "LA", "La", "PA")
_PROFILE_SPACES = {"RGB": "RGB ", "L": "GRAY", "CMYK": "CMYK", "LAB": "Lab "}


def to_srgb_on_white(image: Image.Image) -> Image.Image:
    """Return the loaded picture in mode RGB: sRGB by its profile where it has a usable one, transparency on white.

    16-bit grey keeps its upper eight bits. 32-bit and floating-point grey has no white of its own: [0, 1] and
    [0, 65535] are taken as full ranges, anything else is stretched from its lowest to its highest value.
    """
    profile = image.info.get("icc_profile")
    if image.mode in (*_SIXTEEN_BIT, "I", "F"):
        return _apply_profile(_eight_bit_grey(image), profile)
    if image.mode in _WITH_ALPHA or "transparency" in image.info:
        straight = image.convert("RGBA")
        # A grey profile is of grey: kept so until it was followed.
        is_grey = image.mode in ("L", "LA")
        opaque = _apply_profile(image.getchannel("L") if is_grey else straight.convert("RGB"), profile)
        white = Image.new("RGB", image.size, "white")
        white.paste(opaque, mask=straight.getchannel("A"))
        return white
    if image.mode == "1":
        return image.convert("RGB")
    if image.mode in ("P", "RGBX", "YCbCr", "HSV"):
        image = image.convert("RGB")
    return _apply_profile(image, profile)


def shows_nothing(image: Image.Image) -> bool:
    """Tell whether every pixel of a loaded frame is fully transparent."""
    if image.mode not in _WITH_ALPHA and "transparency" not in image.info:
        return False
    return image.convert("RGBA").getchannel("A").getextrema() == (0, 0)


def _apply_profile(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert L, RGB, CMYK or LAB to sRGB; a profile that is broken or of another space is as good as none."""
    if profile or image.mode == "LAB":
        try:
            transform = _transform_to_srgb(profile or b"", image.mode)
            if transform is not None:
                return ImageCms.applyTransform(image, transform) or image
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            pass
    return image if image.mode == "RGB" else image.convert("RGB")


@functools.lru_cache(maxsize=64)
def _transform_to_srgb(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Build the colour transform; None where the picture is in sRGB already."""
    source = (
        ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if profile
        else ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    )
    if source.profile.xcolor_space != _PROFILE_SPACES[mode]:
        return None
    if mode == "RGB" and "sRGB" in (source.profile.profile_description or ""):
        return None
    target = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    return ImageCms.buildTransform(source, target, mode, "RGB", ImageCms.Intent.PERCEPTUAL)


def _eight_bit_grey(image: Image.Image) -> Image.Image:
    values = np.asarray(image)
    sixteen = image.mode in _SIXTEEN_BIT
    grey = (values >> 8).astype(np.uint8) if sixteen else _stretched(values.astype(np.float64))
    clear = image.info.get("transparency")
    if isinstance(clear, int):
        grey = np.where(values == clear, np.uint8(255), grey)
    return Image.fromarray(grey)


def _stretched(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    finite = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(finite.min()), float(finite.max())
    if low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    elif low >= 0 and 255 < high <= 65535:  # noqa: PLR2004 - the range of sixteen bits
        low, high = 0.0, 65535.0
    scaled = (finite - low) * (255.0 / (high - low)) if high > low else np.zeros_like(finite)
    return np.rint(scaled).astype(np.uint8)

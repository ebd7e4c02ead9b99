"""The encoder of pictures alone that the settings name (DAMSIGHT_MODELS__LOOK)."""

from typing import Final

from damsight_encoders.checkpoint import find_checkpoint
from damsight_encoders.errors import ModelError
from damsight_encoders.ports import ImageEncoder
from damsight_encoders.registry import is_plugin, load_image_plugin
from damsight_schemas.connections import ModelSettings

_LOOK: Final = "DAMSIGHT_MODELS__LOOK"
_TORCHVISION: Final = "torchvision:"
_HANDCRAFTED: Final = "handcrafted:"


def open_look(settings: ModelSettings) -> ImageEncoder:
    """Open the encoder of pictures alone.

    ``settings.look`` is ``plugin:NAME``, ``torchvision:NAME:FILE``, ``handcrafted:colour``, ``handcrafted:edges``,
    ``handcrafted:words:FILE``, or a hub id or folder of a transformers checkpoint.

    Raises:
        ModelError: It names none of these, or the model is missing, incomplete, of the wrong kind or not safe to load.
        DeviceError: The device that was asked for is not there.
    """
    name = settings.look or ""
    if not name:
        raise ModelError(f"{_LOOK} is not set; name a model there, for example handcrafted:colour")
    subject = f"{_LOOK}={name}"
    if is_plugin(name):
        return load_image_plugin(name, settings, setting=_LOOK)
    if name.startswith(_HANDCRAFTED):
        from damsight_encoders.handcrafted import open_handcrafted  # noqa: PLC0415 - OpenCV, where it is asked for

        return open_handcrafted(name.removeprefix(_HANDCRAFTED), subject=subject)
    if name.startswith(_TORCHVISION):
        from damsight_encoders.convolutional import open_convolutional  # noqa: PLC0415 - torchvision, as above
        from damsight_encoders.device import choose_placement  # noqa: PLC0415 - torch, as above

        return open_convolutional(name.removeprefix(_TORCHVISION), choose_placement(settings), subject=subject)
    checkpoint = find_checkpoint(name, settings.look_revision, setting=_LOOK)
    from damsight_encoders.device import choose_placement  # noqa: PLC0415 - torch, once there is a model to load
    from damsight_encoders.vision import open_vision  # noqa: PLC0415 - as above

    return open_vision(checkpoint, choose_placement(settings))

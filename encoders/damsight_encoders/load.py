"""Encoders as the settings name them. torch is imported only when a model is loaded in this process."""

from typing import Final

from damsight_encoders.ports import (
    AudioEncoder,
    Captioner,
    Encoders,
    Fusion,
    ImageEncoder,
    JointEncoder,
    TextEncoder,
    TextReader,
)
from damsight_encoders.registry import is_plugin, load_joint_plugin, load_text_plugin
from damsight_encoders.remote import RemoteService
from damsight_encoders.settings import wait_without_spinning
from damsight_schemas.connections import ModelSettings
from damsight_schemas.space import IndexSpaces

_JOINT: Final = "DAMSIGHT_MODELS__JOINT"
_CAPTION: Final = "DAMSIGHT_MODELS__CAPTION"


def load_encoders(settings: ModelSettings, *, in_bulk: bool = False) -> Encoders:
    """Load the encoders: from the encoder service where ``settings.url`` is set, else into this process.

    What no service offers (captions, words in pictures, fusion, and in bulk sounds) is loaded here in both cases.

    Args:
        settings: Which models.
        in_bulk: An encoder service lets searches go before what is asked through these; and sounds are to be encoded,
            not only words for them, so that their model is loaded here.

    Raises:
        ModelError: A checkpoint is missing, incomplete, of the wrong kind or not safe to load.
        DeviceError: The device that was asked for is not there.
        EncoderUnavailableError: The encoder service does not answer.
    """
    if settings.url is not None:
        served = RemoteService(settings, priority="bulk" if in_bulk else None).encoders()
        joint, caption, look = served.joint, served.caption, served.look
        audio = load_audio(settings) if in_bulk or served.audio is None else served.audio
    else:
        joint, caption, look = load_joint(settings), load_caption(settings), load_look(settings)
        audio = load_audio(settings)
    return Encoders(
        joint=joint,
        caption=caption,
        look=look,
        audio=audio,
        captioner=load_captioner(settings),
        reader=load_reader(settings),
        fusion=load_fusion(settings, joint, caption),
    )


def load_joint(settings: ModelSettings) -> JointEncoder | None:
    """Load the joint model into this process; None where the settings name none.

    Raises:
        ModelError: The checkpoint is missing, incomplete, of the wrong kind or not safe to load.
        DeviceError: The device that was asked for is not there.
    """
    if settings.joint is None:
        return None
    if is_plugin(settings.joint):
        return load_joint_plugin(settings.joint, settings, setting=_JOINT)
    from damsight_encoders.checkpoint import find_checkpoint  # noqa: PLC0415 - the hub's client, where it is needed

    checkpoint = find_checkpoint(settings.joint, settings.joint_revision, setting=_JOINT)
    wait_without_spinning()
    from damsight_encoders.device import choose_placement  # noqa: PLC0415 - torch, once there is a model to load
    from damsight_encoders.dual import DualEncoder  # noqa: PLC0415 - as above

    return DualEncoder(checkpoint, choose_placement(settings))


def load_caption(settings: ModelSettings) -> TextEncoder | None:
    """Load the caption model into this process; None where the settings name none.

    Raises:
        ModelError: The checkpoint is missing, incomplete, of the wrong kind or not safe to load.
        DeviceError: The device that was asked for is not there.
    """
    if settings.caption is None:
        return None
    if is_plugin(settings.caption):
        return load_text_plugin(settings.caption, settings, setting=_CAPTION)
    from damsight_encoders.checkpoint import find_checkpoint  # noqa: PLC0415 - the hub's client, where it is needed

    checkpoint = find_checkpoint(settings.caption, settings.caption_revision, setting=_CAPTION)
    wait_without_spinning()
    from damsight_encoders.device import choose_placement  # noqa: PLC0415 - torch, once there is a model to load
    from damsight_encoders.text import TransformerTextEncoder  # noqa: PLC0415 - as above

    return TransformerTextEncoder(checkpoint, choose_placement(settings))


def load_look(settings: ModelSettings) -> ImageEncoder | None:
    """Load what encodes pictures alone; None where the settings name none.

    Raises:
        ModelError: The checkpoint is missing, incomplete, of the wrong kind or not safe to load.
        DeviceError: The device that was asked for is not there.
    """
    if settings.look is None:
        return None
    wait_without_spinning()
    from damsight_encoders.look import open_look  # noqa: PLC0415 - torch, once there is a model to load

    return open_look(settings)


def load_audio(settings: ModelSettings) -> AudioEncoder | None:
    """Load the model for sounds; None where the settings name none.

    Raises:
        ModelError: The checkpoint is missing, incomplete, of the wrong kind or not safe to load.
        DeviceError: The device that was asked for is not there.
    """
    if settings.audio is None:
        return None
    wait_without_spinning()
    from damsight_encoders.audio import open_audio  # noqa: PLC0415 - torch, once there is a model to load

    return open_audio(settings)


def load_captioner(settings: ModelSettings) -> Captioner | None:
    """Load the model that writes captions; None where the settings name none.

    Raises:
        ModelError: The checkpoint is missing, incomplete, of the wrong kind or not safe to load.
        DeviceError: The device that was asked for is not there.
    """
    if settings.captioner is None:
        return None
    wait_without_spinning()
    from damsight_encoders.captioner import open_captioner  # noqa: PLC0415 - torch, once there is a model to load

    return open_captioner(settings)


def load_reader(settings: ModelSettings) -> TextReader | None:
    """Make the reader of words in pictures; None where the settings name no language.

    Raises:
        ModelError: The program or a language's data is not installed.
    """
    if not settings.ocr:
        return None
    from damsight_encoders.reading import open_reader  # noqa: PLC0415 - an extra

    return open_reader(settings)


def load_fusion(settings: ModelSettings, joint: JointEncoder | None, caption: TextEncoder | None) -> Fusion | None:
    """Make what fuses the vectors of these encoders; None where the settings name no way.

    Raises:
        ModelError: There is nothing to fuse, or these vectors cannot be fused that way.
    """
    if settings.fuse is None:
        return None
    from damsight_encoders.fused import open_fusion  # noqa: PLC0415 - where it is asked for

    return open_fusion(settings, joint.space if joint else None, caption.space if caption else None)


def spaces_of_encoders(encoders: Encoders) -> IndexSpaces:
    """Return the spaces that an index for these encoders holds."""
    return IndexSpaces(
        image_vector=encoders.joint.space if encoders.joint else None,
        caption_vector=encoders.caption.space if encoders.caption else None,
        look_vector=encoders.look.space if encoders.look else None,
        audio_vector=encoders.audio.space if encoders.audio else None,
        fused_vector=encoders.fusion.space if encoders.fusion else None,
    )

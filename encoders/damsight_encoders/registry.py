"""Encoders that other packages bring: the entry-point group ``damsight.encoders``.

An entry point's object is called with the ModelSettings and returns what the setting that names it asks for: a
JointEncoder, a TextEncoder, an ImageEncoder, an AudioEncoder or a Captioner. It is named in the settings as
``plugin:<entry point's name>``.
"""

from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

from damsight_encoders.errors import EncoderError, ModelError
from damsight_encoders.ports import AudioEncoder, Captioner, ImageEncoder, JointEncoder, TextEncoder
from damsight_schemas.connections import ModelSettings
from damsight_schemas.space import Modality, Space

GROUP: Final = "damsight.encoders"
START: Final = "plugin:"
Factory = Callable[[ModelSettings], Any]


def is_plugin(name: str) -> bool:
    """Tell whether a model's name means an encoder of another package."""
    return name.startswith(START)


def load_joint_plugin(name: str, settings: ModelSettings, *, setting: str) -> JointEncoder:
    """Make the joint encoder that an entry point offers.

    Raises:
        ModelError: There is no such entry point, it cannot be imported, or it makes something else.
    """
    members = ("space", "input_size", "prepare", "encode_images", "encode_texts")
    encoder: JointEncoder = _make(name, settings, setting, members, ("image", "text"))
    return encoder


def load_text_plugin(name: str, settings: ModelSettings, *, setting: str) -> TextEncoder:
    """Make the text encoder that an entry point offers.

    Raises:
        ModelError: There is no such entry point, it cannot be imported, or it makes something else.
    """
    encoder: TextEncoder = _make(name, settings, setting, ("space", "encode_texts"), ("text",))
    return encoder


def load_image_plugin(name: str, settings: ModelSettings, *, setting: str) -> ImageEncoder:
    """Make the encoder of pictures alone that an entry point offers.

    Raises:
        ModelError: There is no such entry point, it cannot be imported, or it makes something else.
    """
    members = ("space", "input_size", "prepare", "encode_images")
    encoder: ImageEncoder = _make(name, settings, setting, members, ("image",))
    return encoder


def load_audio_plugin(name: str, settings: ModelSettings, *, setting: str) -> AudioEncoder:
    """Make the encoder of sounds that an entry point offers.

    Raises:
        ModelError: There is no such entry point, it cannot be imported, or it makes something else.
    """
    members = ("space", "rate", "prepare", "encode_sounds", "encode_texts")
    encoder: AudioEncoder = _make(name, settings, setting, members, ("audio", "text"))
    return encoder


def load_captioner_plugin(name: str, settings: ModelSettings, *, setting: str) -> Captioner:
    """Make the writer of captions that an entry point offers.

    Raises:
        ModelError: There is no such entry point, it cannot be imported, or it makes something else.
    """
    captioner: Captioner = _make(name, settings, setting, ("name", "input_size", "prepare", "describe"), ())
    return captioner


def _make(
    name: str, settings: ModelSettings, setting: str, members: tuple[str, ...], modalities: tuple[Modality, ...]
) -> Any:
    wanted = name.removeprefix(START)
    offered = entry_points(group=GROUP)
    found = [entry for entry in offered if entry.name == wanted]
    if len(found) != 1:
        names = sorted({entry.name for entry in offered})
        raise ModelError(
            f"{setting}={name}: {len(found)} installed packages offer the encoder {wanted!r} in the entry-point group "
            f"{GROUP}, and there must be one; offered are: {', '.join(names) or 'none'}"
        )
    subject = f"{setting}={name}: {found[0].value}"
    encoder = _called(_imported(found[0], subject), settings, subject)
    absent = [member for member in members if not hasattr(encoder, member)]
    if absent:
        raise ModelError(
            f"{subject} makes a {type(encoder).__name__}, which has no {', '.join(absent)}; "
            f"see damsight_encoders.ports for what it must have"
        )
    if modalities:
        _require_space(encoder.space, modalities, subject)
    return encoder


def _imported(entry: EntryPoint, subject: str) -> Factory:
    try:
        factory: Factory = entry.load()
    except (ImportError, AttributeError) as error:
        raise ModelError(f"{subject} cannot be imported ({error}); install its package anew") from error
    return factory


def _called(factory: Factory, settings: ModelSettings, subject: str) -> Any:
    try:
        return factory(settings)
    except EncoderError:
        raise
    except Exception as error:  # another package's code may raise anything
        raise ModelError(
            f"{subject} could not make its encoder ({type(error).__name__}: {error}); ask its authors"
        ) from error


def _require_space(space: object, modalities: tuple[Modality, ...], subject: str) -> None:
    if not isinstance(space, Space):
        raise ModelError(f"{subject} makes an encoder whose space is a {type(space).__name__}; it must be a Space")
    absent = [modality for modality in modalities if modality not in space.modalities]
    if absent:
        raise ModelError(
            f"{subject} makes an encoder of {', '.join(space.modalities)}, and this setting needs "
            f"{', '.join(modalities)}; name it where it belongs"
        )

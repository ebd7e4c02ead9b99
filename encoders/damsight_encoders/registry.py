"""Encoders that other packages bring: the entry-point group ``damsight.encoders``.

An entry point's object is called with the ModelSettings and returns a JointEncoder or a TextEncoder. A model is
named by it in the settings as ``plugin:<entry point's name>``.
"""

from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

from damsight_encoders.errors import ModelError
from damsight_encoders.ports import JointEncoder, TextEncoder
from damsight_schemas.connections import ModelSettings

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
    encoder: JointEncoder = _make(name, settings, setting, ("prepare", "encode_images", "encode_texts", "space"))
    return encoder


def load_text_plugin(name: str, settings: ModelSettings, *, setting: str) -> TextEncoder:
    """Make the text encoder that an entry point offers.

    Raises:
        ModelError: There is no such entry point, it cannot be imported, or it makes something else.
    """
    encoder: TextEncoder = _make(name, settings, setting, ("encode_texts", "space"))
    return encoder


def _make(name: str, settings: ModelSettings, setting: str, needed: tuple[str, ...]) -> Any:
    wanted = name.removeprefix(START)
    found = [entry for entry in entry_points(group=GROUP) if entry.name == wanted]
    if len(found) != 1:
        offered = sorted({entry.name for entry in entry_points(group=GROUP)})
        raise ModelError(
            f"{setting}={name}: {len(found)} installed packages offer the encoder {wanted!r} in the entry-point group "
            f"{GROUP}, and there must be one; offered are: {', '.join(offered) or 'none'}"
        )
    encoder = _import(found[0], setting)(settings)
    absent = [member for member in needed if not hasattr(encoder, member)]
    if absent:
        raise ModelError(
            f"{setting}={name}: {found[0].value} makes a {type(encoder).__name__}, which has no {', '.join(absent)}; "
            f"see damsight_encoders.ports for what it must have"
        )
    return encoder


def _import(entry: EntryPoint, setting: str) -> Factory:
    try:
        factory: Factory = entry.load()
    except (ImportError, AttributeError) as error:
        raise ModelError(
            f"{setting}={START}{entry.name}: {entry.value} cannot be imported ({error}); install its package anew"
        ) from error
    return factory

"""A library with every kind of media and every kind of vector, as the index holds it."""

from typing import Any

import numpy as np
from elasticsearch.helpers import pack_dense_vector

from damsight_encoders.load import spaces_of_encoders
from fakes.audio import PITCHES, FakeAudioEncoder
from fakes.encoders import COLOURS, FakeJointEncoder, FakeTextEncoder
from fakes.every_encoder import every_encoder
from fakes.library import coloured, document

MEDIA_SPACES = spaces_of_encoders(every_encoder())
SHOTS = {
    "film-day": ("public", ["grey", "yellow", "cyan"]),
    "film-night": ("public", ["black", "purple", "black"]),
    "film-secret": ("group:press", ["yellow", "yellow", "pink"]),
}
MIXED = {"mixed-red": ("red", "blue", 11), "mixed-blue": ("red", "blue", 5), "mixed-pink": ("pink", "red", 7)}
"""Stills of two colours, and how many of 16 rows have the first."""
SECONDS = 10.0
"""Between the shots of a film."""


def media_library() -> dict[str, dict[str, Any]]:
    """Return stills in every colour, films with shots, a document with pages, and sounds."""
    stills = {f"still-{name}": _still(name) for name in COLOURS if name not in ("yellow", "purple", "cyan")}
    films = {name: _film(name, acl, shots) for name, (acl, shots) in SHOTS.items()}
    mixed = {name: _pictured(name, mixed_vector(name)) for name in MIXED}
    return {**stills, **mixed, **films, "report": _report(), **{f"sound-{name}": _sound(name) for name in PITCHES}}


def colour_vector(colour: str) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Return where a plain picture lies in the joint space."""
    vector: np.ndarray[Any, np.dtype[np.float32]] = FakeJointEncoder().encode_images([coloured(colour)])[0]
    return vector


def mixed_vector(name: str) -> Any:
    """Return where a still of two colours lies in the joint space."""
    one, other, rows = MIXED[name]
    pixels = np.concatenate([coloured(one)[:rows], coloured(other)[rows:]])
    return FakeJointEncoder().encode_images([pixels])[0]


def still_vector(asset_id: str) -> Any:
    """Return where a still of the library lies in the joint space."""
    return mixed_vector(asset_id) if asset_id in MIXED else colour_vector(asset_id.removeprefix("still-"))


def _still(colour: str) -> dict[str, Any]:
    return _pictured(f"still-{colour}", colour_vector(colour))


def _pictured(asset_id: str, shown: np.ndarray[Any, Any]) -> dict[str, Any]:
    told = document(asset_id, None, title=asset_id.replace("-", " ").title(), caption=f"a {asset_id}")
    fusion = every_encoder().fusion
    assert fusion is not None
    caption = FakeTextEncoder().encode_texts([told["caption"]])[0]
    fused = fusion.fuse({"image": shown, "caption": caption})
    vectors = {"image_vector": shown, "look_vector": shown, "fused_vector": fused}
    return {**told, **{name: _packed(vector) for name, vector in vectors.items()}}


def _film(asset_id: str, acl: str, shots: list[str]) -> dict[str, Any]:
    frames = [
        {"kind": "frame", "number": number, "seconds": (number - 1) * SECONDS, "vector": _packed(colour_vector(colour))}
        for number, colour in enumerate(shots, start=1)
    ]
    told = document(asset_id, shots[0], acl=(acl,), title=f"Film {asset_id}", kind="video")
    return {**told, "frames": frames, "duration_s": SECONDS * len(shots)}


def _report() -> dict[str, Any]:
    pages = [
        {"kind": "page", "number": number, "vector": _packed(colour_vector(colour))}
        for number, colour in enumerate(["white", "orange"], start=1)
    ]
    return {**document("report", "white", title="Report", kind="document"), "frames": pages, "pages": 2}


def _sound(pitch: str) -> dict[str, Any]:
    vector = FakeAudioEncoder().encode_texts([pitch])[0]
    return {**document(f"sound-{pitch}", None, title=f"Sound {pitch}", kind="audio"), "audio_vector": _packed(vector)}


def _packed(vector: np.ndarray[Any, Any]) -> str:
    return str(pack_dense_vector(vector.tolist()))

"""What a request looks for, by the field whose vectors it is compared with; and the legs that come of it. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from damsight_schemas.search import Leg
from damsight_schemas.space import Similarity, VectorField
from damsight_search.plan import VectorLeg
from damsight_search.vectors.looks import Aversion, Look, aversion, combined, mode_of

LEG_FIELDS: Mapping[Leg, VectorField] = {
    "image": "image_vector",
    "caption": "caption_vector",
    "frame": "image_vector",
    "look": "look_vector",
    "audio": "audio_vector",
    "fused": "fused_vector",
}
"""Whose space each vector leg's query is in."""

_COMPARED: tuple[VectorField, ...] = ("image_vector", "look_vector", "audio_vector", "fused_vector", "caption_vector")
_WORDS: Mapping[VectorField, str] = {
    "image_vector": "what pictures show",
    "caption_vector": "the meaning of captions",
    "look_vector": "how pictures look",
    "audio_vector": "what is heard",
    "fused_vector": "all that is known of each asset",
}


@dataclass(slots=True)
class Gathered:
    """What the hits should be like and unlike.

    Attributes:
        degraded: What could not be done, in words.
    """

    wanted: dict[VectorField, list[Look]] = field(default_factory=dict)
    unwanted: dict[VectorField, list[Look]] = field(default_factory=dict)
    degraded: list[str] = field(default_factory=list)

    def want(self, name: VectorField, look: Look) -> None:
        """Take what the hits should be like."""
        self.wanted.setdefault(name, []).append(look)

    def turn_from(self, name: VectorField, look: Look) -> None:
        """Take what the hits should be unlike."""
        self.unwanted.setdefault(name, []).append(look)

    def tell(self, name: VectorField, reason: str) -> None:
        """Say once what is not searched by."""
        words = f"Not searched by {_WORDS[name]}: {reason}."
        if words not in self.degraded:
            self.degraded.append(words)

    def legs(self, asked: Collection[Leg], similarity: Similarity, *, only_unwanted: bool) -> list[VectorLeg]:
        """Return the vector legs.

        Args:
            asked: Which legs count.
            similarity: How the index compares.
            only_unwanted: Nothing is wanted: then the image leg looks for the opposite of what is unwanted.
        """
        legs = []
        for leg, name in LEG_FIELDS.items():
            wanted, unwanted = self.wanted.get(name, []), self.unwanted.get(name, [])
            if leg not in asked or not (wanted or (only_unwanted and leg == "image")):
                continue
            vector = combined(wanted, unwanted)
            if vector is not None:
                legs.append(VectorLeg(leg, name, vector, mode_of(wanted, unwanted), similarity))
        return legs

    def aversion(self) -> Aversion | None:
        """Return what tells hits that are nearer to the unwanted; none where nothing comparable is unwanted."""
        for name in _COMPARED:
            found = aversion(name, self.wanted.get(name, []), self.unwanted.get(name, []))
            if found is not None:
                return found
        return None

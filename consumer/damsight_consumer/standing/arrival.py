"""An asset that arrived, as far as standing searches look at it. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from damsight_consumer.compose import Findings, Row, compose
from damsight_schemas.events import ChangedEvent
from damsight_schemas.space import VectorField
from damsight_schemas.words import folded, folded_words
from damsight_schemas.worths import FIELD_WORTHS

_FOLDED = ".folded"
_ANALYSED = ".words"
_FOLDED_FIELDS = frozenset({"filename"})
# The mapping's: longer values are not indexed, so no condition finds them.
_LONGEST_TERM = 8191
Rows = NDArray[np.float32]


@dataclass(frozen=True)
class Arrival:
    """An asset as it is stored now.

    Attributes:
        fields: Of its document, in the shape of `damsight_schemas.document.AssetDocument`, without vectors.
        vectors: (dimensions,) float32 each, L2-normalised.
        frames: (parts, dimensions) float32, of the joint space; none where it has no parts.
    """

    asset_id: str
    revision: int
    fields: Mapping[str, Any]
    vectors: Mapping[VectorField, Row] = field(default_factory=dict)
    frames: Rows | None = None
    _values: dict[str, tuple[Any, ...]] = field(default_factory=dict, compare=False, repr=False)

    def values(self, name: str) -> tuple[Any, ...]:
        """Return what the index holds in a field, by its name in clauses; folded where the mapping folds."""
        held = self._values.get(name)
        if held is None:
            held = self._values[name] = tuple(_values(self.fields, name))
        return held

    @cached_property
    def texts(self) -> tuple[tuple[float, tuple[str, ...]], ...]:
        """Each text that searches look through: how much a word says in its field, and its folded words, in order."""
        texts = ((worth, text) for name, worth in FIELD_WORTHS.items() for text in _listed(self.fields.get(name)))
        return tuple((worth, tuple(folded_words(str(text)))) for worth, text in texts)

    @cached_property
    def words(self) -> Mapping[str, float]:
        """All of them, each with the most that it says in any of the fields."""
        found: dict[str, float] = {}
        for worth, text in self.texts:
            for word in text:
                if found.get(word, 0.0) < worth:
                    found[word] = worth
        return found

    def worth_of(self, phrase: tuple[str, ...]) -> float:
        """Return the most that words say that stand in one of the texts, in order; 0 where they do not."""
        first, size = phrase[0], len(phrase)
        if first not in self.words:
            return 0.0
        return max(
            (
                worth
                for worth, text in self.texts
                for place, word in enumerate(text)
                if word == first and text[place : place + size] == phrase
            ),
            default=0.0,
        )

    def exact_names(self) -> Iterator[str]:
        """Yield what the asset is called, folded: its id, title and file name, and the latter without its endings."""
        yield folded(self.asset_id)
        title, filename = self.fields.get("title"), self.fields.get("filename")
        if title:
            yield folded(title)
        if filename:
            name = folded(filename)
            yield name
            yield from (name[:place] for place, character in enumerate(name) if character == "." and place)


def arrival_of(event: ChangedEvent, findings: Findings, *, indexed_at: str) -> Arrival:
    """Return an asset whose document was just stored.

    Args:
        event: What happened.
        findings: What was found out about it.
        indexed_at: RFC 3339 in UTC.
    """
    bare = findings._replace(
        image_vector=None, caption_vector=None, look_vector=None, audio_vector=None, fused_vector=None, frames=()
    )
    fields = compose(event, bare, indexed_at=indexed_at)
    return Arrival(event.data.asset_id, event.data.revision, fields, findings.vectors(), frames_of(findings))


def frames_of(findings: Findings) -> Rows | None:
    """Return the vectors of the parts together."""
    return np.stack([frame.vector for frame in findings.frames]) if findings.frames else None


def _values(fields: Mapping[str, Any], name: str) -> Iterator[Any]:
    folds = name in _FOLDED_FIELDS or name.endswith(_FOLDED)
    held: Any = fields
    path = name.removesuffix(_FOLDED).removesuffix(_ANALYSED)
    # The name of an attribute may hold dots; no other field lies deeper than one.
    for part in path.split(".", 1):
        held = held.get(part) if isinstance(held, Mapping) else None
    is_attribute = path.startswith("attributes.")
    for value in _listed(held):
        plain = _spelled(value) if is_attribute else value
        if isinstance(plain, str):
            if len(plain) > _LONGEST_TERM:
                continue
            plain = folded(plain) if folds else plain
        yield plain


def _listed(held: Any) -> list[Any]:
    if held is None:
        return []
    return held if isinstance(held, list) else [held]


def _spelled(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)

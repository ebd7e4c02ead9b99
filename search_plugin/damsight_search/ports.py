"""What the search asks of others: an index that executes, and an encoder of queries."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from damsight_encoders.content import Picture
from damsight_encoders.ports import Heat
from damsight_schemas.search import Box
from damsight_schemas.space import IndexSpaces, VectorField

Vector = NDArray[np.float32]
"""Shape (dimensions,), L2-normalised."""

Pixels = NDArray[np.uint8]
"""Shape (height, width, 3), sRGB."""

Body = dict[str, Any]
"""A search body as Elasticsearch takes it."""

_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


class Part(NamedTuple):
    """A frame, page or slice of an asset.

    Attributes:
        number: From 1, in the order of the media.
        seconds: Where a frame stands in its film.
    """

    kind: str
    number: int
    seconds: float | None = None


class Found(NamedTuple):
    """One hit of a body: a tuple, for hundreds are made in each search, and a frozen dataclass takes twice as long.

    Attributes:
        scores: Of each named query that matched, boosts included.
        fields: The doc values that were asked for.
        source: The document without its vectors, where it was asked for.
        sort: The sort values, where the body sorts.
        part: Which frame, page or slice fits best, where the body looks for it.
        score: Of the whole, boosts included; 0 where the body sorts.
    """

    asset_id: str
    scores: Mapping[str, float] = _NOTHING
    fields: Mapping[str, list[Any]] = _NOTHING
    source: Mapping[str, Any] = _NOTHING
    highlight: Mapping[str, list[str]] = _NOTHING
    sort: tuple[Any, ...] = ()
    part: Part | None = None
    score: float = 0.0

    def scored(self, scores: Mapping[str, float]) -> "Found":
        """Return the hit with other scores; `_replace` takes several times as long."""
        return Found(
            self.asset_id, scores, self.fields, self.source, self.highlight, self.sort, self.part, self.score
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """What the index answers.

    Attributes:
        generation: The physical index that answered; empty where nothing was found.
        lost_shards: How many of `shards` did not answer.
        refused: How many more were found, and left out by the host's own check of rights.
    """

    found: tuple[Found, ...]
    total: int
    relation: Literal["eq", "gte"] = "eq"
    aggregations: dict[str, Any] = field(default_factory=dict)
    generation: str = ""
    shards: int = 1
    lost_shards: int = 0
    refused: int = 0


class SearchIndex(Protocol):
    """The index of assets, seen through its filtered alias."""

    def search(self, body: Body) -> Answer:
        """Execute a body.

        Raises:
            SearchTimeoutError: It did not end in time, whole or in part.
            SearchUnavailableError: Nothing answers.
            IndexRefusedError: The body is refused.
        """
        ...

    def freeze(self) -> str:
        """Keep the index as it is now for a while, and return what names that view: a body's ``pit.id``.

        A search in a view that is kept no longer raises FrozenViewGoneError.

        Raises:
            SearchUnavailableError: Nothing answers.
            IndexRefusedError: The server keeps none.
        """
        ...

    def spaces(self) -> IndexSpaces:
        """Return the spaces of the index that is live now.

        Raises:
            SearchUnavailableError: Nothing answers.
        """
        ...


class Authorizer(Protocol):
    """The host's own word on who may see what, asked again just before anything is shown. Called from many threads."""

    def authorize(self, principals: Sequence[str], ids: Sequence[str]) -> Collection[str]:
        """Return those of the ids that whoever holds these principals may see now; whatever it raises hides all."""
        ...


class QueryEncoder(Protocol):
    """Turns what somebody looks for into vectors."""

    @property
    def spaces(self) -> IndexSpaces:
        """The space of each vector field that queries can be encoded for."""
        ...

    def words(self, text: str, field: VectorField) -> Vector:
        """Encode words for a field.

        Raises:
            EncoderDownError: The encoder does not answer, or there is none for the field.
        """
        ...

    def opened(self, data: bytes, box: Box | None = None) -> Picture:
        """Decode a picture, or a part of it, as large as the encoders of pictures need.

        Raises:
            PictureRefusedError: The bytes are no picture that we take.
            EncoderDownError: There is no encoder of pictures.
        """
        ...

    def picture(self, picture: Picture, field: VectorField = "image_vector") -> Vector:
        """Encode a picture for a field.

        Raises:
            EncoderDownError: The encoder does not answer, or there is none for the field.
        """
        ...

    def where(self, data: bytes, wanted: str | Vector) -> tuple[Pixels, Heat]:
        """Decode a picture and tell how much each of its pixels speaks for words, or for looks of ``image_vector``.

        Returns:
            (height, width, 3) uint8, and (height, width) of 0 to 1.

        Raises:
            PictureRefusedError: The bytes are no picture that we take.
            NotExplainableHereError: No model here can tell.
            EncoderDownError: The encoder does not answer.
        """
        ...

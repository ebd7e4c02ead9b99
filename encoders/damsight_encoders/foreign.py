"""Sentences by any other server of OpenAI's embeddings API: it knows model, input and encoding_format, and no more."""

from typing import Any, Final, Protocol

import httpx
import numpy as np

from damsight_encoders.errors import EncoderUnavailableError
from damsight_encoders.ports import TextPurpose, Vectors
from damsight_encoders.wire import EmbeddingsResponse
from damsight_schemas.space import Space

_INPUTS_A_REQUEST: Final = 64
_UNKNOWN: Final = "served"


class Asks(Protocol):
    """What this asks of the client."""

    def ask(self, body: dict[str, Any]) -> httpx.Response:
        """Send one request for embeddings."""
        ...


class ForeignTextEncoder:
    """Implements TextEncoder. The purpose cannot be said there and makes no difference.

    Args:
        client: Sends the requests.
        url: For messages.
        model: As the server calls it.
        revision: What the operator calls its version: the interface does not tell. A server that changes its model
            without a change here would mix two spaces in one index.

    Raises:
        EncoderUnavailableError: The server does not answer, or not with vectors.
        EncoderError: It refuses the model.
    """

    def __init__(self, client: Asks, url: str, *, model: str, revision: str | None) -> None:
        self._client = client
        self._url = url
        self._model = model
        dimensions = self._embed(["dimensions"]).shape[1]
        self._space = Space(model=model, revision=revision or _UNKNOWN, dimensions=dimensions, modalities=("text",))

    @property
    def space(self) -> Space:
        """The space that the vectors are in."""
        return self._space

    def encode_texts(self, texts: list[str], *, purpose: TextPurpose = "document") -> Vectors:  # noqa: ARG002 - the port's
        """Return one vector a text, in order, L2-normalised here.

        Raises:
            EncoderUnavailableError: The server does not answer, or not with vectors of this space.
            EncoderError: It refuses a text.
        """
        vectors = np.empty((len(texts), self._space.dimensions), dtype=np.float32)
        for start in range(0, len(texts), _INPUTS_A_REQUEST):
            # Servers of this interface refuse an empty text.
            part = [text or " " for text in texts[start : start + _INPUTS_A_REQUEST]]
            rows = self._embed(part)
            if rows.shape[1] != self._space.dimensions:
                raise EncoderUnavailableError(
                    f"{self._url} gives {rows.shape[1]} numbers for a text, and gave {self._space.dimensions} at the "
                    f"start: its model {self._model} was changed; start again"
                )
            vectors[start : start + len(part)] = rows
        return vectors

    def _embed(self, texts: list[str]) -> Vectors:
        answer = self._client.ask({"model": self._model, "input": texts, "encoding_format": "float"})
        try:
            data = EmbeddingsResponse.model_validate_json(answer.content).data
            ordered = sorted(data, key=lambda item: item.index)
            rows = np.array([item.embedding for item in ordered], dtype=np.float32)
        except ValueError as error:
            raise EncoderUnavailableError(f"{self._url} answered something else than vectors: {error}") from error
        if rows.ndim != 2 or len(rows) != len(texts) or not np.isfinite(rows).all():  # noqa: PLR2004 - rows and columns
            raise EncoderUnavailableError(
                f"{self._url} answered {len(rows)} vectors for {len(texts)} texts, or none that are finite"
            )
        normalised: Vectors = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
        return normalised

"""Encoders behind HTTP: the same ports, answered by `damsight encode-serve`. No torch here."""

import io
import weakref
import zlib
from typing import Any, Final

import httpx
import numpy as np
from PIL import Image
from pydantic import ValidationError

from damsight_encoders.content import Picture
from damsight_encoders.errors import EncoderError, EncoderUnavailableError, ModelError
from damsight_encoders.ports import Encoders, Prepared, TextPurpose, Vectors
from damsight_encoders.preprocess import prepare_picture, resample_pillow
from damsight_encoders.steps import ImageSteps
from damsight_encoders.wire import (
    EmbeddingsResponse,
    ModelCard,
    ModelList,
    Role,
    picture_to_data_url,
    vector_from_base64,
)
from damsight_schemas.connections import ModelSettings
from damsight_schemas.space import Space

_TIMEOUT: Final = httpx.Timeout(60.0, connect=5.0)
_INPUTS_A_REQUEST: Final = 64
_TRY_AGAIN: Final = (408, 425, 429, 500, 502, 503, 504)
_NOT_ALLOWED: Final = (401, 403)


class RemoteService:
    """The encoder service at ``settings.url``.

    Raises:
        EncoderUnavailableError: It does not answer.
        ModelError: It answers, but not as an encoder service, or without the right API key.
    """

    def __init__(self, settings: ModelSettings) -> None:
        if settings.url is None:
            raise ModelError("DAMSIGHT_MODELS__URL is not set; give the address of a `damsight encode-serve`")
        self._url = settings.url.rstrip("/")
        self._settings = settings
        key = settings.api_key.get_secret_value() if settings.api_key else None
        self._client = httpx.Client(
            base_url=self._url,
            timeout=_TIMEOUT,
            headers={"Authorization": f"Bearer {key}"} if key else {},
        )
        # Encoders have no end of their own; their connections end when nobody holds them any more.
        weakref.finalize(self, self._client.close)
        self._cards = {card.role: card for card in self._models().data}

    def encoders(self) -> Encoders:
        """Return what the service offers; where the settings name a model, it must be that one.

        Raises:
            ModelError: The service serves another model than the settings name, or none.
        """
        joint, caption = self._card("joint", self._settings.joint), self._card("caption", self._settings.caption)
        return Encoders(
            joint=RemoteJointEncoder(self, joint, joint.image_steps) if joint and joint.image_steps else None,
            caption=RemoteTextEncoder(self, caption) if caption else None,
        )

    def embed(self, card: ModelCard, inputs: list[str], **options: Any) -> Vectors:
        """Encode inputs, some dozens a request.

        Raises:
            EncoderUnavailableError: The service does not answer, is overloaded, or answers nonsense.
            EncoderError: It refuses the request.
        """
        vectors = np.empty((len(inputs), card.space.dimensions), dtype=np.float32)
        for start in range(0, len(inputs), _INPUTS_A_REQUEST):
            part = inputs[start : start + _INPUTS_A_REQUEST]
            body = {"model": card.id, "input": part, "encoding_format": "base64", **options}
            answer = self._ask("POST", "/v1/embeddings", json=body)
            vectors[start : start + len(part)] = self._vectors(answer, len(part), card.space)
        return vectors

    def _card(self, role: Role, wanted: str | None) -> ModelCard | None:
        card = self._cards.get(role)
        setting = f"DAMSIGHT_MODELS__{role.upper()}"
        if wanted is not None and (card is None or card.id not in (wanted, wanted.rstrip("/").rpartition("/")[2])):
            raise ModelError(
                f"{setting}={wanted}, but the encoder service at {self._url} serves {card.id if card else 'none'} as "
                f"{role}; start it with that model, or unset {setting} here"
            )
        return card

    def _models(self) -> ModelList:
        answer = self._ask("GET", "/v1/models")
        try:
            return ModelList.model_validate_json(answer.content)
        except ValidationError as error:
            raise ModelError(
                f"DAMSIGHT_MODELS__URL={self._url} answers, but is no `damsight encode-serve` "
                f"(GET /v1/models: {error.error_count()} problems); check the address and the version"
            ) from error

    def _vectors(self, answer: httpx.Response, count: int, space: Space) -> Vectors:
        try:
            data = EmbeddingsResponse.model_validate_json(answer.content).data
            rows = [vector_from_base64(str(item.embedding)) for item in sorted(data, key=lambda item: item.index)]
            return np.stack(rows).reshape(count, space.dimensions)
        except ValueError as error:
            raise EncoderUnavailableError(
                f"the encoder service at {self._url} answered something else than {count} vectors of {space}: {error}"
            ) from error

    def _ask(self, method: str, path: str, **content: Any) -> httpx.Response:
        try:
            answer = self._client.request(method, path, **content)
        except httpx.HTTPError as error:
            raise EncoderUnavailableError(
                f"the encoder service at {self._url} does not answer ({type(error).__name__}: {error}); "
                f"start `damsight encode-serve`, or correct DAMSIGHT_MODELS__URL"
            ) from error
        if answer.status_code in _TRY_AGAIN:
            raise EncoderUnavailableError(f"the encoder service at {self._url} says {_words(answer)}; try again")
        if answer.status_code in _NOT_ALLOWED:
            raise ModelError(
                f"the encoder service at {self._url} refuses our key; set DAMSIGHT_MODELS__API_KEY to the one that it "
                f"was started with"
            )
        if answer.is_error:
            raise EncoderError(f"the encoder service at {self._url} refuses {method} {path}: {_words(answer)}")
        return answer


class RemoteJointEncoder:
    """Implements JointEncoder: prepares pictures here, with Pillow, and has the service do the rest."""

    def __init__(self, service: RemoteService, card: ModelCard, steps: ImageSteps) -> None:
        self._service = service
        self._card = card
        self._steps = steps

    @property
    def space(self) -> Space:
        """The space that pictures and words share."""
        return self._card.space

    @property
    def input_size(self) -> int:
        """The side in pixels of what the model sees."""
        return self._steps.input_size

    def prepare(self, picture: Picture) -> Prepared:
        """Resize and crop as the checkpoint's image processor does. CPU, safe in any thread."""
        return prepare_picture(picture, self._steps, resample_pillow)

    def encode_images(self, prepared: list[Prepared]) -> Vectors:
        """Return one vector a picture, in order.

        Raises:
            EncoderUnavailableError: The service does not answer.
        """
        inputs = [picture_to_data_url(_png(picture)) for picture in prepared]
        return self._service.embed(self._card, inputs, modality="image", prepared=True)

    def encode_texts(self, texts: list[str], *, purpose: TextPurpose = "document") -> Vectors:
        """Return one vector a text, in order.

        Raises:
            EncoderUnavailableError: The service does not answer.
        """
        return self._service.embed(self._card, texts, modality="text", purpose=purpose)


class RemoteTextEncoder:
    """Implements TextEncoder."""

    def __init__(self, service: RemoteService, card: ModelCard) -> None:
        self._service = service
        self._card = card

    @property
    def space(self) -> Space:
        """The space that the vectors are in."""
        return self._card.space

    def encode_texts(self, texts: list[str], *, purpose: TextPurpose = "document") -> Vectors:
        """Return one vector a text, in order.

        Raises:
            EncoderUnavailableError: The service does not answer.
        """
        return self._service.embed(self._card, texts, modality="text", purpose=purpose)


def _png(picture: Prepared) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "PNG", compress_level=zlib.Z_BEST_SPEED)
    return stream.getvalue()


def _words(answer: httpx.Response) -> str:
    """The problem's own words (RFC 9457) where the answer is one."""
    try:
        problem = answer.json()
    except ValueError:
        return f"{answer.status_code} {answer.reason_phrase}"
    return str(problem.get("detail", problem)) if isinstance(problem, dict) else str(problem)

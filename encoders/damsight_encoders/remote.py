"""The client of `damsight encode-serve`, and of any other server of OpenAI's embeddings API. No torch here."""

import weakref
from typing import Any, Final

import httpx
import numpy as np
from pydantic import ValidationError

from damsight_encoders.errors import EncoderError, EncoderUnavailableError, ModelError, NotExplainableError
from damsight_encoders.foreign import ForeignTextEncoder
from damsight_encoders.ports import Encoders, Heat, Vectors
from damsight_encoders.remote_encoders import (
    RemoteImageEncoder,
    RemoteJointEncoder,
    RemoteSoundWords,
    RemoteTextEncoder,
)
from damsight_encoders.wire import (
    PRIORITY_HEADER,
    EmbeddingsResponse,
    ExplainResponse,
    ModelCard,
    ModelList,
    Priority,
    Role,
    vector_from_base64,
)
from damsight_schemas.connections import ModelSettings
from damsight_schemas.space import Space

_TIMEOUT: Final = httpx.Timeout(60.0, connect=5.0)
_INPUTS_A_REQUEST: Final = 64
_TRY_AGAIN: Final = (408, 425, 429, 500, 502, 503, 504)
_NOT_ALLOWED: Final = (401, 403)
_NOT_THERE: Final = (404, 405, 501)


class RemoteService:
    """The encoder service at ``settings.url``.

    Args:
        settings: Where it is, and which models it must have.
        priority: Of all that is asked through this client; None leaves it to the service, which takes one input for
            somebody's search.

    Raises:
        EncoderUnavailableError: It does not answer.
        ModelError: It answers, but as no server of embeddings, or without the right API key.
    """

    def __init__(self, settings: ModelSettings, *, priority: Priority | None = None) -> None:
        if settings.url is None:
            raise ModelError("DAMSIGHT_MODELS__URL is not set; give the address of a `damsight encode-serve`")
        self._url = settings.url.rstrip("/")
        self._settings = settings
        key = settings.api_key.get_secret_value() if settings.api_key else None
        headers: dict[str, str] = {PRIORITY_HEADER: priority} if priority else {}
        headers |= {"Authorization": f"Bearer {key}"} if key else {}
        self._client = httpx.Client(base_url=self._url, timeout=_TIMEOUT, headers=headers)
        # Encoders have no end of their own; their connections end when nobody holds them any more.
        weakref.finalize(self, self._client.close)
        models = self._models()
        self._ours = models is not None
        self._cards = {card.role: card for card in models.data} if models else {}

    def encoders(self) -> Encoders:
        """Return what the service offers; where the settings name a model, it must be that one.

        Raises:
            ModelError: The service serves another model than the settings name, or none.
        """
        if not self._ours:
            return Encoders(joint=None, caption=self._foreign())
        joint, caption = self._card("joint", self._settings.joint), self._card("caption", self._settings.caption)
        look = self._card("look", self._settings.look)
        # Where it serves none, whoever names one loads it.
        audio = self._card("audio", self._settings.audio) if "audio" in self._cards else None
        return Encoders(
            joint=RemoteJointEncoder(self, joint) if joint else None,
            caption=RemoteTextEncoder(self, caption) if caption else None,
            look=RemoteImageEncoder(self, look) if look else None,
            audio=RemoteSoundWords(self, audio) if audio else None,
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
            answer = self.ask({"model": card.id, "input": part, "encoding_format": "base64", **options})
            vectors[start : start + len(part)] = self._vectors(answer, len(part), card.space)
        return vectors

    def ask(self, body: dict[str, Any]) -> httpx.Response:
        """Send one request for embeddings.

        Raises:
            EncoderUnavailableError: The service does not answer, or is overloaded.
            EncoderError: It refuses the request.
        """
        return self._ask("POST", "/v1/embeddings", json=body)

    def explain(self, card: ModelCard, image: str, **towards: str) -> Heat:
        """Ask where in a picture it shows what was looked for; shape as the service decoded it.

        Raises:
            NotExplainableError: The service, or this model there, cannot tell.
            EncoderUnavailableError: The service does not answer, or answers nonsense.
            EncoderError: It refuses the request.
        """
        if not card.explains:
            raise NotExplainableError(
                f"the encoder service at {self._url} does not tell where in a picture; bring it to this version"
            )
        answer = self._ask("POST", "/v1/explain", json={"model": card.id, "image": image, **towards})
        try:
            told = ExplainResponse.model_validate_json(answer.content)
            return vector_from_base64(told.heat).reshape(told.height, told.width)
        except ValueError as error:
            raise EncoderUnavailableError(
                f"the encoder service at {self._url} answered something else than a heat map: {error}"
            ) from error

    def _foreign(self) -> ForeignTextEncoder:
        others = [name for name in ("joint", "look") if getattr(self._settings, name) is not None]
        if self._settings.caption is None or others:
            wrong = ", ".join(f"DAMSIGHT_MODELS__{name.upper()}" for name in others)
            raise ModelError(
                f"DAMSIGHT_MODELS__URL={self._url} answers, but is no `damsight encode-serve`; another server of "
                f"OpenAI's embeddings API takes words alone: "
                + (f"unset {wrong}, or check the address" if wrong else "name its model in DAMSIGHT_MODELS__CAPTION")
            )
        return ForeignTextEncoder(
            self, self._url, model=self._settings.caption, revision=self._settings.caption_revision
        )

    def _card(self, role: Role, wanted: str | None) -> ModelCard | None:
        card = self._cards.get(role)
        setting = f"DAMSIGHT_MODELS__{role.upper()}"
        if wanted is not None and (card is None or card.id not in (wanted, wanted.rstrip("/").rpartition("/")[2])):
            raise ModelError(
                f"{setting}={wanted}, but the encoder service at {self._url} serves {card.id if card else 'none'} as "
                f"{role}; start it with that model, or unset {setting} here"
            )
        return card

    def _models(self) -> ModelList | None:
        """Return our models; None from a server that is another's."""
        answer = self._ask("GET", "/v1/models", absent_is_fine=True)
        try:
            return ModelList.model_validate_json(answer.content)
        except ValidationError:
            return None

    def _vectors(self, answer: httpx.Response, count: int, space: Space) -> Vectors:
        try:
            data = EmbeddingsResponse.model_validate_json(answer.content).data
            rows = [vector_from_base64(str(item.embedding)) for item in sorted(data, key=lambda item: item.index)]
            return np.stack(rows).reshape(count, space.dimensions)
        except ValueError as error:
            raise EncoderUnavailableError(
                f"the encoder service at {self._url} answered something else than {count} vectors of {space}: {error}"
            ) from error

    def _ask(self, method: str, path: str, *, absent_is_fine: bool = False, **content: Any) -> httpx.Response:
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
        if answer.is_error and not (absent_is_fine and answer.status_code in _NOT_THERE):
            raise EncoderError(f"the encoder service at {self._url} refuses {method} {path}: {_words(answer)}")
        return answer


def _words(answer: httpx.Response) -> str:
    """The problem's own words (RFC 9457) where the answer is one."""
    try:
        problem = answer.json()
    except ValueError:
        return f"{answer.status_code} {answer.reason_phrase}"
    return str(problem.get("detail", problem)) if isinstance(problem, dict) else str(problem)

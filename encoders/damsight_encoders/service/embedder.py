"""From a request's inputs to vectors: decode, prepare, batch. No HTTP here."""

import asyncio
import functools
from collections.abc import Callable
from typing import Any

from damsight_encoders.errors import EncoderError, MediaError
from damsight_encoders.ports import Encoders, JointEncoder, PictureDecoder, Prepared, TextEncoder, Vectors
from damsight_encoders.service.batcher import GreedyBatcher
from damsight_encoders.service.metrics import ServiceMetrics
from damsight_encoders.settings import EncoderServiceSettings
from damsight_encoders.steps import ImageSteps
from damsight_encoders.wire import EmbeddingsRequest, ModelCard, ModelList, Role, picture_from_input

_FIDELITY = 2
_PICTURE_START = "data:image/"


class UnknownModelError(EncoderError):
    """The service has no such model."""


class InputError(EncoderError):
    """One input cannot be encoded; the message names it by its place.

    Attributes:
        field: The input, as in ``input.3``.
    """

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(message)


class _Model:
    """One model with its batchers: texts by purpose, and pictures where it takes them."""

    def __init__(
        self,
        role: Role,
        encoder: TextEncoder,
        steps: ImageSteps | None,
        batcher: Callable[..., GreedyBatcher[Any]],
    ) -> None:
        self.card = ModelCard(id=encoder.space.model, role=role, space=encoder.space, image_steps=steps)
        self.documents: GreedyBatcher[str] = batcher(encoder.encode_texts, self.card.id, "document")
        self.queries: GreedyBatcher[str] = batcher(
            functools.partial(encoder.encode_texts, purpose="query"), self.card.id, "query"
        )


class _JointModel(_Model):
    def __init__(self, encoder: JointEncoder, steps: ImageSteps, batcher: Callable[..., GreedyBatcher[Any]]) -> None:
        super().__init__("joint", encoder, steps, batcher)
        self.encoder = encoder
        self.steps = steps
        self.pictures: GreedyBatcher[Prepared] = batcher(encoder.encode_images, self.card.id, "image")


class Embedder:
    """Answers requests for embeddings.

    Args:
        encoders: Local ones.
        image_steps: Of the joint encoder.
        decoder: For pictures.
        limits: On what one request may ask for.
        metrics: Told of each batch.
    """

    def __init__(
        self,
        encoders: Encoders,
        *,
        image_steps: ImageSteps | None,
        decoder: PictureDecoder,
        limits: EncoderServiceSettings,
        metrics: ServiceMetrics,
    ) -> None:
        self._decoder = decoder
        self._limits = limits

        def batcher(encode: Callable[[list[Any]], Vectors], model: str, kind: str) -> GreedyBatcher[Any]:
            return GreedyBatcher(
                encode,
                most=limits.max_batch,
                waiting=limits.max_waiting,
                observe=functools.partial(metrics.batch, model, kind),
            )

        models: list[_Model] = []
        if encoders.joint is not None and image_steps is not None:
            models.append(_JointModel(encoders.joint, image_steps, batcher))
        if encoders.caption is not None:
            models.append(_Model("caption", encoders.caption, None, batcher))
        self._models = {model.card.id: model for model in models}

    def models(self) -> ModelList:
        """Return the models and their spaces."""
        return ModelList(data=[model.card for model in self._models.values()])

    async def embed(self, request: EmbeddingsRequest) -> Vectors:
        """Return one vector an input, in order.

        Raises:
            UnknownModelError: There is no such model.
            InputError: An input, or their number, cannot be encoded.
            EncoderUnavailableError: Too much waits already.
        """
        model = self._models.get(request.model)
        if model is None:
            raise UnknownModelError(
                f"there is no model {request.model!r} here; GET /v1/models lists {', '.join(self._models) or 'none'}"
            )
        inputs = request.inputs()
        self._check(request, inputs, model.card)
        places = [place for place, text in enumerate(inputs) if _is_picture(text, request, model.card)]
        if not places:
            return await self._texts(model, inputs, request)
        if len(places) < len(inputs):
            raise InputError("input", "one request takes either texts or pictures; send two requests")
        return await self._pictures(model, inputs, prepared=request.prepared)

    def _check(self, request: EmbeddingsRequest, inputs: list[str], card: ModelCard) -> None:
        if len(inputs) > self._limits.max_inputs:
            raise InputError("input", f"{len(inputs)} inputs, and a request takes at most {self._limits.max_inputs}")
        if request.dimensions not in (None, card.space.dimensions):
            raise InputError("dimensions", f"{card.id} gives {card.space.dimensions} dimensions and no other number")
        if request.modality == "image" and card.image_steps is None:
            raise InputError("modality", f"{card.id} encodes texts alone; ask the joint model for pictures")

    async def _texts(self, model: _Model, texts: list[str], request: EmbeddingsRequest) -> Vectors:
        for place, text in enumerate(texts):
            if len(text) > self._limits.max_text:
                raise InputError(
                    f"input.{place}", f"{len(text):,} characters, and a text has at most {self._limits.max_text:,}"
                )
        batcher = model.queries if request.purpose == "query" else model.documents
        return await batcher.encode(texts)

    async def _pictures(self, model: _Model, inputs: list[str], *, prepared: bool) -> Vectors:
        if not isinstance(model, _JointModel):
            raise InputError("input", f"{model.card.id} encodes texts alone; ask the joint model for pictures")
        reading = [
            asyncio.to_thread(self._prepare, model, place, text, prepared=prepared) for place, text in enumerate(inputs)
        ]
        return await model.pictures.encode(list(await asyncio.gather(*reading)))

    def _prepare(self, model: _JointModel, place: int, text: str, *, prepared: bool) -> Prepared:
        try:
            picture = self._decoder.decode(picture_from_input(text), at_least=_FIDELITY * model.encoder.input_size)
        except (MediaError, ValueError) as error:
            raise InputError(f"input.{place}", str(error)) from error
        if not prepared:
            return model.encoder.prepare(picture)
        height, width = picture.pixels.shape[:2]
        if not model.steps.takes(height, width):
            raise InputError(
                f"input.{place}",
                f"{width} x {height} pixels are not what {model.card.id}'s image_steps end in; send prepared=false",
            )
        return picture.pixels


def _is_picture(text: str, request: EmbeddingsRequest, card: ModelCard) -> bool:
    if request.modality != "auto":
        return request.modality == "image"
    return card.image_steps is not None and text.startswith(_PICTURE_START)

"""From a request's inputs to vectors: look up, decode, prepare, batch. No HTTP here."""

import asyncio
import functools
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from damsight_encoders.ports import Encoders, PictureDecoder, Vectors
from damsight_encoders.service.batcher import GreedyBatcher
from damsight_encoders.service.cache import VectorCache
from damsight_encoders.service.errors import InputError, UnknownModelError
from damsight_encoders.service.metrics import ServiceMetrics
from damsight_encoders.service.pictures import prepared_picture
from damsight_encoders.service.served import ServedModel, served_models
from damsight_encoders.settings import EncoderServiceSettings
from damsight_encoders.wire import EmbeddingsRequest, ModelCard, ModelList, Priority

_PICTURE_START: Final = "data:image/"
_MEBIBYTE: Final = 1024 * 1024


class Embedder:
    """Answers requests for embeddings.

    Args:
        encoders: Local ones.
        decoder: For pictures.
        limits: On what one request may ask for.
        metrics: Told of each batch and each look into the cache.

    Raises:
        ModelError: Two models have one name.
    """

    def __init__(
        self,
        encoders: Encoders,
        *,
        decoder: PictureDecoder,
        limits: EncoderServiceSettings,
        metrics: ServiceMetrics,
    ) -> None:
        self._decoder = decoder
        self._limits = limits
        self._metrics = metrics
        self._cache = VectorCache(limits.cache_mib * _MEBIBYTE)

        def batcher(encode: Callable[[list[Any]], Vectors], model: str, kind: str) -> GreedyBatcher[Any]:
            return GreedyBatcher(
                encode,
                most=limits.max_batch,
                waiting=limits.max_waiting,
                observe=functools.partial(metrics.batch, model, kind),
            )

        self._models = served_models(encoders, batcher)

    def models(self) -> ModelList:
        """Return the models and their spaces."""
        return ModelList(data=[model.card for model in self._models.values()])

    def model(self, name: str) -> ServedModel:
        """Return the model of that name.

        Raises:
            UnknownModelError: There is none.
        """
        if name not in self._models:
            raise UnknownModelError(
                f"there is no model {name!r} here; GET /v1/models lists {', '.join(self._models) or 'none'}"
            )
        return self._models[name]

    async def embed(self, request: EmbeddingsRequest, priority: Priority | None = None) -> Vectors:
        """Return one vector an input, in order.

        Args:
            request: What is asked.
            priority: As the client says; without, one input is interactive and several are in bulk.

        Raises:
            UnknownModelError: There is no such model.
            InputError: An input, or their number, cannot be encoded.
            EncoderBusyError: Too much waits already.
        """
        model = self.model(request.model)
        inputs = request.inputs()
        self._check(request, inputs, model.card)
        rank: Priority = priority or ("interactive" if len(inputs) == 1 else "bulk")
        pictures = [_is_picture(text, request, model.card) for text in inputs]
        if not any(pictures):
            return await self._texts(model, inputs, request, rank)
        if not all(pictures):
            raise InputError("input", "one request takes either texts or pictures; send two requests")
        return await self._pictures(model, inputs, rank, prepared=request.prepared)

    def _check(self, request: EmbeddingsRequest, inputs: list[str], card: ModelCard) -> None:
        if len(inputs) > self._limits.max_inputs:
            raise InputError("input", f"{len(inputs)} inputs, and a request takes at most {self._limits.max_inputs}")
        if request.dimensions not in (None, card.space.dimensions):
            raise InputError("dimensions", f"{card.id} gives {card.space.dimensions} dimensions and no other number")
        if request.modality == "image" and not card.takes_pictures:
            raise InputError("modality", f"{card.id} encodes texts alone; ask the joint model for pictures")

    async def _texts(
        self, model: ServedModel, texts: list[str], request: EmbeddingsRequest, priority: Priority
    ) -> Vectors:
        batcher = model.queries if request.purpose == "query" else model.documents
        if batcher is None:
            raise InputError("input", f"{model.card.id} encodes pictures alone; send them as data: URLs")
        for place, text in enumerate(texts):
            if len(text) > self._limits.max_text:
                raise InputError(
                    f"input.{place}", f"{len(text):,} characters, and a text has at most {self._limits.max_text:,}"
                )
        start = (model.card.id, model.card.space.revision, request.purpose)
        known = {text: self._cache.get((*start, text)) for text in texts}
        missing = [text for text, vector in known.items() if vector is None]
        if missing:
            known |= dict(zip(missing, await batcher.encode(missing, priority), strict=True))
        for text in missing:
            self._cache.put((*start, text), np.asarray(known[text]))
        self._metrics.looked_up(
            model.card.id,
            hits=len(known) - len(missing),
            misses=len(missing),
            held_bytes=self._cache.held_bytes,
        )
        return np.stack([np.asarray(known[text]) for text in texts])

    async def _pictures(self, model: ServedModel, inputs: list[str], priority: Priority, *, prepared: bool) -> Vectors:
        if model.pictures is None:
            raise InputError("input", f"{model.card.id} encodes texts alone; ask the joint model for pictures")
        reading = [
            asyncio.to_thread(prepared_picture, text, model, self._decoder, field=f"input.{place}", prepared=prepared)
            for place, text in enumerate(inputs)
        ]
        return await model.pictures.encode(list(await asyncio.gather(*reading)), priority)


def _is_picture(text: str, request: EmbeddingsRequest, card: ModelCard) -> bool:
    if request.modality != "auto":
        return request.modality == "image"
    return card.takes_pictures and text.startswith(_PICTURE_START)

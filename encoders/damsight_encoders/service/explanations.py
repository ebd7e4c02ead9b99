"""From a request's picture and words to a heat map. No HTTP here."""

import asyncio
from typing import Final

from damsight_encoders.content import Picture
from damsight_encoders.errors import DeviceError, EncoderBusyError, EncoderError, NotExplainableError
from damsight_encoders.ports import Explainer, Heat, PictureDecoder, Towards
from damsight_encoders.service.embedder import Embedder
from damsight_encoders.service.errors import InputError
from damsight_encoders.service.pictures import read_picture
from damsight_encoders.wire import ExplainRequest, ExplainResponse, vector_from_base64, vector_to_base64

_WAITING: Final = 16
"""Each encodes dozens of windows: more would only wait longer than anybody looks."""


class Explanations:
    """Answers requests for explanations, one at a time.

    Args:
        embedder: Knows the models.
        decoder: For pictures.
        max_text: Characters of the words.
    """

    def __init__(self, embedder: Embedder, *, decoder: PictureDecoder, max_text: int) -> None:
        self._embedder = embedder
        self._decoder = decoder
        self._max_text = max_text
        self._turn = asyncio.Semaphore(1)
        self._waiting = 0

    async def explain(self, request: ExplainRequest) -> ExplainResponse:
        """Return the heat of the picture as decoded here.

        Raises:
            UnknownModelError: There is no such model.
            NotExplainableError: It encodes texts alone, or cannot be explained that way.
            InputError: The picture, the words or the vector cannot be used.
            EncoderBusyError: Too many wait already.
        """
        explainer = self._embedder.model(request.model).explainer(request.by)
        towards = self._towards(request)
        if self._waiting >= _WAITING:
            raise EncoderBusyError(f"{self._waiting} explanations wait already; try again later")
        self._waiting += 1
        try:
            async with self._turn:
                picture = await asyncio.to_thread(
                    read_picture, request.image, self._decoder, at_least=explainer.at_least, field="image"
                )
                heat = await asyncio.to_thread(_explained, explainer, picture, towards)
        finally:
            self._waiting -= 1
        height, width = heat.shape
        return ExplainResponse(model=request.model, height=height, width=width, heat=vector_to_base64(heat.reshape(-1)))

    def _towards(self, request: ExplainRequest) -> Towards:
        if request.vector is not None:
            try:
                return vector_from_base64(request.vector)
            except ValueError as error:
                raise InputError("vector", str(error)) from error
        text = request.text or ""
        if len(text) > self._max_text:
            raise InputError("text", f"{len(text):,} characters, and a text has at most {self._max_text:,}")
        return text


def _explained(explainer: Explainer, picture: Picture, towards: Towards) -> Heat:
    try:
        return explainer.explain(picture, towards)
    except (DeviceError, NotExplainableError):
        raise
    except EncoderError as error:
        raise InputError("text" if isinstance(towards, str) else "vector", str(error)) from error

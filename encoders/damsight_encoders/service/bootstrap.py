"""Wires the encoder service."""

from typing import Final

from fastapi import FastAPI

from damsight_encoders.decode import FileDecoder
from damsight_encoders.errors import ModelError
from damsight_encoders.load import load_encoders
from damsight_encoders.ports import Encoders
from damsight_encoders.service.app import create_app
from damsight_encoders.service.embedder import Embedder
from damsight_encoders.service.explanations import Explanations
from damsight_encoders.service.metrics import ServiceMetrics
from damsight_encoders.settings import EncodeServeSettings

_NOT_SERVED: Final = {"captioner": None, "ocr": (), "fuse": None}
"""It is not asked for by vectors. Whoever needs it loads it, and the model of sounds to encode sounds themselves."""


def build_service(settings: EncodeServeSettings) -> FastAPI:
    """Load the models and return the application; there is something to serve once this returns.

    Raises:
        ModelError: No model is named, or one cannot be loaded.
        DeviceError: The device that was asked for is not there.
    """
    encoders = load_encoders(settings.models.model_copy(update=_NOT_SERVED))
    if encoders == Encoders(joint=None, caption=None):
        raise ModelError(
            "no model is named: set DAMSIGHT_MODELS__JOINT (pictures and words), DAMSIGHT_MODELS__CAPTION (sentences), "
            "DAMSIGHT_MODELS__LOOK (pictures alone), DAMSIGHT_MODELS__AUDIO (sounds by words), or several, to a "
            "hub id or a folder"
        )
    return serve_encoders(encoders, settings)


def serve_encoders(encoders: Encoders, settings: EncodeServeSettings) -> FastAPI:
    """Return the application over encoders that are loaded already.

    Raises:
        ModelError: The encoders cannot be told apart.
    """
    metrics = ServiceMetrics()
    decoder = FileDecoder(settings.limits)
    embedder = Embedder(encoders, decoder=decoder, limits=settings.encoder, metrics=metrics)
    key = settings.models.api_key
    return create_app(
        embedder,
        Explanations(embedder, decoder=decoder, max_text=settings.encoder.max_text),
        metrics,
        api_key=key.get_secret_value() if key else None,
        max_body_mib=settings.encoder.max_body_mib,
    )

"""Wires the encoder service."""

from fastapi import FastAPI

from damsight_encoders.decode import FileDecoder
from damsight_encoders.errors import ModelError
from damsight_encoders.load import load_encoders
from damsight_encoders.ports import Encoders
from damsight_encoders.service.app import create_app
from damsight_encoders.service.embedder import Embedder
from damsight_encoders.service.metrics import ServiceMetrics
from damsight_encoders.settings import EncodeServeSettings
from damsight_encoders.steps import ImageSteps


def build_service(settings: EncodeServeSettings) -> FastAPI:
    """Load the models and return the application; there is something to serve once this returns.

    Raises:
        ModelError: No model is named, or one cannot be loaded.
        DeviceError: The device that was asked for is not there.
    """
    encoders = load_encoders(settings.models)
    if encoders == Encoders(joint=None, caption=None):
        raise ModelError(
            "no model is named: set DAMSIGHT_MODELS__JOINT (pictures and words), DAMSIGHT_MODELS__CAPTION (sentences), "
            "or both, to a hub id or a folder"
        )
    return serve_encoders(encoders, settings)


def serve_encoders(encoders: Encoders, settings: EncodeServeSettings) -> FastAPI:
    """Return the application over encoders that are loaded already.

    Raises:
        ModelError: The encoders cannot be told apart, or pictures cannot be prepared for the joint one elsewhere.
    """
    steps: ImageSteps | None = getattr(encoders.joint, "steps", None)
    if encoders.joint is not None and steps is None:
        raise ModelError(
            "the joint encoder does not tell its image steps, so clients could not prepare pictures for it"
        )
    names = [encoder.space.model for encoder in (encoders.joint, encoders.caption) if encoder is not None]
    if len(names) != len(set(names)):
        raise ModelError(
            f"both models are called {names[0]!r}; rename one of their folders, so that clients can choose"
        )
    metrics = ServiceMetrics()
    embedder = Embedder(
        encoders,
        image_steps=steps,
        decoder=FileDecoder(settings.limits),
        limits=settings.encoder,
        metrics=metrics,
    )
    key = settings.models.api_key
    return create_app(
        embedder,
        metrics,
        api_key=key.get_secret_value() if key else None,
        max_body_mib=settings.encoder.max_body_mib,
    )

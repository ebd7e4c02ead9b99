"""The models that the service serves: each with its batchers, and what clients are told of it."""

import functools
from collections.abc import Callable
from typing import Any, Protocol

from damsight_encoders.content import Picture
from damsight_encoders.errors import ModelError, NotExplainableError
from damsight_encoders.explain import explainer_of
from damsight_encoders.ports import Encoders, ExplainBy, Explainer, Prepared, Vectors
from damsight_encoders.service.batcher import GreedyBatcher
from damsight_encoders.steps import ImageSteps
from damsight_encoders.wire import ModelCard, Role

MakeBatcher = Callable[[Callable[[list[Any]], Vectors], str, str], GreedyBatcher[Any]]
"""Of what encodes, the model's name and the kind of input."""


class PicturePart(Protocol):
    """What prepares pictures for a model."""

    def prepare(self, picture: Picture) -> Prepared:
        """Resize and crop."""
        ...


class ServedModel:
    """One model: texts by purpose where it takes them, pictures where it takes those.

    Attributes:
        card: What GET /v1/models tells.
        documents: Batches of texts; None for pictures alone. Likewise `queries`.
        pictures: Batches of prepared pictures; None for texts alone.
    """

    def __init__(self, role: Role, encoder: Any, batcher: MakeBatcher) -> None:
        self._encoder = encoder
        steps: ImageSteps | None = getattr(encoder, "steps", None)
        takes_pictures = "image" in encoder.space.modalities
        self.card = ModelCard(
            id=encoder.space.model,
            role=role,
            space=encoder.space,
            image_steps=steps if takes_pictures else None,
            input_size=encoder.input_size if takes_pictures else 0,
            explains=takes_pictures,
        )
        self.documents: GreedyBatcher[str] | None = None
        self.queries: GreedyBatcher[str] | None = None
        self.pictures: GreedyBatcher[Prepared] | None = None
        if self.card.takes_texts:
            queries = functools.partial(encoder.encode_texts, purpose="query")
            self.documents = batcher(encoder.encode_texts, self.card.id, "document")
            self.queries = batcher(queries, self.card.id, "query")
        if takes_pictures:
            self.pictures = batcher(encoder.encode_images, self.card.id, "image")

    @property
    def picture_part(self) -> PicturePart:
        """Prepares pictures for it."""
        part: PicturePart = self._encoder
        return part

    def explainer(self, by: ExplainBy) -> Explainer:
        """Return what tells where in a picture.

        Raises:
            NotExplainableError: It encodes texts alone, or cannot be explained that way.
        """
        if not self.card.explains:
            raise NotExplainableError(f"{self.card.id} encodes texts alone: it knows nothing of pictures")
        return explainer_of(self._encoder, by)


def served_models(encoders: Encoders, batcher: MakeBatcher) -> dict[str, ServedModel]:
    """Return the models by name. Of a model of sounds words are taken alone: OpenAI's interface has no such input.

    Raises:
        ModelError: Two have one name, so that clients could not choose.
    """
    by_role: tuple[tuple[Role, Any], ...] = (
        ("joint", encoders.joint),
        ("caption", encoders.caption),
        ("look", encoders.look),
        ("audio", encoders.audio),
    )
    models: dict[str, ServedModel] = {}
    for role, encoder in by_role:
        if encoder is None:
            continue
        name = encoder.space.model
        if name in models:
            raise ModelError(
                f"both models are called {name!r}; rename one of their folders, so that clients can choose"
            )
        models[name] = ServedModel(role, encoder, batcher)
    return models

"""The explainer of an encoder."""

from damsight_encoders.explain.windows import WindowExplainer
from damsight_encoders.ports import Explainer, ImageEncoder


def explainer_of(encoder: ImageEncoder) -> Explainer:
    """Return what explains an encoder: itself where it can, as a remote one does, else its own answers on windows."""
    return encoder if isinstance(encoder, Explainer) else WindowExplainer(encoder)

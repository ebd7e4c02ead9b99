"""Explanations: where in a picture it shows what was looked for. Without torch but in `explain.gradients`."""

from damsight_encoders.explain.choose import explainer_of
from damsight_encoders.explain.overlay import overlay
from damsight_encoders.explain.windows import WindowExplainer

__all__ = ["WindowExplainer", "explainer_of", "overlay"]

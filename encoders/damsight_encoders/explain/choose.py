"""The explainer of an encoder."""

from damsight_encoders.errors import NotExplainableError
from damsight_encoders.explain.windows import WindowExplainer
from damsight_encoders.ports import ExplainBy, Explainer, ImageEncoder


def explainer_of(encoder: ImageEncoder, by: ExplainBy = "windows") -> Explainer:
    """Return what explains an encoder.

    Args:
        encoder: One that explains itself, as a remote one does, is returned itself.
        by: windows: the encoder's own answers on parts of the picture; gradients: one pass through its network and
            back in place of dozens, and less sure (docs/encoders.md has the measurement).

    Raises:
        NotExplainableError: By gradients, and its network is not here or not of a kind that is known.
    """
    if isinstance(encoder, Explainer):
        return encoder
    if by == "windows":
        return WindowExplainer(encoder)
    if not hasattr(encoder, "forward"):
        raise NotExplainableError(f"{encoder.space.model} cannot be asked for gradients; explain it by windows")
    from damsight_encoders.explain.gradients import GradientExplainer  # noqa: PLC0415 - torch, where a network is

    return GradientExplainer(encoder)  # type: ignore[arg-type]  # it has what was asked for just now

"""Where a picture shows what was looked for, by one pass through the network and back: quick, and needs torch."""

from collections.abc import Callable
from typing import Final, Protocol

import numpy as np
import torch

from damsight_encoders.content import Picture
from damsight_encoders.errors import EncoderError, NotExplainableError
from damsight_encoders.explain.heat import seen_by_model, spread
from damsight_encoders.explain.recording import Recording
from damsight_encoders.explain.windows import vector_of
from damsight_encoders.ports import Heat, ImageEncoder, TextEncoder, Towards
from damsight_encoders.steps import ImageSteps
from damsight_schemas.space import Space

_FIDELITY: Final = 2
_MOST_EXTRA_TOKENS: Final = 8
"""A class token, a distillation token, registers."""


class Differentiable(ImageEncoder, Protocol):
    """An encoder whose network can be asked for gradients."""

    @property
    def steps(self) -> ImageSteps:
        """How its pictures are prepared."""
        ...

    @property
    def forward(self) -> Callable[[torch.Tensor], torch.Tensor] | None:
        """Maps (n, height, width, 3) pixels of 0 to 255 to (n, dimensions), L2-normalised; None: it cannot."""
        ...


class GradientExplainer:
    """Implements Explainer. Networks of attention by relevancy, networks that pool a grid by Grad-CAM.

    Relevancy: Chefer et al. 2021, arXiv:2103.15679, equations 5 and 6, on the cosine. Grad-CAM: Selvaraju et al. 2017,
    arXiv:1610.02391, equations 1 and 2, on the same, at the grid that is pooled.

    Args:
        encoder: Local, with a network of one of both kinds.

    Raises:
        NotExplainableError: It is of neither.
    """

    def __init__(self, encoder: Differentiable) -> None:
        forward = getattr(encoder, "forward", None)
        if forward is None:
            raise NotExplainableError(
                f"{encoder.space.model} cannot be asked for gradients; explain it by windows, which take any encoder"
            )
        self._encoder = encoder
        self._forward: Callable[[torch.Tensor], torch.Tensor] = forward
        words: TextEncoder | None = encoder if hasattr(encoder, "encode_texts") else None  # type: ignore[assignment]
        self._words = words

    @property
    def space(self) -> Space:
        """The space that vectors to explain are of."""
        return self._encoder.space

    @property
    def at_least(self) -> int:
        """To decode the shorter side with, in pixels."""
        return _FIDELITY * self._encoder.input_size

    def explain(self, picture: Picture, towards: Towards) -> Heat:
        """Return (height, width) float32, 0 to 1, of the picture's pixels.

        Raises:
            EncoderError: Words are given, and the encoder takes pictures alone.
            NotExplainableError: The network neither attends nor pools a grid.
        """
        wanted = vector_of(towards, self._words, self.space)
        prepared = self._encoder.prepare(picture)
        # Of another type than the network's, so that scaling it does not write into what gradients are taken of.
        pixels = torch.from_numpy(prepared)[None].to(torch.float64).requires_grad_()
        with torch.enable_grad():
            with Recording() as recording:
                vector = self._forward(pixels)[0]
            near = vector.float() @ torch.from_numpy(wanted).to(vector.device)
            grid = self._grid(recording, near, prepared.shape[:2])
        return spread(grid, seen_by_model(picture, self._encoder.steps), picture.pixels.shape[:2])

    def _grid(self, recording: Recording, near: torch.Tensor, shape: tuple[int, ...]) -> Heat:
        if recording.attention:
            gradients = torch.autograd.grad(near, recording.attention)
            return relevancy(recording.attention, list(gradients), shape)
        if recording.grid is not None:
            (gradient,) = torch.autograd.grad(near, recording.grid)
            return grad_cam(recording.grid, gradient)
        raise NotExplainableError(
            f"{self.space.model} neither attends nor pools a grid as is known here; explain it by windows"
        )


def grad_cam(grid: torch.Tensor, gradient: torch.Tensor) -> Heat:
    """Return (rows, columns): the channels, each as the mean of its gradient says, where together they speak for it."""
    weights = gradient.mean(dim=(-2, -1), keepdim=True)
    heat: Heat = torch.relu((weights * grid).sum(dim=1))[0].float().detach().cpu().numpy()
    return heat


def relevancy(attention: list[torch.Tensor], gradients: list[torch.Tensor], shape: tuple[int, ...]) -> Heat:
    """Return (rows, columns): how relevant each patch's token became for the vector, through all layers.

    Args:
        attention: (1, heads, queries, keys) each, in order; a last one of a single query is a pooling head (SigLIP).
        gradients: Of the cosine with respect to each.
        shape: (height, width) that the network saw.

    Raises:
        EncoderError: The tokens are no grid of patches.
    """
    tokens = attention[0].shape[-1]
    relevance = torch.eye(tokens)
    for weights, gradient in zip(attention, gradients, strict=True):
        layer = (weights * gradient).clamp(min=0).mean(dim=1)[0].float().detach().cpu()
        relevance = relevance + layer @ relevance if layer.shape[0] == tokens else layer @ relevance
    rows, columns, extra = _patches(tokens, shape)
    # The class token comes first; without one, the vector is the mean over all, or a pooling head's one row.
    row = relevance[0] if extra else relevance.mean(dim=0)
    heat: Heat = row[extra:].reshape(rows, columns).numpy().astype(np.float32)
    return heat


def _patches(tokens: int, shape: tuple[int, ...]) -> tuple[int, int, int]:
    """Return rows, columns, and how many tokens before them are no patches."""
    for extra in range(_MOST_EXTRA_TOKENS + 1):
        rows = round(((tokens - extra) * shape[0] / shape[1]) ** 0.5)
        if rows > 0 and (tokens - extra) % rows == 0 and rows * shape[1] == (tokens - extra) // rows * shape[0]:
            return rows, (tokens - extra) // rows, extra
    raise EncoderError(f"{tokens} tokens are no grid of patches of {shape[1]} x {shape[0]} pixels")

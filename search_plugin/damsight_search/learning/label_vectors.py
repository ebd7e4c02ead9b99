"""Text vectors of labels: each is encoded once per space, some at a time, so that no request waits for all."""

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import Lock

import numpy as np

from damsight_search.errors import EncoderDownError
from damsight_search.learning.probe import Rows
from damsight_search.ports import QueryEncoder, Vector

KEPT = 10_000
"""Labels; of 768 numbers each they take 30 MB."""

PATIENCE_S = 2.0
"""How long one request encodes; the next goes on from there."""


class LabelVectors:
    """Encodes labels. Safe to call from many threads.

    Args:
        encoder: For words.
        clock: Seconds, never going back.
    """

    def __init__(self, encoder: QueryEncoder, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._encoder = encoder
        self._clock = clock
        self._kept: OrderedDict[tuple[str, str], Vector] = OrderedDict()
        self._keeping = Lock()

    def of(self, labels: Sequence[str], *, patience_s: float = PATIENCE_S) -> tuple[list[str], Rows]:
        """Return the labels that have a vector by now, and the vectors, shape (labels, dimensions).

        Raises:
            EncoderDownError: The encoder does not answer, or there is none for words and pictures together.
        """
        until = self._clock() + patience_s
        told: list[str] = []
        rows: list[Vector] = []
        for label in labels:
            vector = self._known(label)
            if vector is None and self._clock() < until:
                vector = self._encoded(label)
            if vector is not None:
                told.append(label)
                rows.append(vector)
        return told, np.stack(rows) if rows else np.zeros((0, 1), dtype=np.float32)

    def _space(self) -> str:
        return str(self._encoder.spaces.image_vector)

    def _known(self, label: str) -> Vector | None:
        with self._keeping:
            return self._kept.get((self._space(), label))

    def _encoded(self, label: str) -> Vector:
        vector = self._encoder.words(label, "image_vector")
        # Asked afterwards: the model may have been loaded for this label.
        key = (self._space(), label)
        if self._encoder.spaces.image_vector is None:
            raise EncoderDownError("no model that puts words and pictures together is loaded (DAMSIGHT_MODELS__JOINT)")
        with self._keeping:
            self._kept[key] = vector
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return vector

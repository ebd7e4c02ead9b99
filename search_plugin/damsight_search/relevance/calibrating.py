"""Makes a calibration: samples the index, encodes its own words as background queries, fits, and keeps the result."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from damsight_index.own_records import OwnRecords
from damsight_schemas.search import Leg
from damsight_search.errors import NotCalibratedError
from damsight_search.ports import QueryEncoder, SearchIndex
from damsight_search.relevance.calibration import Background, Calibration, LegCalibration, Reference, Vectors
from damsight_search.relevance.calibration_fitting import FEWEST_ASSETS, FEWEST_QUERIES, fit_background, make_reference
from damsight_search.relevance.calibration_records import MARK, fits, to_mark, to_record
from damsight_search.relevance.calibration_sampling import SAMPLED, SEED, Sample, counting_body, draw
from damsight_search.vectors.gathered import LEG_FIELDS

QUERIES = 256
"""Background queries a mode: a median over them is known to about 8 % of one query's spread."""

GROWTH = 1.5
OnProgress = Callable[[str, int, int], None]
_LONGEST = 80
_ENCODED_BY_WORDS: tuple[Leg, ...] = ("image", "frame", "caption", "audio")


@dataclass(frozen=True, slots=True)
class Live:
    """The generation that searches read now.

    Attributes:
        assets: How many it holds.
    """

    generation: str
    assets: int


def silent(_step: str, _done: int, _total: int) -> None:
    """Tell nobody."""


class Calibrator:
    """Calibrates the live generation.

    Args:
        index: What is sampled.
        encoder: For the background queries of words.
        records: Where the calibration is kept.
        timeout: Of one request, as Elasticsearch writes it.
        clock: Seconds since the epoch.
    """

    def __init__(
        self,
        index: SearchIndex,
        encoder: QueryEncoder,
        records: OwnRecords,
        *,
        timeout: str = "30s",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._index = index
        self._encoder = encoder
        self._records = records
        self._timeout = timeout
        self._clock = clock

    def live(self) -> Live:
        """Return the generation that answers and how much it holds.

        Raises:
            SearchUnavailableError: The index does not answer.
        """
        answer = self._index.search(counting_body(timeout=self._timeout))
        return Live(answer.generation, answer.total)

    def outgrown(self) -> str | None:
        """Return the live generation where it needs to be calibrated: for the first time, or as it grew by half.

        Raises:
            SearchUnavailableError: The index does not answer.
        """
        live = self.live()
        if live.assets < FEWEST_ASSETS:
            return None
        mark = self._records.get(MARK, live.generation)
        # Of the other legs there may be too few assets, and then none is made.
        needed = [leg for leg in self._legs() if leg in ("image", "caption")]
        if mark is None or not fits(mark, self._index.spaces(), needed):
            return live.generation
        return live.generation if live.assets >= GROWTH * float(mark.body["assets"]) else None

    def calibrate(self, *, sampled: int = SAMPLED, seed: int = SEED, on_progress: OnProgress = silent) -> Calibration:
        """Calibrate and keep it.

        Args:
            sampled: Assets a leg.
            seed: Of the draw: the same index and seed give the same sample.
            on_progress: Told of the step, how much is done, and of how much.

        Raises:
            NotCalibratedError: The index holds too few assets.
            EncoderDownError: Background queries could not be encoded.
            SearchUnavailableError: The index does not answer.
        """
        live = self.live()
        if live.assets < FEWEST_ASSETS:
            raise NotCalibratedError(
                f"The index holds {live.assets:,} assets, and a background can be told of {FEWEST_ASSETS} or more."
            )
        legs: dict[Leg, LegCalibration] = {}
        for leg in self._legs():
            sample = draw(self._index, leg, size=sampled, seed=seed, timeout=self._timeout, on_progress=on_progress)
            if len(sample.drawn) >= FEWEST_ASSETS:
                legs[leg] = self._leg(leg, sample, seed, on_progress)
        calibration = Calibration(live.generation, live.assets, self._clock(), legs)
        self._records.put(to_record(calibration))
        self._records.put(to_mark(calibration))
        return calibration

    def _legs(self) -> list[Leg]:
        indexed, loaded = self._index.spaces(), self._encoder.spaces
        return [
            leg
            for leg, name in LEG_FIELDS.items()
            if getattr(indexed, name) is not None and getattr(loaded, name) in (None, getattr(indexed, name))
        ]

    def _leg(self, leg: Leg, sample: Sample, seed: int, on_progress: OnProgress) -> LegCalibration:
        reference = make_reference([one.vectors for one in sample.drawn])
        backgrounds: dict[str, Background] = {"picture": _by_stored(reference)}
        by_words = self._by_words(leg, sample, reference, seed, on_progress)
        if by_words is not None:
            backgrounds["text"] = by_words
        space = str(getattr(self._index.spaces(), LEG_FIELDS[leg]))
        return LegCalibration(space, sample.population, reference, backgrounds)

    def _by_words(
        self, leg: Leg, sample: Sample, reference: Reference, seed: int, on_progress: OnProgress
    ) -> Background | None:
        field = LEG_FIELDS[leg]
        texts = _background_texts(sample, seed)
        if leg not in _ENCODED_BY_WORDS or getattr(self._encoder.spaces, field) is None or len(texts) < FEWEST_QUERIES:
            return None
        vectors: list[Vectors] = []
        for done, text in enumerate(texts, start=1):
            vectors.append(self._encoder.words(text, field))
            on_progress(f"{leg}: encoding background queries", done, len(texts))
        return fit_background(np.stack(vectors), np.array(list(texts.values()), dtype=np.intp), reference)


def _by_stored(reference: Reference) -> Background:
    firsts = reference.vectors[reference.starts][:QUERIES]
    return fit_background(firsts, np.arange(len(firsts), dtype=np.intp), reference)


def _background_texts(sample: Sample, seed: int) -> Mapping[str, int]:
    """Return titles, captions and tags of the sample, each with the place of an asset that it is of."""
    told: dict[str, int] = {}
    for place, asset in enumerate(sample.drawn):
        for text in asset.texts:
            told.setdefault(text[:_LONGEST], place)
    drawn = random.Random(seed).sample(sorted(told), min(QUERIES, len(told)))  # noqa: S311 - a sample, no secret
    return {text: told[text] for text in drawn}

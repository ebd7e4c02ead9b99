"""How far a figure may come from chance: bootstrap intervals and paired randomisation tests, by scipy.

Queries are the sample. Intervals are 95 % percentile bootstraps (Sakai, SIGIR 2006); the test flips the sign of each
query's difference at random (Smucker, Allan and Carterette, CIKM 2007). Both repeat themselves: the seed is fixed.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel
from scipy import stats

from damsight_cli.evaluation.measures import Values

RESAMPLES = 2_000
FLIPS = 9_999
_SEED = 20261121
# Memory: so many resamples of all queries at once.
_BATCH = 200


class Figure(BaseModel):
    """A mean over queries, with its interval.

    Attributes:
        low: 2.5 % of the bootstrap.
        high: 97.5 % of it.
    """

    value: float
    low: float
    high: float


class Comparison(BaseModel):
    """One system beside another on the same queries.

    Attributes:
        system: The one.
        against: The other.
        ratio: Of the means.
        difference: Of the means.
        p: How often chance alone would make so large a difference, either way.
    """

    system: str
    against: str
    ratio: Figure
    difference: Figure
    p: float


def means_of(rows: NDArray[np.float64]) -> list[Figure]:
    """Return each row's mean and its interval; all rows are resampled alike, shape (rows, queries)."""
    values = np.mean(rows, axis=-1)
    lows, highs = (values, values) if rows.shape[-1] == 1 else _interval((rows,), _mean)
    return [_told(*figures) for figures in zip(values, lows, highs, strict=True)]


def mean_of(values: Values) -> Figure:
    """Return the mean and its interval."""
    return means_of(values[None])[0]


def compared(system: str, values: Values, against: str, others: Values) -> Comparison:
    """Compare two systems by their values of the same queries."""
    return Comparison(
        system=system,
        against=against,
        ratio=_figure((values, others), _ratio),
        difference=_figure((values, others), _difference),
        p=_p(values - others),
    )


def _mean(values: Values, axis: int = -1) -> Any:
    return np.mean(values, axis=axis)


def _difference(values: Values, others: Values, axis: int = -1) -> Any:
    return np.mean(values, axis=axis) - np.mean(others, axis=axis)


def _ratio(values: Values, others: Values, axis: int = -1) -> Any:
    # Where the other finds nothing at all, a ratio says nothing: it is told as 1 where neither does.
    below = np.maximum(np.mean(others, axis=axis), np.finfo(float).tiny)
    above = np.mean(values, axis=axis)
    return np.where((above == 0) & (np.mean(others, axis=axis) == 0), 1.0, np.minimum(above / below, 1e9))


def _figure(samples: tuple[Values, ...], statistic: Callable[..., Any]) -> Figure:
    value = float(statistic(*samples))
    if len(samples[0]) == 1:
        return _told(value, value, value)
    return _told(value, *_interval(samples, statistic))


def _interval(samples: tuple[NDArray[np.float64], ...], statistic: Callable[..., Any]) -> tuple[Any, Any]:
    told = stats.bootstrap(
        samples, statistic, axis=-1, paired=True, vectorized=True, method="percentile", n_resamples=RESAMPLES,
        batch=_BATCH, rng=np.random.default_rng(_SEED),
    )  # fmt: skip
    return told.confidence_interval.low, told.confidence_interval.high


def _told(value: float, low: float, high: float) -> Figure:
    return Figure(value=_short(value), low=_short(low), high=_short(high))


def _p(differences: Values) -> float:
    if not differences.any():
        return 1.0
    told = stats.permutation_test(
        (differences,), _mean, permutation_type="samples", vectorized=True, n_resamples=FLIPS, batch=_BATCH,
        rng=np.random.default_rng(_SEED),
    )  # fmt: skip
    return float(f"{told.pvalue:.2g}")


def _short(number: float) -> float:
    return round(float(number), 4)

"""Paired ratios on a noisy machine: A B B A in one process, median of the ratios, bootstrap interval.

Source: Kalibera and Jones, Rigorous Benchmarking in Reasonable Time, ISMM 2013 (interleaving, bootstrap).
"""

import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

RESAMPLES = 2000


@dataclass(frozen=True)
class Ratio:
    """How much slower A is than B.

    Attributes:
        median: Of the paired ratios.
        low: 2.5 % of the bootstrap of the median.
        high: 97.5 % of it.
        a_ms: Median of A's rounds, milliseconds a call.
        b_ms: Median of B's rounds, milliseconds a call.
        rounds: How many pairs.
    """

    median: float
    low: float
    high: float
    a_ms: float
    b_ms: float
    rounds: int


def compare(
    a: Callable[[], object],
    b: Callable[[], object],
    *,
    rounds: int,
    calls: int,
    clock: Callable[[], float] = time.perf_counter,
) -> Ratio:
    """Time A and B in turn (A B, then B A, ...), ``calls`` calls a turn, by a clock in seconds.

    ``time.process_time`` counts the work of this process's threads alone, whatever else the machine does.
    """
    pairs = []
    for number in range(rounds):
        if number % 2:
            second, first = _seconds(b, calls, clock), _seconds(a, calls, clock)
        else:
            first, second = _seconds(a, calls, clock), _seconds(b, calls, clock)
        pairs.append((first, second))
    return ratio_of(pairs, calls=calls)


def ratio_of(pairs: Sequence[tuple[float, float]], *, calls: int) -> Ratio:
    """Return the ratio of pairs of seconds, A's and B's, of ``calls`` calls each."""
    rounds = len(pairs)
    ratios = [first / second for first, second in pairs]
    low, high = _interval(ratios)
    return Ratio(
        median=round(statistics.median(ratios), 3),
        low=round(low, 3),
        high=round(high, 3),
        a_ms=round(1000 * statistics.median(first for first, _ in pairs) / calls, 3),
        b_ms=round(1000 * statistics.median(second for _, second in pairs) / calls, 3),
        rounds=rounds,
    )


def _seconds(call: Callable[[], object], calls: int, clock: Callable[[], float]) -> float:
    started = clock()
    for _ in range(calls):
        call()
    return clock() - started


def _interval(ratios: Sequence[float]) -> tuple[float, float]:
    chance = random.Random(0)  # noqa: S311  resampling, no secret
    medians = sorted(statistics.median(chance.choices(ratios, k=len(ratios))) for _ in range(RESAMPLES))
    return medians[int(0.025 * RESAMPLES)], medians[int(0.975 * RESAMPLES)]

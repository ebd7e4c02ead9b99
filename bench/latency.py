"""Two ways to do the same, call by call in turn: how much slower one is at the median and in the tail, and of eight.

Calls alternate (A B, B A, ...), so that whatever else the machine does meets both. Ratios of percentiles have 95 %
bootstrap intervals over pairs (Efron, 1979). Throughput alternates whole stretches in the same way.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from elasticsearch import Elasticsearch
from numpy.typing import NDArray

from damsight_search.index import ElasticsearchIndex
from damsight_search.ports import Answer, Body

RESAMPLES = 1_000
CLIENTS = 8
JSON = {"content-type": "application/json", "accept": "application/json"}
Calls = Sequence[Callable[[], object]]


@dataclass(frozen=True)
class Ratio:
    """Of a percentile.

    Attributes:
        value: A's over B's.
        low: 2.5 % of the bootstrap.
        high: 97.5 % of it.
        a_ms: A's own.
        b_ms: B's own.
    """

    value: float
    low: float
    high: float
    a_ms: float
    b_ms: float


@dataclass(frozen=True)
class Compared:
    """A beside B.

    Attributes:
        calls: Of each.
        p50: At the median.
        p99: Of the slowest hundredth.
    """

    calls: int
    p50: Ratio
    p99: Ratio


@dataclass(frozen=True)
class Throughput:
    """Calls a second of eight clients at once.

    Attributes:
        of_b: A's share of B's.
    """

    clients: int
    a_per_s: float
    b_per_s: float
    of_b: float


class Recorder(ElasticsearchIndex):
    """The real index, which keeps the bodies that pass."""

    def __init__(self, client: Elasticsearch, alias: str) -> None:
        super().__init__(client, alias)
        self.bodies: list[Body] = []

    def search(self, body: Body) -> Answer:
        """Keep the body and execute it."""
        self.bodies.append(body)
        return super().search(body)


def bare(client: Elasticsearch, bodies: Sequence[Body], alias: str) -> Callable[[], None]:
    """Return what sends the recorded bodies and reads the answers' JSON, and nothing more."""
    path = f"/{alias}/_search?include_named_queries_score=true"

    def send() -> None:
        for body in bodies:
            client.perform_request("POST", path, headers=JSON, body=body)

    return send


def compare(a: Calls, b: Calls, *, rounds: int) -> Compared:
    """Time each call of A beside the same of B, all of them `rounds` times."""
    pairs = []
    for number in range(rounds):
        for one, other in zip(a, b, strict=True):
            if number % 2:
                second, first = _ms(other), _ms(one)
            else:
                first, second = _ms(one), _ms(other)
            pairs.append((first, second))
    timed = np.array(pairs)
    return Compared(len(pairs), _ratio(timed, 50), _ratio(timed, 99))


def throughput(a: Calls, b: Calls, *, seconds: float) -> Throughput:
    """Count what eight clients do at once in four stretches of so many seconds: A B B A."""
    counted = {"a": 0.0, "b": 0.0}
    with ThreadPoolExecutor(CLIENTS) as pool:
        for name in ("a", "b", "b", "a"):
            counted[name] += _stretch(pool, a if name == "a" else b, seconds)
    rates = {name: count / (2 * seconds) for name, count in counted.items()}
    return Throughput(CLIENTS, round(rates["a"], 1), round(rates["b"], 1), round(rates["a"] / rates["b"], 3))


def told(compared: Compared, beside: Throughput | None = None) -> dict[str, Any]:
    """Return the figures as they are written."""
    return {**asdict(compared), **({"throughput": asdict(beside)} if beside else {})}


def _stretch(pool: ThreadPoolExecutor, calls: Calls, seconds: float) -> int:
    until = time.perf_counter() + seconds

    def client(number: int) -> int:
        done = 0
        while time.perf_counter() < until:
            calls[(number + done) % len(calls)]()
            done += 1
        return done

    return sum(pool.map(client, range(CLIENTS)))


def _ms(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - started)


def _ratio(timed: NDArray[np.float64], percentile: int) -> Ratio:
    first, second = np.percentile(timed, percentile, axis=0)
    chance = np.random.default_rng(0)
    drawn = timed[chance.integers(len(timed), size=(RESAMPLES, len(timed)))]
    resampled = np.percentile(drawn, percentile, axis=1)
    low, high = np.percentile(resampled[:, 0] / resampled[:, 1], (2.5, 97.5))
    figures = (first / second, low, high, first, second)
    return Ratio(*(round(float(figure), 3) for figure in figures))

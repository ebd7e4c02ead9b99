"""What standing searches cost an arriving asset: 1,000 of them, with words, filters and two or three vector legs each.

Nothing else is measured: no Kafka, no Elasticsearch. Searches and assets are made at random with a fixed seed: texts
by Zipf's law from 5,000 words, vectors of 768 and 384 dimensions, every eighth asset a film of 16 frames. Time is what
the calling thread computes (time.thread_time); with OPENBLAS_NUM_THREADS=1 that is all.

Usage: python bench/standing.py [--searches 1000] [--assets 2000] [--check]
With --check the exit code is 1 where the median asset costs more than the bound.
"""

import argparse
import base64
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from report import write

from damsight_consumer.standing.arrival import Arrival
from damsight_consumer.standing.watch import Watch
from damsight_schemas.space import Space
from damsight_schemas.standing import StandingQuery, StandingVector

BOUND_MS = 1.0
SEED = 6
WORDS = 5_000
JOINT = Space(model="joint", revision="1", dimensions=768, modalities=("image", "text"))
CAPTION = Space(model="caption", revision="1", dimensions=384, modalities=("text",))
FRAMES = 16
TOGETHER = 32
EVERY_FILM = 8


class Making:
    """Makes searches and assets."""

    def __init__(self) -> None:
        self._chance = np.random.default_rng(SEED)

    def rows(self, count: int, dimensions: int) -> NDArray[np.float32]:
        """Return vectors of length 1."""
        rows = self._chance.standard_normal((count, dimensions)).astype(np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    def words(self, count: int) -> list[str]:
        """Return words as texts hold them: a few of them often."""
        return [f"w{place}" for place in np.minimum(self._chance.zipf(1.2, count), WORDS)]

    def wanted(self, count: int) -> list[str]:
        """Return words as people look for them: those that say something."""
        return [f"w{place}" for place in self._chance.integers(20, WORDS, count)]

    def search(self, number: int) -> StandingQuery:
        """Return a standing search of one to three words, and of two or three vector legs."""
        joint, caption = self.rows(1, 768)[0], self.rows(1, 384)[0]
        legs = [("image", "image_vector", JOINT, joint), ("caption", "caption_vector", CAPTION, caption)]
        if number % 2:
            legs.append(("frame", "image_vector", JOINT, joint))
        filters = [{"term": {"kind": "image"}}, {"range": {"created_at": {"gte": f"20{number % 25:02d}||/y"}}}]
        return StandingQuery(
            saved_search_id=f"s{number}",
            name="bench",
            owner=f"user:u{number % 200}",
            principals=("public", f"user:u{number % 200}", f"group:g{number % 20}"),
            filters=tuple(filters[: number % 3]),
            words=tuple(((word,),) for word in dict.fromkeys(self.wanted(1 + number % 3))),
            vectors=tuple(
                StandingVector(
                    leg=leg, field=field, space=space, scale=((0.1, 4.0), (0.3, 20.0)),
                    vector=base64.b64encode(row.astype(">f4").tobytes()).decode(),
                )
                for leg, field, space, row in legs
            ),
            agree="sum",
            among=100_000,
            at_least=0.05,
            until=datetime.now(UTC) + timedelta(days=1),
        )  # fmt: skip

    def asset(self, number: int) -> Arrival:
        """Return an asset with 60 words and two vectors, every eighth with the frames of a film."""
        words = self.words(60)
        fields = {
            "asset_id": f"a{number}",
            "acl": ["public"] if number % 4 else [f"group:g{number % 20}"],
            "kind": "image",
            "created_at": "2014-07-01T12:00:00Z",
            "title": " ".join(words[:6]),
            "caption": " ".join(words[6:30]),
            "description": " ".join(words[30:52]),
            "tags": words[52:],
            "filename": f"IMG_{number}.jpg",
            "filename_words": f"IMG {number} jpg",
        }
        vectors = {"image_vector": self.rows(1, 768)[0], "caption_vector": self.rows(1, 384)[0]}
        frames = self.rows(FRAMES, 768) if number % EVERY_FILM == 0 else None
        return Arrival(f"a{number}", 1, fields, vectors, frames)


def _spent_ms(work: Callable[[], object]) -> float:
    began = time.thread_time()
    work()
    return (time.thread_time() - began) * 1000


def _figures(spent: list[float]) -> dict[str, float]:
    ordered = sorted(spent)
    told = {"mean": statistics.mean(spent), "p50": statistics.median(spent), "p99": ordered[int(len(ordered) * 0.99)]}
    return {name: round(value, 3) for name, value in told.items()}


def main() -> int:
    """Measure, tell and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--searches", type=int, default=1000)
    parser.add_argument("--assets", type=int, default=2000)
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args()
    making = Making()
    queries = [making.search(number) for number in range(given.searches)]
    began = time.perf_counter()
    watch = Watch(queries)
    built_s = time.perf_counter() - began
    watch.matches([making.asset(number) for number in range(50)])
    alone, together = [], []
    matches = 0
    for start in range(0, given.assets, TOGETHER):
        assets = [making.asset(number) for number in range(start, start + TOGETHER)]
        together.append(_spent_ms(lambda some=assets: watch.matches(some)) / TOGETHER)
        for number in range(start, start + TOGETHER):
            asset = making.asset(number)
            alone.append(_spent_ms(lambda one=asset: watch.matches([one])))
            matches += len(watch.matches([asset]))
    median = statistics.median(together)
    told = {
        "what": "milliseconds that standing searches cost an arriving asset",
        "searches": given.searches,
        "assets": given.assets,
        "of_them_films": len(range(0, given.assets, EVERY_FILM)),
        "frames_a_film": FRAMES,
        "matches_an_asset": round(matches / given.assets, 2),
        "alone_ms": _figures(alone),
        "in_bulks_of": TOGETHER,
        "in_bulks_ms": _figures(together),
        "made_ready_ms": round(built_s * 1000, 1),
        "bound_ms": BOUND_MS,
    }
    path = write("standing", told)
    print(f"{median:.3f} ms an asset in bulks, {statistics.median(alone):.3f} ms alone; written to {path}")
    return int(given.check and median > BOUND_MS)


if __name__ == "__main__":
    sys.exit(main())

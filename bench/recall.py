"""How many of the truly nearest ten the kNN legs bring: recall@10 against exact search, also under filters.

A synthetic library (bench/synthetic.py tells how it is made) is written into a real Elasticsearch in the product's own
mapping. Each leg is asked with the product's own body (`make_plan` and `search_body`): its filter of who asks, its k,
candidates and oversampling. Exact is every dot product of the float32 query with the vectors as they are stored,
rounded to bfloat16. A hit counts where it is as near as the tenth nearest, so equals are no mistakes.
The image leg is asked from near, as by a picture, and from afar, as by words. Filters: none; tags of random 10 %, 1 %
and 0.1 %; and five whole clusters, 1 %, as a filter does that follows what pictures show. Recall does not depend on
how busy the machine is.

Usage: python bench/recall.py [--assets 100000] [--queries 200] [--check]
With --check the exit code is 1 where a mean is below 0.98.
"""

import argparse
import json
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from report import write
from synthetic import BLOCK, SHAPES, SHELF, TAGS, Vectors, load, queries, spaces, tags, vectors

from damsight_devstack import running_stack
from damsight_index import connect, create_index
from damsight_schemas.connections import ElasticsearchSettings, IndexSettings
from damsight_schemas.filters import Filter
from damsight_schemas.search import Leg, SearchRequest
from damsight_schemas.space import VectorField
from damsight_search.bodies import search_body
from damsight_search.index import ElasticsearchIndex
from damsight_search.plan import VectorLeg, make_plan
from damsight_search.principal import stranger

FLOOR = 0.98
WANTED = 10
LEGS: dict[Leg, VectorField] = {"image": "image_vector", "caption": "caption_vector"}
# Words meet pictures from afar; sentences meet sentences.
AFAR: dict[Leg, tuple[bool, ...]] = {"image": (False, True), "caption": (False,)}
_AS_NEAR = 1e-6
_LOW_BITS = np.uint32(0xFFFF0000)


@dataclass(frozen=True)
class Exact:
    """What exact search knows: the stored vectors, and which assets hold which tag."""

    stored: Mapping[VectorField, Vectors]
    held: Mapping[str, NDArray[np.bool_]]

    def scores(self, field: VectorField, query: Vectors, tag: str) -> NDArray[np.float32]:
        """Return the dot product with every asset, shape (assets,); minus infinity where the tag is not held."""
        products = self.stored[field] @ query
        return np.where(self.held[tag], products, -np.inf) if tag else products


def as_stored(given: Vectors) -> Vectors:
    """Round to bfloat16, to the nearest and ties to even, as Elasticsearch stores vectors."""
    bits = given.view(np.uint32)
    rounded = (bits + np.uint32(0x7FFF) + ((bits >> 16) & np.uint32(1))) & _LOW_BITS
    return rounded.view(np.float32)


def exact_over(assets: int) -> Exact:
    """Make the library again, in memory."""
    stored = {field: as_stored(vectors(field, 0, assets)) for field in SHAPES}
    told = [set(tags(number)) for number in range(assets)]
    held = {tag: np.array([tag in one for one in told]) for tag in (*TAGS, SHELF)}
    return Exact(stored, held)


def recall(index: ElasticsearchIndex, exact: Exact, leg: Leg, tag: str, asked: Vectors) -> list[float]:
    """Return the recall@10 of each query."""
    who, field = stranger(), LEGS[leg]
    request = SearchRequest(filters=[Filter(field="tags", value=tag)] if tag else [], text="")
    values = []
    for query in asked:
        plan = make_plan(request, who, [VectorLeg(leg, field, query)])
        answer = index.search(search_body(plan, timeout="60s"))
        best = sorted(answer.found, key=lambda hit: -hit.scores[leg])[:WANTED]
        scores = exact.scores(field, query, tag)
        there = min(WANTED, int(np.isfinite(scores).sum()))
        tenth = np.partition(scores, -there)[-there]
        near = sum(scores[int(hit.asset_id.rpartition("-")[2])] >= tenth - _AS_NEAR for hit in best)
        values.append(near / there)
    return values


def measure(assets: int, count: int) -> dict[str, Any]:
    """Load the library, and compare each leg under each filter."""
    exact = exact_over(assets)
    with running_stack() as stack:
        client = connect(ElasticsearchSettings(url=stack.elasticsearch_url, timeout_s=60))
        settings = IndexSettings()
        create_index(client, settings, spaces())
        started = time.monotonic()
        load(client, settings, 0, assets)
        loaded_s = time.monotonic() - started
        index = ElasticsearchIndex(client, settings.alias)
        figures = {}
        for leg, field in LEGS.items():
            for afar in AFAR[leg]:
                asked = queries(field, count, from_afar=afar)
                name = f"{leg}, queries from afar" if afar else leg
                figures[name] = {
                    tag or "no filter": _told(recall(index, exact, leg, tag, asked)) for tag in ("", *TAGS, SHELF)
                }
                print(f"{name}: {json.dumps(figures[name])}", flush=True)
        segments = client.indices.stats(index=settings.alias, metric="segments")["_all"]["total"]["segments"]["count"]
        return {
            "assets": assets, "queries": count, "floor": FLOOR, "segments": segments, "loaded_s": round(loaded_s),
            "held": {tag: int(there.sum()) for tag, there in exact.held.items()}, "recall_at_10": figures,
        }  # fmt: skip


def _told(values: list[float]) -> dict[str, float]:
    return {"mean": round(float(np.mean(values)), 4), "lowest": round(min(values), 2)}


def main() -> int:
    """Measure, write the result, and tell it."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--assets", type=int, default=100_000, help=f"rounded up to blocks of {BLOCK}")
    arguments.add_argument("--queries", type=int, default=200)
    arguments.add_argument("--check", action="store_true", help="fail where the floor is missed")
    chosen = arguments.parse_args()
    figures = measure(-(-chosen.assets // BLOCK) * BLOCK, chosen.queries)
    print(f"written to {write('recall', figures)}")
    missed = [row["mean"] for rows in figures["recall_at_10"].values() for row in rows.values() if row["mean"] < FLOOR]
    return 1 if chosen.check and missed else 0


if __name__ == "__main__":
    sys.exit(main())

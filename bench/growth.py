"""How a hybrid search grows with the library: p50 and p99 at 1k, 10k, 100k assets and more, and eight clients at once.

One index grows through the sizes (bench/synthetic.py tells what is in it). At each size the same 50 searches, two
words with their vectors at hand, are answered by the product, calibrated, and in turn by the bare client, which sends
the same bodies. A size that cannot be loaded within the minutes, or that the disk has no room for, is left out, and
that is said.

Usage: python bench/growth.py [--sizes 1000,10000,100000] [--minutes 8] [--rounds 20] [--check]
With --check the exit code is 1 where a whole interval lies above 1.3 at the median or 1.5 at the 99th percentile.
"""

import argparse
import itertools
import json
import shutil
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any
from zlib import crc32

from calibrated import calibrated
from elasticsearch import Elasticsearch
from latency import Recorder, bare, compare, throughput, told
from report import write
from synthetic import BLOCK, SHAPES, load, queries, spaces, vectors, words

from damsight_devstack import running_stack
from damsight_encoders.garbage import freeze_what_is_loaded
from damsight_encoders.ports import Heat
from damsight_index import connect, create_index
from damsight_schemas.connections import ElasticsearchSettings, IndexSettings
from damsight_schemas.search import SearchRequest
from damsight_schemas.space import IndexSpaces, VectorField
from damsight_search.index import ElasticsearchIndex
from damsight_search.ports import Pixels, Vector
from damsight_search.results.paging import Cursors
from damsight_search.service import SearchService

CEILING_P50, CEILING_P99 = 1.3, 1.5
PUBLIC = ("public",)
SEARCHES = 50
# Beyond every asset's number, which is the seed of its words.
QUERY_SEED = 2**32
FAR = 100_000
STRETCH_S = 5.0
# What an asset takes on disk while segments are merged, and what is left to the machine.
STEP = 10 * BLOCK
BYTES_PER_ASSET, LEFT_BYTES = 8_000, 10_000_000_000


class VectorsAtHand:
    """A query encoder whose vectors are made already: what is measured is the search."""

    def __init__(self) -> None:
        self.spaces: IndexSpaces = spaces()
        self.texts = [" ".join(words(2, QUERY_SEED + number)) for number in range(SEARCHES)]
        drawn = {field: queries(field, SEARCHES) for field in SHAPES}
        self._made = {
            (text, field): rows[number] for field, rows in drawn.items() for number, text in enumerate(self.texts)
        }

    def words(self, text: str, field: VectorField) -> Vector:
        """Return the vector of one of the texts; of any other, as a calibration asks, one that is always the same."""
        made = self._made.get((text, field))
        if made is None:
            start = BLOCK * (FAR + crc32(text.encode()) % FAR)
            made = vectors(field, start, start + 1)[0]
        return made

    def picture(self, data: bytes) -> Vector:
        """Refuse: nothing here is searched by a picture."""
        raise SystemExit(f"a picture of {len(data)} bytes was asked for; this measurement is worth nothing")

    def where(self, data: bytes, wanted: str | Vector) -> tuple[Pixels, Heat]:
        """Refuse: nothing here is explained."""
        raise SystemExit(f"{wanted!r} was to be explained in {len(data)} bytes; this measurement is worth nothing")


def measured(client: Elasticsearch, alias: str, rounds: int) -> dict[str, Any]:
    """Compare the searches over the index as it is now."""
    encoder = VectorsAtHand()
    weighing = calibrated(client, alias, encoder)
    cursors = Cursors(b"only for the bench")
    service = SearchService(ElasticsearchIndex(client, alias), encoder, cursors, timeout_s=60, weighing=weighing)
    whole, sent, requests = [], [], set()
    for text in encoder.texts:
        recorder = Recorder(client, alias)
        request = SearchRequest(text=text)
        SearchService(recorder, encoder, cursors, timeout_s=60, weighing=weighing).search(request, PUBLIC)
        whole.append(partial(service.search, request, PUBLIC))
        sent.append(bare(client, recorder.bodies, alias))
        requests.add(len(recorder.bodies))
    compare(whole, sent, rounds=1)
    compared = compare(whole, sent, rounds=rounds)
    return {"requests": sorted(requests), **told(compared, throughput(whole, sent, seconds=STRETCH_S))}


def measure(sizes: Sequence[int], minutes: float, rounds: int) -> dict[str, Any]:
    """Grow the index through the sizes."""
    with running_stack() as stack:
        client = connect(ElasticsearchSettings(url=stack.elasticsearch_url, timeout_s=60))
        settings = IndexSettings()
        create_index(client, settings, spaces())
        freeze_what_is_loaded()
        growing = Growing(client, settings, stack.folder, minutes)
        rows: dict[int, Any] = {}
        for size in itertools.takewhile(growing.reaches, sizes):
            rows[size] = measured(client, settings.alias, rounds)
            print(f"{size:,}: {json.dumps(rows[size])}", flush=True)
        return {
            "ceiling": {"p50": CEILING_P50, "p99": CEILING_P99},
            "dimensions": {field: shape.dimensions for field, shape in SHAPES.items()},
            "search_over_bare": rows,
            "loaded": growing.loaded,
            "left_out": [size for size in sizes if size not in rows],
        }


class Growing:
    """An index that is filled up to a size, until the minutes or the disk end."""

    def __init__(self, client: Elasticsearch, settings: IndexSettings, folder: Path, minutes: float) -> None:
        self._client = client
        self._settings = settings
        self._folder = folder
        self._until = time.monotonic() + 60 * minutes
        self.loaded = 0

    def reaches(self, size: int) -> bool:
        """Load up to a size, and tell whether it was reached."""
        while self.loaded < size:
            free = shutil.disk_usage(self._folder).free
            if time.monotonic() > self._until or free < LEFT_BYTES + (size - self.loaded) * BYTES_PER_ASSET:
                return False
            stop = min(self.loaded + STEP, size)
            load(self._client, self._settings, self.loaded, stop)
            self.loaded = stop
        return True


def main() -> int:
    """Measure, write the result, and tell it."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--sizes", default="1000,10000,100000", help="multiples of 1,000, growing")
    arguments.add_argument("--minutes", type=float, default=8.0, help="after which nothing more is loaded")
    arguments.add_argument("--rounds", type=int, default=20)
    arguments.add_argument("--check", action="store_true", help="fail where a ceiling is missed")
    chosen = arguments.parse_args()
    sizes = [int(size) for size in chosen.sizes.split(",")]
    if any(size % BLOCK for size in sizes) or sizes != sorted(sizes):
        arguments.error("--sizes takes growing multiples of 1,000")
    figures = measure(sizes, chosen.minutes, chosen.rounds)
    print(f"written to {write('growth', figures)}")
    missed = [
        row for row in figures["search_over_bare"].values()
        if row["p50"]["low"] > CEILING_P50 or row["p99"]["low"] > CEILING_P99
    ]  # fmt: skip
    return 1 if chosen.check and missed else 0


if __name__ == "__main__":
    sys.exit(main())

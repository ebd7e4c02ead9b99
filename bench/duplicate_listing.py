"""How long `damsight duplicates` takes over a large index, and how much memory it takes.

Usage: python bench/duplicate_listing.py [--assets N]

Every hundredth asset is another's copy, and another hundredth looks nearly like another; the rest are their own. The
hashes are spread as the sample library's are: each is one of its own with some bits turned.
"""

import argparse
import resource
import time
import uuid
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import numpy as np
import report
from elasticsearch import Elasticsearch
from elasticsearch.helpers import pack_dense_vector, streaming_bulk

from damsight_cli.demonstration.samples import find_samples
from damsight_devstack import running_stack
from damsight_encoders.decode import PillowDecoder
from damsight_encoders.perceptual_hash import perceptual_hash
from damsight_index import connect, create_index
from damsight_schemas.connections import ElasticsearchSettings, IndexSettings
from damsight_schemas.perceptual_hash import bands_of
from damsight_schemas.space import IndexSpaces, Space
from damsight_search.duplication.duplicate_bodies import everybodys
from damsight_search.duplication.duplicate_listing import DuplicateListing
from damsight_search.index import ElasticsearchIndex

DIMENSIONS = 64
TURNED = 20
EVERY = 100


def main() -> None:
    """Measure, and write bench/results/duplicate_listing.json."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--assets", type=int, default=100_000)
    count = arguments.parse_args().assets
    with running_stack() as stack, connect(ElasticsearchSettings(url=stack.elasticsearch_url, timeout_s=120)) as client:
        settings = IndexSettings(alias=f"bench-{uuid.uuid4().hex[:8]}")
        space = Space(model="bench", revision="1", dimensions=DIMENSIONS, modalities=("image",))
        created = create_index(client, settings, IndexSpaces(image_vector=space))
        try:
            fill(client, settings.write_alias, count)
            report.write("duplicate_listing", measured(client, settings.alias, count))
        finally:
            client.indices.delete(index=created.name)


def measured(client: Elasticsearch, alias: str, count: int) -> dict[str, Any]:
    """List, and return what it took."""
    steps: dict[str, int] = {}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    listing = DuplicateListing(ElasticsearchIndex(client, alias))
    found = listing.report(everybodys(), lambda step, done, _total: steps.update({step: done}))
    seconds = time.perf_counter() - began
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return {
        "assets": found.assets,
        "groups_of_the_same_bytes": sum(one.same == "bytes" for one in found.groups),
        "groups_of_the_same_looks": sum(one.same == "looks" for one in found.groups),
        "made_of_each": count // EVERY,
        "complete": found.complete,
        "pairs_confirmed_by_vectors": steps.get("comparing vectors", 0),
        "seconds": round(seconds, 1),
        "memory_grown_mib": grown // 1024,
    }


def fill(client: Elasticsearch, alias: str, count: int) -> None:
    """Store the assets."""
    for _ in streaming_bulk(client, actions(alias, count), chunk_size=2000):
        pass
    client.indices.refresh(index=alias)


def actions(alias: str, count: int) -> Iterator[dict[str, Any]]:
    """Yield the documents."""
    chance = np.random.default_rng(1)
    spread = library_hashes()
    before: dict[str, Any] = {}
    for number in range(count):
        told = own(number, chance, spread)
        if number % EVERY == 1:
            told = {**before, "asset_id": told["asset_id"]}
        if number % EVERY == 3:
            looks = turned(before["perceptual_hash"], chance, 2)
            told = {**told, **fields(looks), "image_vector": before["image_vector"]}
        before = told
        yield {"_index": alias, "_id": told["asset_id"], "_source": told}


def own(number: int, chance: np.random.Generator, spread: list[str]) -> dict[str, Any]:
    """Return an asset that is like no other."""
    vector = chance.normal(size=DIMENSIONS)
    looks = turned(spread[number % len(spread)], chance, TURNED)
    return {
        "asset_id": f"asset-{number:07d}",
        "revision": 1,
        "deleted": False,
        "acl": ["public"],
        "sha256": sha256(str(number).encode()).hexdigest(),
        **fields(looks),
        "image_vector": pack_dense_vector((vector / np.linalg.norm(vector)).tolist()),
    }


def fields(looks: str) -> dict[str, Any]:
    """Return what a document holds of a hash."""
    return {"perceptual_hash": looks, "perceptual_bands": bands_of(looks)}


def turned(looks: str, chance: np.random.Generator, most: int) -> str:
    """Return a hash with up to so many bits turned."""
    bits = {int(bit) for bit in chance.integers(0, 64, most)}
    return f"{int(looks, 16) ^ sum(1 << bit for bit in bits):016x}"


def library_hashes() -> list[str]:
    """Return the hashes of the sample library."""
    decoder = PillowDecoder()
    files = sorted((find_samples().library.parent / "pictures").glob("*.jpg"))
    told = (perceptual_hash(decoder.decode(file.read_bytes(), at_least=128)) for file in files)
    return [one for one in told if one is not None]


if __name__ == "__main__":
    main()

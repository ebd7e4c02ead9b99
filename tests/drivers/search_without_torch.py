"""Searches through the plugin with remote encoders, in a Python that has no torch: prints what it found as JSON.

Usage: python -m drivers.search_without_torch ADDRESS PICTURE
"""

import importlib.util
import json
import sys
from pathlib import Path

from damsight_encoders.decode import FileDecoder
from damsight_encoders.load import load_encoders
from damsight_schemas.connections import ModelSettings
from damsight_schemas.search import SearchRequest
from damsight_schemas.space import IndexSpaces
from damsight_search.api.app import create_app
from damsight_search.results.paging import Cursors
from damsight_search.service import SearchService
from damsight_search.settings import load_settings
from damsight_search.vectors.late_encoders import LateEncoders
from fakes.encoders import FakeJointEncoder, FakeTextEncoder
from fakes.library import library
from fakes.search_index import FakeIndex

HEAVY = ("torch", "transformers", "torchvision", "safetensors", "av", "cv2")


def main(address: str, picture: Path) -> dict[str, object]:
    """Search by words and by a picture, and tell where in it."""
    index = FakeIndex(IndexSpaces(image_vector=FakeJointEncoder().space, caption_vector=FakeTextEncoder().space))
    index.documents = library()
    encoder = LateEncoders(lambda: load_encoders(ModelSettings(url=address)), FileDecoder())
    service = SearchService(index, encoder, Cursors(b"a secret of this program alone"), timeout_s=120)
    create_app(service, load_settings(auth={"anonymous": True}))
    by_words = service.search(SearchRequest(text="red", size=3), ["public"])
    by_picture = service.search(SearchRequest(size=3), ["public"], [picture.read_bytes()])
    return {
        "installed": [name for name in HEAVY if importlib.util.find_spec(name)],
        "imported": [name for name in HEAVY if name in sys.modules],
        "by_words": [hit.asset["tags"][0] for hit in by_words.hits],
        "by_picture": [hit.asset["tags"][0] for hit in by_picture.hits],
        "degraded": [*by_words.degraded, *by_picture.degraded],
        "png": service.where(picture.read_bytes(), ["public"], text="blue")[:4].hex(),
    }


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], Path(sys.argv[2]))))  # noqa: T201 - this is its answer

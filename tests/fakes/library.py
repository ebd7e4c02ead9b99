"""A small library for the search's tests, as the index holds it: pictures in plain colours, and who may see them."""

from typing import Any

import numpy as np
from elasticsearch.helpers import pack_dense_vector

from damsight_schemas.filename import filename_words
from fakes.encoders import COLOURS, FakeJointEncoder, FakeTextEncoder

CAPTIONS = ("a quiet harbour", "a loud market", "a tiny garden")


def coloured(name: str) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Return a picture in one colour, as the fake encoder takes it."""
    return np.full((16, 16, 3), COLOURS[name], dtype=np.uint8)


def document(
    asset_id: str, colour: str | None, *, acl: tuple[str, ...] = ("public",), **metadata: Any
) -> dict[str, Any]:
    """Return one asset's document; without a colour it has no picture."""
    told: dict[str, Any] = {"asset_id": asset_id, "revision": 1, "deleted": False, "acl": list(acl), "kind": "image"}
    told |= {name: value for name, value in metadata.items() if value is not None}
    if "filename" in told:
        told["filename_words"] = filename_words(told["filename"])
    if colour:
        told["image_vector"] = pack_dense_vector(FakeJointEncoder().encode_images([coloured(colour)])[0].tolist())
    if "caption" in told:
        told["caption_vector"] = pack_dense_vector(FakeTextEncoder().encode_texts([told["caption"]])[0].tolist())
    return told


def library(count: int = 48) -> dict[str, dict[str, Any]]:
    """Return assets in all colours: every fourth for the press alone, every fifth for Anna alone, the rest public."""
    names = list(COLOURS)
    return {
        (asset_id := f"asset-{number:03d}"): document(
            asset_id,
            names[number % len(names)],
            acl=_acl(number),
            title=f"{names[number % len(names)].title()} picture {number}",
            caption=CAPTIONS[number % 3],
            filename=f"IMG_{number:04d}.jpg",
            tags=[names[number % len(names)], "even" if number % 2 == 0 else "odd"],
            collections=["press"] if number % 4 == 0 else None,
            creator="Anna Café" if number % 5 == 0 else "Bert",
            width=100 + number,
            height=100,
            created_at=f"{2000 + number % 10}-03-0{1 + number % 9}T08:00:00Z" if number % 7 else None,
            attributes={"shelf": number % 3, "checked": number % 2 == 0},
            source="/dams/press",
            uri="file:///nowhere/picture.jpg",
            mime_type="image/jpeg",
        )
        for number in range(count)
    }


def _acl(number: int) -> tuple[str, ...]:
    if number % 4 == 0:
        return ("group:press",)
    return ("user:anna",) if number % 5 == 0 else ("public",)

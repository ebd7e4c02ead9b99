"""From an event and what was found to the document."""

import numpy as np
from elasticsearch.helpers import pack_dense_vector

from damsight_consumer.compose import NOTHING_FOUND, Findings, compose, packed
from damsight_schemas.document import AssetDocument
from examples.assets import changed_event, deleted_event

NOW = "2026-11-21T08:00:00Z"


def test_a_vector_is_packed_as_elasticsearch_packs_it() -> None:
    """Base64 of big-endian float32; the other byte order would be caught only by luck."""
    vector = np.random.default_rng(1).normal(size=384).astype(np.float32)
    assert packed(vector) == pack_dense_vector(vector)


def test_a_whole_document_keeps_the_contract() -> None:
    """What is composed without checking each field again would pass the check."""
    event = changed_event(
        "a", 3, title="T", caption="C", description="D", filename="IMG_1.jpg", language="de", tags=["x"],
        collections=["c"], creator="me", rights="CC0", created_at="2026-11-21T09:00:00+01:00", attributes={"n": 1},
    )  # fmt: skip
    found = Findings((3, 2), "0" * 64, 7, np.ones(4, np.float32), np.ones(2, np.float32))
    body = compose(event, found, indexed_at=NOW)
    assert AssetDocument.model_validate(body).body() == body
    assert body["created_at"] == "2026-11-21T08:00:00Z"
    assert (body["width"], body["height"], body["sha256"], body["byte_size"]) == (3, 2, "0" * 64, 7)
    assert body["filename_words"] == "IMG 1"
    assert body["indexed_at"] == NOW


def test_a_perceptual_hash_comes_with_its_pieces() -> None:
    """Near ones are found by the pieces that they share."""
    body = compose(changed_event(), Findings(perceptual_hash="0123456789abcdef"), indexed_at=NOW)
    assert body["perceptual_bands"] == ["0:01", "1:23", "2:45", "3:67", "4:89", "5:ab", "6:cd", "7:ef"]
    assert AssetDocument.model_validate(body).body() == body


def test_what_is_not_known_is_left_out() -> None:
    """Empty metadata leaves no empty fields, and what the event tells of the bytes stands where they were not read."""
    body = compose(changed_event(byte_size=12, sha256="a" * 64), NOTHING_FOUND, indexed_at=NOW)
    assert {"title", "caption", "tags", "image_vector", "caption_vector", "problem", "width"} & set(body) == set()
    assert (body["byte_size"], body["sha256"]) == (12, "a" * 64)


def test_a_tombstone_holds_nothing_of_the_asset() -> None:
    """Deleted means that its words are gone too."""
    assert compose(deleted_event("a", 9), NOTHING_FOUND, indexed_at=NOW) == {
        "asset_id": "a", "revision": 9, "deleted": True, "acl": [],
    }  # fmt: skip

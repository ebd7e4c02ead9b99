"""What everybody does who tells what the index holds: the fake and Elasticsearch alike."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from numpy.typing import NDArray

from damsight_consumer.compose import NOTHING_FOUND, Findings, FoundPart, compose
from damsight_consumer.errors import IndexNotReadyError, IndexUnavailableError
from damsight_consumer.index_guard import IndexGuard
from damsight_consumer.plan import caption_text, metadata_text, version_of
from damsight_consumer.ports import Answer, DocumentWriter, StoredAssets, Versioned
from damsight_consumer.stored import IndexStoredAssets
from damsight_consumer.write import BulkWriter
from damsight_encoders.content import Position
from damsight_encoders.load import spaces_of_encoders
from damsight_index.connection import connect
from damsight_index.generations import create_generation, cutover
from damsight_schemas.connections import ElasticsearchSettings
from damsight_schemas.events import AssetEvent
from damsight_schemas.space import IndexSpaces, Space
from drivers.consumer_bench import ConsumerBench
from examples.assets import changed_event, deleted_event
from fakes.document_writer import FakeWriter
from fakes.stored_assets import FakeStoredAssets, as_bfloat16

DIMENSIONS, CAPTION_DIMENSIONS = 128, 256
SHA256 = "ab" * 32


@dataclass
class Subject:
    """What tells, a writer to the same index, and one of its kind whose index does not answer."""

    stored: StoredAssets
    writer: DocumentWriter
    unreachable: StoredAssets

    def put(self, event: AssetEvent, findings: Findings = NOTHING_FOUND, *, attempt: int | None = None) -> int:
        document = compose(event, findings, indexed_at="2026-11-21T08:00:00Z")
        version = version_of(event, attempt=attempt)
        (verdict,) = self.writer.write([Versioned(event.data.asset_id, version, orjson.dumps(document))])
        assert verdict.answer is Answer.STORED, verdict
        return version


@pytest.fixture(params=["fake", pytest.param("elasticsearch", marks=pytest.mark.integration)])
def subject(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Subject]:
    if request.param == "fake":
        writer = FakeWriter()
        away = FakeStoredAssets(writer)
        away.troubles = 1_000_000
        yield Subject(FakeStoredAssets(writer), writer, away)
        return
    bench = ConsumerBench(request.getfixturevalue("stack"), tmp_path)
    nowhere = connect(ElasticsearchSettings(url="http://127.0.0.1:9", timeout_s=1))
    alias = bench.settings.index.write_alias
    guard = IndexGuard(bench.client, alias, spaces_of_encoders(bench.encoders))
    yield Subject(
        IndexStoredAssets(bench.client, alias, guard=guard),
        BulkWriter(bench.client, alias, guard=guard),
        IndexStoredAssets(nowhere, alias),
    )
    nowhere.close()
    bench.close()


def unit_vectors(count: int, dimensions: int) -> list[NDArray[np.float32]]:
    """In the first many components are rounded up as far as can be, which makes it longer than most."""
    rows = np.random.default_rng(dimensions).standard_normal((count, dimensions)).astype(np.float32)
    rows[0] = 0.0628
    rows[0, 100:] = np.sqrt((1 - 100 * 0.0628**2) / (dimensions - 100))
    return list(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def test_what_is_stored_is_told_at_once(subject: Subject) -> None:
    """Version, digest and size as the document has them, before any refresh; no vectors unless asked for."""
    event = changed_event("a", 3, title="A title", tags=["x", "y"], description="not used")
    (image,), (caption,) = unit_vectors(1, DIMENSIONS), unit_vectors(1, CAPTION_DIMENSIONS)
    found = Findings(size=(640, 480), sha256=SHA256, byte_size=9, image_vector=image, caption_vector=caption)
    version = subject.put(event, found)
    told = subject.stored.look_up(["a"])["a"]
    assert (told.version, told.deleted) == (version, False)
    assert told.findings == Findings(size=(640, 480), sha256=SHA256, byte_size=9)
    assert told.caption_text == caption_text(event.data.metadata) == "A title. x, y"


def test_the_words_are_those_that_would_be_encoded(subject: Subject) -> None:
    """To the letter, whatever the metadata; also where no caption vector is there."""
    told: list[dict[str, Any]] = [
        {},
        {"title": " spaced. "},
        {"caption": "Ein Hund\nim Schnee.", "tags": ["a, b", "ç"]},
        {"title": "T", "description": "A long one"},
        {"description": "alone", "tags": [""]},
    ]
    events = [changed_event(f"a{number}", **metadata) for number, metadata in enumerate(told)]
    for event in events:
        subject.put(event)
    words = {event.data.asset_id: caption_text(event.data.metadata) for event in events}
    found = subject.stored.look_up(list(words))
    assert {asset_id: one.caption_text for asset_id, one in found.items()} == words


def test_vectors_come_as_they_are_stored_and_writing_them_again_changes_nothing(subject: Subject) -> None:
    """What the index keeps is shorter than float32; read and written again it is the same bits."""
    first, captions = unit_vectors(40, DIMENSIONS), unit_vectors(40, CAPTION_DIMENSIONS)
    for number, (image, caption) in enumerate(zip(first, captions, strict=True)):
        subject.put(changed_event(f"a{number}", 1), Findings(image_vector=image, caption_vector=caption))
    ids = [f"a{number}" for number in range(40)]
    once = subject.stored.look_up(ids, vectors=True)
    for number, asset_id in enumerate(ids):
        told = once[asset_id]
        assert told.findings.image_vector is not None
        assert told.findings.image_vector.dtype == np.float32
        assert told.findings.caption_vector is not None
        np.testing.assert_array_equal(told.findings.image_vector, as_bfloat16(first[number]))
        np.testing.assert_array_equal(told.findings.caption_vector, as_bfloat16(captions[number]))
        findings = Findings(image_vector=told.findings.image_vector, caption_vector=told.findings.caption_vector)
        subject.put(changed_event(asset_id, 2), findings)
    again = subject.stored.look_up(ids, vectors=True)
    for asset_id in ids:
        np.testing.assert_array_equal(again[asset_id].findings.image_vector, once[asset_id].findings.image_vector)
        np.testing.assert_array_equal(again[asset_id].findings.caption_vector, once[asset_id].findings.caption_vector)


def test_all_that_was_found_comes_back(subject: Subject) -> None:
    """Frames with their positions, words, previews; vectors and frames only where they are asked for."""
    frame, page, image = unit_vectors(3, DIMENSIONS)
    found = Findings(
        image_vector=as_bfloat16(image),
        frames=(
            FoundPart(Position("frame", 1, 0.5), as_bfloat16(frame)),
            FoundPart(Position("page", 2), as_bfloat16(page)),
        ),
        generated_caption="a dog on a beach",
        ocr="STOP",
        duration_s=2.5,
        pages=7,
        perceptual_hash="0123456789abcdef",
        thumbnail="ab/abc/1-480.webp",
        preview="ab/abc/2-1600.webp",
    )
    metadata = {"title": "T", "filename": "f.mp4", "collections": ["c"], "creator": "Anna"}
    subject.put(changed_event("a", **metadata), found)
    without = subject.stored.look_up(["a"])["a"]
    assert without.findings == found._replace(image_vector=None, frames=())
    assert without.caption_text == "T. a dog on a beach"
    assert metadata_text(without.metadata) == "c. Anna. f"
    whole = subject.stored.look_up(["a"], vectors=True)["a"].findings
    assert [one.position for one in whole.frames] == [one.position for one in found.frames]
    # Elasticsearch answers what was just written from another place once it was asked for something before.
    subject.put(changed_event("a", 2, **metadata), found)
    again = subject.stored.look_up(["a"], vectors=True)["a"].findings
    for told in (whole, again):
        np.testing.assert_array_equal(told.image_vector, found.image_vector)
        for mine, one in zip(told.frames, found.frames, strict=True):
            np.testing.assert_array_equal(mine.vector, one.vector)


def test_tombstones_are_told_and_strangers_are_left_out(subject: Subject) -> None:
    """The readers' alias hides them; whoever compares must know that an asset was deleted."""
    version = subject.put(deleted_event("gone", 5))
    partial = subject.put(changed_event("partial", 1), attempt=2)
    told = subject.stored.look_up(["gone", "stranger", "partial"], vectors=True)
    assert {asset_id: (one.version, one.deleted) for asset_id, one in told.items()} == {
        "gone": (version, True), "partial": (partial, False),
    }  # fmt: skip
    assert told["partial"].findings.image_vector is None
    assert subject.stored.look_up([]) == {}


def test_many_assets_are_told_of(subject: Subject) -> None:
    """More than one request takes, some twice."""
    for number in range(3):
        subject.put(changed_event(f"a{number}"))
    ids = [f"a{number % 700}" for number in range(1400)]
    assert set(subject.stored.look_up(ids)) == set(subject.stored.look_up(ids, vectors=True)) == {"a0", "a1", "a2"}


def test_an_index_that_does_not_answer_is_trouble(subject: Subject) -> None:
    """Nothing is told then, rather than that nothing is there."""
    with pytest.raises(IndexUnavailableError):
        subject.unreachable.look_up(["a"])


@pytest.mark.integration
def test_an_index_that_cannot_be_read_now_is_trouble(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """A missing alias or a closed index is answered per asset, with 200; it must not count as not there."""
    bench = ConsumerBench(request.getfixturevalue("stack"), tmp_path)
    alias = bench.settings.index.write_alias
    with pytest.raises(IndexUnavailableError, match="no such index"):
        IndexStoredAssets(bench.client, "gone-write").look_up(["a"])
    bench.client.indices.close(index=alias, wait_for_active_shards="0")
    with pytest.raises(IndexUnavailableError, match="closed"):
        IndexStoredAssets(bench.client, alias).look_up(["a"])
    bench.close()


@pytest.mark.integration
def test_vectors_of_other_models_are_never_reused(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """The alias was moved to an index of another space: the answer that comes from there ends the consumer."""
    bench = ConsumerBench(request.getfixturevalue("stack"), tmp_path)
    alias, spaces = bench.settings.index.write_alias, spaces_of_encoders(bench.encoders)
    stored = IndexStoredAssets(bench.client, alias, guard=IndexGuard(bench.client, alias, spaces))
    assert stored.look_up(["a"]) == {}
    other = Space(model="other", revision="1", dimensions=DIMENSIONS, modalities=("image",))
    new = create_generation(bench.client, bench.settings.index, IndexSpaces(image_vector=other))
    cutover(bench.client, bench.settings.index, even_if_smaller=True)
    with pytest.raises(IndexNotReadyError, match=new.name):
        stored.look_up(["a"])
    bench.client.indices.delete(index=new.name)
    bench.close()


def test_an_asset_is_told_whole_as_it_is_now(subject: Subject) -> None:
    """Its fields, rights and vectors, those of its parts too; neither what is deleted nor what never was."""
    image, frame = unit_vectors(2, DIMENSIONS)
    (caption,) = unit_vectors(1, CAPTION_DIMENSIONS)
    parts = (FoundPart(Position("frame", 1, 0.5), frame), FoundPart(Position("frame", 2, 2.5), image))
    told = {"title": "A boat", "tags": ["red", "boat"], "acl": ["user:anna"], "attributes": {"shelf": 3}}
    subject.put(changed_event("one", 3, **told), Findings(image_vector=image, caption_vector=caption, frames=parts))
    subject.put(changed_event("bare", 1))
    subject.put(changed_event("gone", 1))
    subject.put(deleted_event("gone", 2))
    one, bare = subject.stored.arrivals(["one", "gone", "never", "bare"])
    assert (one.asset_id, one.revision, bare.asset_id, bare.frames) == ("one", 3, "bare", None)
    assert (one.values("acl"), one.values("attributes.shelf")) == (("user:anna",), ("3",))
    assert one.fields["title"] == "A boat"
    assert "image_vector" not in one.fields
    assert np.array_equal(one.vectors["image_vector"], as_bfloat16(image))
    assert np.array_equal(one.vectors["caption_vector"], as_bfloat16(caption))
    assert one.frames is not None
    # Where a document was not refreshed yet, the vectors of its parts come as they were written.
    assert np.allclose(one.frames, np.stack([frame, image]), atol=0.01)
    with pytest.raises(IndexUnavailableError):
        subject.unreachable.arrivals(["one"])

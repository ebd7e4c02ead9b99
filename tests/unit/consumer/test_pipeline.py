"""The consumer as a whole, over fakes: outcomes, delivery, order, stopping."""

from dataclasses import replace

import numpy as np
import pytest

from damsight_consumer.compose import packed
from damsight_consumer.errors import StorageUnavailableError
from damsight_consumer.pipeline import Consumer
from damsight_consumer.records import Outcome, Stage
from damsight_encoders.errors import EncoderUnavailableError
from damsight_encoders.ports import Prepared, Vectors
from damsight_schemas.version import document_version
from examples.assets import PARTITION, changed_event, deleted_event
from examples.pictures import jpeg
from fakes.encoders import FakeJointEncoder, FakeTextEncoder
from fakes.workshop import Workshop

URI = "https://dam.example/1.jpg"


def test_a_picture_becomes_a_document_with_both_vectors(workshop: Workshop) -> None:
    """Metadata, size, digest and both vectors are stored at the event's version, and then the offset is committed."""
    workshop.fetcher.files[URI] = jpeg("red", (80, 60))
    workshop.send(changed_event("asset-1", 3, uri=URI, title="A red thing", acl=["public", "group:press"]))
    assert workshop.consume_events(1) == {Outcome.INDEXED: 1}
    document = workshop.writer.documents["asset-1"]
    assert document["title"] == "A red thing"
    assert document["acl"] == ["public", "group:press"]
    assert (document["width"], document["height"], document["kind"]) == (80, 60, "image")
    caption = workshop.encoders.caption.encode_texts(["A red thing"])[0]
    assert document["caption_vector"] == packed(caption)
    assert document["image_vector"]
    assert "problem" not in document
    assert workshop.writer.versions["asset-1"] == document_version(3, deleted=False)
    assert workshop.log.committed[PARTITION] == 1


def test_a_deletion_becomes_a_tombstone_and_no_encoder_is_touched(workshop: Workshop) -> None:
    """The tombstone holds the id and the revision and nothing else."""
    workshop.send(deleted_event("asset-1", 4))
    assert workshop.consume_events(1) == {Outcome.DELETED: 1}
    assert workshop.writer.documents["asset-1"] == {
        "asset_id": "asset-1", "revision": 4, "deleted": True, "acl": [],
    }  # fmt: skip
    assert workshop.encoders.joint.batches == []
    assert workshop.fetcher.asked == []


def test_what_is_no_picture_keeps_its_words_and_has_no_problem(workshop: Workshop) -> None:
    """An archive and an asset without media get a caption vector; nothing is fetched for them."""
    workshop.send(
        changed_event("pack", uri="https://dam.example/a.zip", mime_type="application/zip", title="A pack"),
        changed_event("idea", uri=None, title="An idea"),
        changed_event("bare", uri=None),
    )
    assert workshop.consume_events(3) == {Outcome.INDEXED: 3}
    pack, idea, bare = (workshop.writer.documents[name] for name in ("pack", "idea", "bare"))
    assert pack["caption_vector"]
    assert "image_vector" not in pack
    assert "problem" not in pack
    assert pack["kind"] == "other"
    assert idea["caption_vector"]
    assert idea["kind"] == "other"
    assert "caption_vector" not in bare
    assert workshop.fetcher.asked == []


@pytest.mark.parametrize(
    ("data", "stage", "error"),
    [
        pytest.param(b"", Stage.DECODE, "empty", id="empty"),
        pytest.param(b"<!doctype html><title>Log in</title>", Stage.DECODE, "unknown_format", id="html"),
        pytest.param(jpeg(size=(640, 480))[:900], Stage.DECODE, "truncated", id="truncated"),
        pytest.param(b"x" * 1_000_001, Stage.FETCH, "too_large", id="too-large"),
    ],
)
def test_a_bad_picture_is_stored_with_its_words_and_dead_lettered(
    workshop: Workshop, data: bytes, stage: Stage, error: str
) -> None:
    """It is found by its words, the document tells the problem, the dead letter holds the event as it came."""
    workshop.fetcher.files[URI] = data
    workshop.send(changed_event("bad", 2, uri=URI, title="A red thing"), changed_event("next", uri=None))
    assert workshop.consume_events(2) == {Outcome.INDEXED_WITH_PROBLEM: 1, Outcome.INDEXED: 1}
    document = workshop.writer.documents["bad"]
    assert (document["problem"]["stage"], document["problem"]["error"]) == (stage.value, error)
    assert document["caption_vector"]
    assert "image_vector" not in document
    (letter,) = workshop.letters.letters
    assert (letter.asset_id, letter.revision, letter.stage, letter.problem.error) == ("bad", 2, stage, error)
    assert letter.record.value == workshop.log.records[PARTITION][0][1]
    assert workshop.log.committed[PARTITION] == 2


def test_a_file_that_comes_a_moment_later_is_found(workshop: Workshop) -> None:
    """An event may be quicker than the upload it tells of."""
    workshop.fetcher.files[URI] = jpeg()
    workshop.fetcher.troubles[URI] = [StorageUnavailableError("storage", "503")]
    workshop.send(changed_event(uri=URI))
    assert workshop.consume_events(1) == {Outcome.INDEXED: 1}
    assert len(workshop.fetcher.asked) == 2


def test_what_is_no_event_is_dead_lettered_and_the_next_goes_on(workshop: Workshop) -> None:
    """There is no document to store; the letter names what is wrong."""
    workshop.log.send(PARTITION, b"{}", key=b"k")
    workshop.log.send(PARTITION, None, key=b"k")
    workshop.send(changed_event(uri=None))
    assert workshop.consume_events(3) == {Outcome.DEAD_LETTERED: 2, Outcome.INDEXED: 1}
    assert all(letter.problem.error == "EventError" for letter in workshop.letters.letters)
    assert workshop.log.committed[PARTITION] == 3


def test_an_older_revision_that_comes_later_changes_nothing(workshop: Workshop) -> None:
    """Also where it comes after a restart, and where its asset was deleted."""
    workshop.send(changed_event("a", 5, uri=None, title="new"), deleted_event("b", 5))
    workshop.consume_events(2)
    workshop.send(changed_event("a", 4, uri=None, title="old"), changed_event("b", 5, uri=None, title="risen"))
    assert workshop.consume_events(2) == {Outcome.ALREADY: 2}
    assert workshop.writer.documents["a"]["title"] == "new"
    assert workshop.writer.documents["b"]["deleted"] is True


def test_trouble_with_the_index_is_waited_out_and_never_dead_lettered(workshop: Workshop) -> None:
    """Whole bulks that fail and documents that are put off are tried again until they are stored."""
    workshop.writer.troubles = 3
    workshop.writer.later = {"b": 3}
    workshop.send(*(changed_event(name, uri=None, title=name) for name in "abc"))
    assert workshop.consume_events(3) == {Outcome.INDEXED: 3}
    assert workshop.letters.letters == []


def test_a_dead_letter_is_acknowledged_before_its_event_is_done(workshop: Workshop) -> None:
    """Until the topic acknowledges, the offset is not committed."""
    workshop.letters.troubles = 4
    workshop.log.send(PARTITION, b"nonsense")

    def is_done(consumer: Consumer) -> bool:
        if not workshop.letters.letters:
            assert workshop.log.committed.get(PARTITION, 0) == 0
        return bool(workshop.letters.letters) and sum(consumer.counts().values()) == 1

    assert workshop.consume(is_done) == {Outcome.DEAD_LETTERED: 1}


def test_an_encoder_in_trouble_is_waited_for(workshop: Workshop) -> None:
    """An encoder service that does not answer fails no asset."""

    class Tired(FakeTextEncoder):
        tries = 0

        def encode_texts(self, texts: list[str], **more: object) -> Vectors:
            self.tries += 1
            if self.tries <= 3:
                raise EncoderUnavailableError("the service does not answer")
            return super().encode_texts(texts)

    workshop.encoders = replace(workshop.encoders, caption=Tired())
    workshop.send(changed_event(uri=None, title="words"))
    assert workshop.consume_events(1) == {Outcome.INDEXED: 1}


def test_one_bad_picture_in_a_batch_fails_alone(workshop: Workshop) -> None:
    """A batch that fails is tried one by one: each asset ends by itself, and the encoder's thread lives."""

    class Picky(FakeJointEncoder):
        def encode_images(self, prepared: list[Prepared]) -> Vectors:
            if any(np.median(one[..., 2]) > 200 for one in prepared):
                raise RuntimeError("blue is too much for me")
            return super().encode_images(prepared)

    workshop.encoders = replace(workshop.encoders, joint=Picky())
    for name, colour in {"a": "red", "b": "blue", "c": "yellow"}.items():
        workshop.fetcher.files[f"https://dam.example/{name}.jpg"] = jpeg(colour)
        workshop.send(changed_event(name, uri=f"https://dam.example/{name}.jpg", title=name))
    assert workshop.consume_events(3) == {Outcome.INDEXED: 2, Outcome.INDEXED_WITH_PROBLEM: 1}
    assert workshop.writer.documents["b"]["problem"] == {
        "stage": "encode", "error": "RuntimeError", "message": "blue is too much for me",
    }  # fmt: skip
    assert workshop.writer.documents["b"]["caption_vector"]
    assert workshop.writer.documents["c"]["image_vector"]


def test_a_vector_that_is_no_number_is_a_problem_and_never_stored(workshop: Workshop) -> None:
    """NaN in one vector would fail the whole bulk."""

    class Broken(FakeTextEncoder):
        def encode_texts(self, texts: list[str], **more: object) -> Vectors:
            return super().encode_texts(texts) * np.float32("nan")

    workshop.encoders = replace(workshop.encoders, caption=Broken())
    workshop.send(changed_event(uri=None, title="words"))
    assert workshop.consume_events(1) == {Outcome.INDEXED_WITH_PROBLEM: 1}
    assert "caption_vector" not in workshop.writer.documents["asset-1"]


def test_without_models_the_words_are_stored_all_the_same(workshop: Workshop) -> None:
    """Both legs are off: no fetch, no vectors, a document."""
    workshop.encoders = replace(workshop.encoders, joint=None, caption=None)
    workshop.send(changed_event(uri=URI, title="words"))
    assert workshop.consume_events(1) == {Outcome.INDEXED: 1}
    assert workshop.fetcher.asked == []

"""Lanes side by side: what is live goes first, what is stored is not made again, what is missing is tried later."""

import base64
import hashlib
import time
from dataclasses import replace

import numpy as np
import pytest

from damsight_consumer.compose import packed
from damsight_consumer.errors import MediaRefusedError
from damsight_consumer.pipeline import Consumer
from damsight_consumer.records import Lane, Outcome
from damsight_encoders.content import Content
from damsight_encoders.errors import DecoderDiedError
from damsight_schemas.events import ChangedEvent
from damsight_schemas.version import document_version
from examples.assets import changed_event, created_event
from examples.pictures import jpeg
from fakes.stored_assets import as_bfloat16
from fakes.workshop import Workshop

URI = "https://dam.example/1.jpg"
RED = jpeg("red", (80, 60))


def told(revision: int = 1, **more: object) -> ChangedEvent:
    return changed_event(
        "a", revision, **{"uri": URI, "sha256": hashlib.sha256(RED).hexdigest(), "title": "A red thing", **more}
    )


def kept(vector: str) -> str:
    """A stored vector as it is written again: the index keeps the upper half of each number."""
    return packed(as_bfloat16(np.frombuffer(base64.b64decode(vector), ">f4").astype(np.float32)))


def test_what_is_missing_is_found_by_its_words_and_tried_again_later(workshop: Workshop) -> None:
    """No dead letter: the document tells the problem, a retry topic has the event, and the offset is committed."""
    workshop.send(told(2))
    assert workshop.consume_events(1) == {Outcome.POSTPONED: 1}
    assert workshop.writer.documents["a"]["problem"]["error"] == "missing"
    assert workshop.writer.versions["a"] == document_version(2, deleted=False, attempt=0)
    (again,) = workshop.retries.published
    assert (again.asset_id, again.revision, again.attempt, again.problem.error) == ("a", 2, 1, "missing")
    assert workshop.letters.letters == []


def test_the_later_try_replaces_what_was_stored(workshop: Workshop) -> None:
    """At the same revision: the whole document wins over the one that lacked its picture, and the vector is there."""
    workshop.send(told(2))
    workshop.consume_events(1)
    workshop.fetcher.files[URI] = RED
    workshop.send(told(2), lane=Lane.RETRY, attempt=1)
    assert workshop.consume_events(1) == {Outcome.INDEXED: 1}
    assert workshop.writer.versions["a"] == document_version(2, deleted=False)
    assert workshop.writer.documents["a"]["image_vector"]
    assert "problem" not in workshop.writer.documents["a"]


@pytest.mark.parametrize("attempt", [1, 2])
def test_each_later_try_but_the_last_leads_to_the_next(workshop: Workshop, attempt: int) -> None:
    """The next topic gets it, with one try more."""
    workshop.send(told(2), lane=Lane.RETRY, attempt=attempt)
    assert workshop.consume_events(1) == {Outcome.POSTPONED: 1}
    assert [again.attempt for again in workshop.retries.published] == [attempt + 1]


def test_after_the_last_try_there_is_a_dead_letter(workshop: Workshop) -> None:
    """Three later tries, and then somebody must look; the letter tells how often it was tried."""
    workshop.send(told(2), lane=Lane.RETRY, attempt=3)
    assert workshop.consume_events(1) == {Outcome.INDEXED_WITH_PROBLEM: 1}
    (letter,) = workshop.letters.letters
    assert (letter.asset_id, letter.attempts, letter.problem.error) == ("a", 4, "missing")
    assert workshop.retries.published == []


def test_what_no_later_try_can_help_is_not_postponed(workshop: Workshop) -> None:
    """A refusal is final."""
    workshop.fetcher.troubles[URI] = [MediaRefusedError("gone", "it is gone")]
    workshop.send(told())
    assert workshop.consume_events(1) == {Outcome.INDEXED_WITH_PROBLEM: 1}
    assert workshop.retries.published == []


def test_what_is_stored_already_is_neither_read_nor_encoded(workshop: Workshop) -> None:
    """A backfill over an index that has everything costs a look-up each."""
    workshop.fetcher.files[URI] = RED
    workshop.send(told(3))
    workshop.consume_events(1)
    workshop.fetcher.asked.clear()
    workshop.encoders.joint.batches.clear()
    workshop.send(told(3), told(2), lane=Lane.BACKFILL)
    counts = workshop.consume_events(2)
    assert sum(counts.values()) == counts[Outcome.ALREADY] + counts.get(Outcome.SUPERSEDED, 0) == 2
    assert (workshop.fetcher.asked, workshop.encoders.joint.batches) == ([], [])


def test_a_change_of_metadata_alone_touches_no_encoder(workshop: Workshop) -> None:
    """Rights, collections and attributes change; the bytes and the words do not: both vectors stay, nothing is read."""
    workshop.fetcher.files[URI] = RED
    workshop.send(told(1))
    workshop.consume_events(1)
    before = workshop.writer.documents["a"]
    workshop.fetcher.asked.clear()
    workshop.encoders.joint.batches.clear()
    workshop.encoders.caption.purposes.clear()
    workshop.send(told(2, acl=["group:press"], rights="CC0", collections=["new"]))
    assert workshop.consume_events(1) == {Outcome.INDEXED: 1}
    after = workshop.writer.documents["a"]
    assert (after["acl"], after["rights"], after["revision"]) == (["group:press"], "CC0", 2)
    for name in ("width", "height", "sha256", "byte_size"):
        assert after[name] == before[name]
    for name in ("image_vector", "caption_vector"):
        assert after[name] == kept(before[name])
    assert (workshop.fetcher.asked, workshop.encoders.joint.batches, workshop.encoders.caption.purposes) == ([], [], [])


def test_without_a_digest_the_bytes_are_read_and_not_encoded(workshop: Workshop) -> None:
    """A DAM that tells no digest pays for the fetch; the same bytes keep their vector, other bytes get a new one."""
    workshop.fetcher.files[URI] = RED
    workshop.send(told(1, sha256=None))
    workshop.consume_events(1)
    before = workshop.writer.documents["a"]["image_vector"]
    workshop.encoders.joint.batches.clear()
    workshop.send(told(2, sha256=None, title="Another title"))
    assert workshop.consume_events(1) == {Outcome.INDEXED: 1}
    assert workshop.writer.documents["a"]["image_vector"] == kept(before)
    assert workshop.writer.documents["a"]["title"] == "Another title"
    assert workshop.encoders.joint.batches == []
    workshop.fetcher.files[URI] = jpeg("blue", (80, 60))
    workshop.send(told(3, sha256=None))
    assert workshop.consume_events(1) == {Outcome.INDEXED: 1}
    assert workshop.writer.documents["a"]["image_vector"] != kept(before)


def test_an_index_that_cannot_tell_is_waited_for(workshop: Workshop) -> None:
    """Comparing is tried until it works; the event is neither lost nor dead-lettered."""
    workshop.stored.troubles = 3
    workshop.send(changed_event("a", 2, uri=None, title="x"))
    assert workshop.consume_events(1) == {Outcome.INDEXED: 1}
    assert workshop.letters.letters == []


def test_suspects_are_decoded_apart_and_what_kills_is_dead_lettered_alone(workshop: Workshop) -> None:
    """Of two suspects the killer gets a letter and keeps its words, the other is indexed; no other goes that way."""

    class Apart:
        def __init__(self) -> None:
            self.seen: list[bytes] = []

        def decode_media(self, data: bytes, *, at_least: int, sound_rate: int | None = None) -> Content:
            self.seen.append(data)
            if data == RED:
                raise DecoderDiedError("decoder_died", "the process ended by SIGSEGV")
            return workshop.decoder.decode_media(data, at_least=at_least, sound_rate=sound_rate)

    workshop.apart = apart = Apart()
    blue = jpeg("blue", (80, 60))
    workshop.fetcher.files = {URI: RED, URI + "2": blue, URI + "3": jpeg("green", (80, 60))}
    workshop.suspects = {0, 1}
    workshop.send(created_event("a", uri=URI, title="x"), created_event("b", uri=URI + "2"))
    workshop.send(created_event("c", uri=URI + "3"))
    assert workshop.consume_events(3) == {Outcome.INDEXED_WITH_PROBLEM: 1, Outcome.INDEXED: 2}
    assert sorted(apart.seen) == sorted([RED, blue])
    (letter,) = workshop.letters.letters
    assert (letter.asset_id, letter.problem.error) == ("a", "decoder_died")
    assert workshop.writer.documents["a"]["title"] == "x"


def test_live_events_go_through_while_the_backfill_stands_full(workshop: Workshop) -> None:
    """With a thousand backfill pictures in the way of a slow encoder, live ones end long before the backfill does."""
    workshop.encoders.joint.pause_s = 0.005
    files = {f"{URI}?{number}": jpeg("red", (40, 30)) for number in range(300)}
    workshop.fetcher.files = {**files, URI: RED}
    workshop.send(*(created_event(f"old-{n}", uri=uri) for n, uri in enumerate(files)), lane=Lane.BACKFILL)
    sent: list[int] = []

    def all_done(consumer: Consumer) -> bool:
        counts = consumer.counts()
        if len(sent) < 10 and counts[Outcome.INDEXED] > 5 * len(sent):
            workshop.send(created_event(f"new-{len(sent)}", uri=URI))
            sent.append(1)
        return counts[Outcome.INDEXED] == 310

    assert workshop.consume(all_done) == {Outcome.INDEXED: 310}
    order = list(workshop.writer.documents)
    assert max(order.index(f"new-{number}") for number in range(10)) < 250


def test_a_lane_that_fails_takes_the_others_with_it(workshop: Workshop) -> None:
    """Half a consumer would be missed by nobody; nothing that was not done is committed."""
    workshop.send(created_event("a", uri=None, title="x"), lane=Lane.BACKFILL)
    workshop.broken_lane = Lane.BACKFILL
    with pytest.raises(RuntimeError, match="the fake source broke"):
        workshop.consume(lambda _: False)
    assert workshop.logs[Lane.BACKFILL].committed == {}


def test_what_sticks_is_told(workshop: Workshop, capsys: pytest.CaptureFixture[str]) -> None:
    """An event that is under way for longer than the limit gets one line, with its place."""
    workshop.limits = replace(workshop.limits, slow_s=0.05, grace_s=0.1)
    workshop.writer.gate.clear()
    workshop.send(created_event("stuck", uri=None, title="x"))
    began = time.monotonic()

    def a_while(_: Consumer) -> bool:
        if time.monotonic() - began < 0.5:
            return False
        workshop.writer.gate.set()
        return True

    workshop.consume(a_while)
    lines = [line for line in capsys.readouterr().out.splitlines() if "under way for long" in line]
    assert len(lines) == 1
    assert "stuck" in lines[0]

"""What the index holds already is not made again, and nothing else is taken for it."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from damsight_consumer.compare import can_reuse, is_already_stored, is_worth_comparing, reused
from damsight_consumer.compose import Findings, FoundPart
from damsight_consumer.plan import Plan, Wanted, plan
from damsight_consumer.ports import Stored
from damsight_consumer.records import Lane
from damsight_encoders.content import Position
from damsight_schemas.asset import AssetMetadata
from damsight_schemas.version import document_version
from examples.assets import changed_event, created_event, deleted_event, work

SHA, OTHER = "a" * 64, "b" * 64
IMAGE, CAPTION = np.ones(4, np.float32), np.full(4, 2, np.float32)
FOUND = Findings(sha256=SHA, byte_size=10, size=(4, 3), image_vector=IMAGE, caption_vector=CAPTION)
WHOLE = Stored(version=document_version(1, deleted=False), metadata=AssetMetadata(title="A red thing"), findings=FOUND)
BOTH = Wanted(pictures=True, captions=True)
ALL = Wanted(pictures=True, sounds=True, captions=True, descriptions=True, fused=True)
RICH = replace(
    WHOLE,
    findings=FOUND._replace(
        look_vector=np.full(2, 3, np.float32),
        audio_vector=np.full(2, 4, np.float32),
        fused_vector=np.full(2, 5, np.float32),
        frames=(FoundPart(Position("frame", 1, 0.5), IMAGE),),
        generated_caption="a dog",
        ocr="STOP",
        duration_s=2.5,
        pages=3,
        perceptual_hash="0123456789abcdef",
        thumbnail="t.webp",
        preview="p.webp",
    ),
)


def holding(**found: Any) -> Stored:
    return replace(WHOLE, findings=FOUND._replace(**found))


def steps(*, sha256: str | None = SHA, title: str = "A red thing", wanted: Wanted = BOTH, **told: Any) -> Plan:
    return plan(changed_event(revision=2, sha256=sha256, title=title, **told), wanted)


def test_only_what_may_be_there_is_looked_up() -> None:
    """Not what was just created on the live lane, unless it may have ended a process, and never a deletion."""
    created, updated, deleted = work(created_event()), work(changed_event()), work(deleted_event())
    assert [is_worth_comparing(one) for one in (created, updated, deleted)] == [False, True, False]
    for told in ({"lane": Lane.BACKFILL}, {"lane": Lane.RETRY}, {"suspect": True}):
        assert is_worth_comparing(replace(created, record=replace(created.record, **told)))


@given(st.integers(1, 5), st.integers(1, 5), st.booleans(), st.none() | st.integers(0, 6))
def test_what_is_stored_whole_or_newer_is_not_done_again(mine: int, theirs: int, gone: bool, tried: int | None) -> None:
    """A document of this revision that lacks something is no reason to stop; a whole, a newer or a tombstone is."""
    stored = Stored(document_version(theirs, deleted=gone, attempt=tried), deleted=gone)
    expected = theirs > mine or (theirs == mine and (gone or tried is None))
    assert is_already_stored(work(changed_event(revision=mine)), stored) == expected
    assert not is_already_stored(work(changed_event(revision=mine)), None)


def test_the_same_bytes_and_words_need_nothing() -> None:
    """Both vectors are taken over, with what is known of the picture."""
    assert can_reuse(steps(), WHOLE)
    left = reused(steps(), WHOLE)
    assert (left.media, left.caption) == (None, None)
    assert left.findings.image_vector is IMAGE
    assert left.findings.caption_vector is CAPTION
    assert (left.findings.size, left.findings.sha256, left.findings.byte_size) == ((4, 3), SHA, 10)


def test_other_words_need_a_caption_and_no_picture() -> None:
    """The picture's vector is taken over; the words are encoded."""
    left = reused(steps(title="A blue thing"), WHOLE)
    assert (left.media, left.caption) == (None, "A blue thing")
    assert left.findings.image_vector is IMAGE
    assert left.findings.caption_vector is None


def test_other_bytes_need_a_picture_and_no_caption() -> None:
    """The words' vector is taken over; the picture is fetched, decoded and encoded."""
    left = reused(steps(sha256=OTHER), WHOLE)
    assert left.media is not None
    assert left.caption is None
    assert left.findings.image_vector is None
    assert left.findings.caption_vector is CAPTION


def test_where_no_digest_is_told_the_bytes_decide_once() -> None:
    """The stored digest goes along; once the bytes are there it is compared, and not a second time."""
    first = reused(steps(sha256=None), WHOLE)
    assert first.media is not None
    assert first.stored_sha256 == SHA
    fetched = first._replace(findings=first.findings._replace(sha256=SHA))
    assert reused(fetched, WHOLE).media is None
    assert reused(fetched, holding(sha256=OTHER)).stored_sha256 is None


@pytest.mark.parametrize(
    "stored",
    [
        pytest.param(None, id="unknown"),
        pytest.param(replace(WHOLE, version=document_version(1, deleted=True), deleted=True), id="deleted"),
        pytest.param(replace(WHOLE, version=document_version(1, deleted=False, attempt=0)), id="lacks something"),
        pytest.param(replace(WHOLE, metadata=AssetMetadata(), findings=Findings(size=(4, 3))), id="nothing known"),
        pytest.param(holding(size=None, image_vector=None, caption_vector=None), id="no vectors"),
    ],
)
def test_what_cannot_serve_is_not_taken(stored: Stored | None) -> None:
    """Then everything is made anew, and nothing is taken over."""
    left = reused(steps(), stored)
    assert left.media is not None
    assert left.caption == "A red thing"
    assert (left.findings.image_vector, left.findings.caption_vector, left.stored_sha256) == (None, None, None)


def test_the_same_bytes_and_words_need_nothing_of_all_that_was_found() -> None:
    """Frames, sound, words that were read, a caption that was written, previews, and what was fused of them."""
    left = reused(steps(wanted=ALL), RICH)
    assert (left.media, left.caption, left.describe, left.fuse) == (None, None, False, False)
    assert left.findings == RICH.findings
    assert left.findings.outdated == ()


def test_rights_alone_need_no_encoder() -> None:
    """Who may see an asset is in no vector."""
    left = reused(steps(wanted=ALL, acl=["group:press"], rights="CC0"), RICH)
    assert not left.encodes_words
    assert left.media is None


def test_other_words_are_encoded_with_the_caption_that_was_written_before() -> None:
    """The media is not touched; the fused vector is made anew of what is there."""
    left = reused(steps(wanted=ALL, title="A blue thing"), RICH)
    assert (left.media, left.describe, left.fuse) == (None, False, True)
    assert left.caption == "A blue thing. a dog"
    assert left.findings.fused_vector is None
    assert left.findings.frames == RICH.findings.frames


def test_a_creator_changes_the_fused_vector_alone() -> None:
    """The caption vector has no creator in it."""
    left = reused(steps(wanted=ALL, creator="Anna"), RICH)
    assert (left.media, left.caption, left.fuse) == (None, None, True)
    assert left.findings.caption_vector is CAPTION


def test_a_typed_caption_takes_the_written_ones_place() -> None:
    """And where somebody takes a typed one away, the media is read again, since nobody wrote one before."""
    left = reused(steps(wanted=ALL, caption="Typed"), RICH)
    assert (left.media, left.caption, left.findings.generated_caption) == (None, "A red thing. Typed", "")
    typed = replace(RICH, metadata=AssetMetadata(title="A red thing", caption="Typed"))
    again = reused(steps(wanted=ALL), typed)
    assert again.media is not None
    assert again.describe


def test_other_bytes_outdate_the_previews() -> None:
    """Also where the media is gone from the asset, or what is stored lacks something."""
    partial = replace(RICH, version=document_version(1, deleted=False, attempt=0))
    for left in (reused(steps(sha256=OTHER), RICH), reused(steps(uri=None), RICH), reused(steps(), partial)):
        assert left.findings.outdated == ("t.webp", "p.webp")
        assert left.findings.thumbnail is None


def test_what_an_older_epoch_made_serves_nobody() -> None:
    """A newer one's serves an older epoch's consumer, which could not make anything better."""
    newer = replace(RICH, version=document_version(1, deleted=False, pipeline_epoch=2))
    assert reused(steps(), RICH, epoch=1).media is not None
    assert not can_reuse(steps(), RICH, epoch=1)
    assert reused(steps(), newer, epoch=1).media is None


def test_words_alone_are_fused_once() -> None:
    """An asset without media keeps its fused vector while its words stay."""
    words = replace(WHOLE, findings=Findings(caption_vector=CAPTION, fused_vector=IMAGE))
    left = reused(steps(uri=None, sha256=None, wanted=ALL), words)
    assert (left.caption, left.fuse) == (None, False)
    assert left.findings.fused_vector is IMAGE

"""What the index holds already is not made again, and nothing else is taken for it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from damsight_consumer.compare import can_reuse, is_already_stored, is_worth_comparing, reused
from damsight_consumer.plan import Plan, plan
from damsight_consumer.ports import Stored
from damsight_consumer.records import Lane
from damsight_schemas.version import document_version
from examples.assets import changed_event, created_event, deleted_event, work

SHA, OTHER = "a" * 64, "b" * 64
IMAGE, CAPTION = np.ones(4, np.float32), np.full(4, 2, np.float32)
WHOLE = Stored(
    version=document_version(1, deleted=False),
    sha256=SHA,
    byte_size=10,
    size=(4, 3),
    caption_text="A red thing",
    image_vector=IMAGE,
    caption_vector=CAPTION,
)


def steps(*, sha256: str | None = SHA, title: str = "A red thing") -> Plan:
    return plan(changed_event(revision=2, sha256=sha256, title=title), pictures=True, captions=True)


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
    assert (left.picture, left.caption) == (None, "")
    assert left.findings.image_vector is IMAGE
    assert left.findings.caption_vector is CAPTION
    assert (left.findings.size, left.findings.sha256, left.findings.byte_size) == ((4, 3), SHA, 10)


def test_other_words_need_a_caption_and_no_picture() -> None:
    """The picture's vector is taken over; the words are encoded."""
    left = reused(steps(title="A blue thing"), WHOLE)
    assert (left.picture, left.caption) == (None, "A blue thing")
    assert left.findings.image_vector is IMAGE
    assert left.findings.caption_vector is None


def test_other_bytes_need_a_picture_and_no_caption() -> None:
    """The words' vector is taken over; the picture is fetched, decoded and encoded."""
    left = reused(steps(sha256=OTHER), WHOLE)
    assert left.picture is not None
    assert left.caption == ""
    assert left.findings.image_vector is None
    assert left.findings.caption_vector is CAPTION


def test_where_no_digest_is_told_the_bytes_decide_once() -> None:
    """The stored digest goes along; once the bytes are there it is compared, and not a second time."""
    first = reused(steps(sha256=None), WHOLE)
    assert first.picture is not None
    assert first.stored_sha256 == SHA
    fetched = replace(first, findings=replace(first.findings, sha256=SHA))
    assert reused(fetched, WHOLE).picture is None
    assert reused(fetched, replace(WHOLE, sha256=OTHER)).stored_sha256 is None


@pytest.mark.parametrize(
    "stored",
    [
        pytest.param(None, id="unknown"),
        pytest.param(replace(WHOLE, version=document_version(1, deleted=True), deleted=True), id="deleted"),
        pytest.param(replace(WHOLE, version=document_version(1, deleted=False, attempt=0)), id="lacks something"),
        pytest.param(replace(WHOLE, sha256=None, caption_text=""), id="nothing known"),
        pytest.param(replace(WHOLE, image_vector=None, caption_vector=None), id="no vectors"),
    ],
)
def test_what_cannot_serve_is_not_taken(stored: Stored | None) -> None:
    """Then everything is made anew, and nothing is taken over."""
    left = reused(steps(), stored)
    assert left.picture is not None
    assert left.caption == "A red thing"
    assert (left.findings.image_vector, left.findings.caption_vector, left.stored_sha256) == (None, None, None)

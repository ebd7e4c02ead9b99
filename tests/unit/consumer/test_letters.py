"""Dead letters as values: what they tell, which are wanted, what became of their assets, what is sent again."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from damsight_consumer.dead_letters import forms_of
from damsight_consumer.letters import EVERY, Letter, State, Wanted, letter_of, remedy_of
from damsight_consumer.letters.states import state_of
from damsight_consumer.ports import Stored
from damsight_consumer.postponing import Origin
from damsight_consumer.records import DeadLetter, Header, Partition, Receipt, Record, Stage
from damsight_consumer.replay import select
from damsight_schemas.document import Problem
from damsight_schemas.events import to_structured
from damsight_schemas.version import document_version
from examples.assets import changed_event

NAMES = ("damsight-revision", "damsight-topic", "damsight-pointer", "x")
MISSING = Problem(stage="fetch", error="missing", message="it is not there")


def event_record(asset_id: str = "a", revision: int = 3, *, offset: int = 41) -> Record:
    key, value, headers = to_structured(changed_event(asset_id, revision))
    own: tuple[Header, ...] = (*headers, ("x", b"1"), ("x", b"2"))
    return Record(Receipt(Partition("live", 2), offset, 1), 1_763_712_000_123, key, value, own)


def kept(
    of: Record,
    *,
    at: int = 0,
    form: int = 0,
    problem: Problem = MISSING,
    asset_id: str | None = "a",
    revision: int | None = 3,
) -> Letter:
    """The letter of a record, as it lies at an offset of the dead letters' topic."""
    dead = DeadLetter(of, Stage(problem.stage), problem, asset_id, revision)
    out = forms_of(dead, "dead")[form]
    place = Receipt(Partition("dead", 1), at, 0)
    return letter_of(Record(place, 1_763_800_000_000 + at, out.key, out.value, tuple(out.headers)))


def nowhere(_origin: Origin) -> None:
    """Kafka that keeps nothing."""


def test_a_letter_tells_what_was_written() -> None:
    """Its own place is its id; the rest is what the consumer knew."""
    letter = kept(event_record(), at=7)
    assert (letter.id, letter.asset_id, letter.revision, letter.attempts) == ("1-7", "a", 3, 1)
    assert (letter.stage, letter.error, letter.message) == ("fetch", "missing", "it is not there")
    assert letter.origin == Origin(Partition("live", 2), 41, 1_763_712_000_123)
    assert not letter.pointer
    assert kept(event_record(), form=1).pointer


@given(
    st.lists(st.tuples(st.sampled_from(["damsight-revision", "damsight-topic", "damsight-pointer", "x"]), st.binary()))
)
def test_whatever_lies_in_the_topic_is_a_letter(headers: list[tuple[str, bytes]]) -> None:
    """Anybody may write there; such a letter is listed, counted and never sent."""
    letter = letter_of(Record(Receipt(Partition("dead", 0), 0, 0), -1, None, None, tuple(headers)))
    assert EVERY.takes(letter)
    assert remedy_of(letter)
    assert select([letter], {}, nowhere).chosen == []


@pytest.mark.parametrize(
    ("wanted", "takes"),
    [
        (Wanted(errors=frozenset({"missing", "gone"})), True),
        (Wanted(errors=frozenset({"gone"})), False),
        (Wanted(stages=frozenset({"fetch"}), assets=frozenset({"a"}), topics=frozenset({"live"})), True),
        (Wanted(stages=frozenset({"fetch"}), assets=frozenset({"b"})), False),
        (Wanted(topics=frozenset({"other"})), False),
        (Wanted(ids=frozenset({"1-7"})), True),
        (Wanted(ids=frozenset({"1-70"})), False),
        (Wanted(since_ms=1_763_800_000_007, until_ms=1_763_800_000_008), True),
        (Wanted(since_ms=1_763_800_000_008), False),
        (Wanted(until_ms=1_763_800_000_007), False),
    ],
)
def test_all_that_is_said_must_hold(wanted: Wanted, *, takes: bool) -> None:
    """Of the values of one filter any; the beginning of a time counts in, its end does not."""
    assert wanted.takes(kept(event_record(), at=7)) is takes


@pytest.mark.parametrize(
    ("stored", "state"),
    [
        (None, State.MISSING),
        (Stored(document_version(3, deleted=False)), State.INDEXED),
        (Stored(document_version(4, deleted=False)), State.INDEXED),
        (Stored(document_version(3, deleted=False, attempt=3)), State.INCOMPLETE),
        (Stored(document_version(4, deleted=False, attempt=0)), State.NEWER_INCOMPLETE),
        (Stored(document_version(2, deleted=False)), State.OLDER),
        (Stored(document_version(2, deleted=True), deleted=True), State.OLDER),
        (Stored(document_version(4, deleted=True), deleted=True), State.DELETED),
    ],
)
def test_what_became_of_an_asset(stored: Stored | None, state: State) -> None:
    """Well is that revision or a newer one, whole or deleted; an older one is not."""
    letter = kept(event_record())
    assert state_of(letter, stored) is state
    assert state.is_well is (state in {State.INDEXED, State.DELETED})
    assert state_of(replace(letter, revision=None), stored) is State.UNKNOWN


def test_what_is_sent_is_the_original() -> None:
    """Key, value and headers in their order, without ours; and of which letter it is."""
    record = event_record()
    (chosen,) = select([kept(record, at=7)], {}, nowhere).chosen
    out = chosen.outgoing("backfill")
    assert (out.topic, out.key, out.value) == ("backfill", record.key, record.value)
    assert out.headers == [*record.headers, ("damsight-replay", b"1-7")]
    assert chosen.version == document_version(3, deleted=False)


def test_the_newest_letter_of_each_revision_is_sent_the_oldest_first() -> None:
    """A later letter of the same event stands for the earlier ones; other revisions and assets have their own."""
    letters = [
        kept(event_record(), at=3),
        kept(event_record(), at=1),
        kept(event_record("a", 4), at=2, revision=4),
        kept(event_record("b"), at=0, asset_id="b"),
    ]
    made = select(letters, {}, nowhere)
    assert [one.letter.id for one in made.chosen] == ["1-0", "1-2", "1-3"]
    assert [(one.letter.id, one.lost) for one in made.skipped] == [("1-1", False)]


@pytest.mark.parametrize("state", list(State))
def test_what_the_index_has_is_not_sent_unless_everything_is_wanted(state: State) -> None:
    """Superseded, it would change nothing; incomplete at that very revision, it is what a replay is for."""
    letter = kept(event_record())
    states = {letter.id: state}
    needless = state in {State.INDEXED, State.DELETED, State.NEWER_INCOMPLETE}
    assert bool(select([letter], states, nowhere).chosen) is not needless
    assert select([letter], states, nowhere, everything=True).chosen


def test_a_pointer_is_read_where_the_event_first_lay() -> None:
    """And nothing else is sent in its place: neither another record at that offset, nor an empty value."""
    record = event_record()
    asked: list[Origin] = []

    def original(found: Record | None) -> Callable[[Origin], Record | None]:
        def read(origin: Origin) -> Record | None:
            asked.append(origin)
            return found

        return read

    for form in (1, 2):
        letter = kept(record, form=form)
        (chosen,) = select([letter], {}, original(record)).chosen
        assert (chosen.value, chosen.headers) == (record.value, list(record.headers))
        for found in (None, replace(record, timestamp_ms=1)):
            made = select([letter], {}, original(found))
            assert not made.chosen
            assert made.skipped[0].lost
    assert set(asked) == {Origin(Partition("live", 2), 41, 1_763_712_000_123)}


def test_what_nobody_can_read_is_not_sent() -> None:
    """A place that cannot be read, and a record without a value: somebody must be told."""
    place = Record(Receipt(Partition("live", 0), 5, 1), -1, None, None, ())
    unreadable = kept(place, problem=Problem(stage="read", error="E", message="m"), asset_id=None, revision=None)
    tombstone = kept(replace(event_record(), value=None), at=1, revision=None)
    made = select([unreadable, tombstone], {}, nowhere)
    assert not made.chosen
    assert [one.lost for one in made.skipped] == [True, True]


def test_each_class_has_its_remedy() -> None:
    """None of those that the consumer and the encoders know falls back on the words for an unknown one."""
    fallback = remedy_of(kept(event_record(), problem=Problem(stage="fetch", error="?", message="")))
    reasons = (
        "EventError missing gone changed unknown_host forbidden refused unreadable redirects encoded no_file too_large "
        "too_many_pixels empty truncated broken unknown_format decoder_died decoder_stuck"
    )
    for error in reasons.split():
        assert remedy_of(kept(event_record(), problem=Problem(stage="fetch", error=error, message=""))) != fallback

"""Where an asset is, and why, in one sentence: held to the words."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from damsight_cli.why_report import as_data, report_lines
from damsight_consumer.records import Lane, Partition, Receipt, Record
from damsight_consumer.whereabouts.conclusion import conclude, time_of
from damsight_consumer.whereabouts.sightings import DeadLettered, Document, Matcher, Sightings, Waiting
from damsight_schemas.document import Problem
from damsight_schemas.events import AssetEvent, to_binary, to_structured
from damsight_schemas.topics import ASSETS, RETRY
from damsight_schemas.version import document_version
from examples.assets import changed_event, deleted_event

NOW = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
MISSING = Problem(stage="fetch", error="missing", message="no such file")
WHY = "fetch: missing: no such file"
HELD = Document(7, document_version(7, deleted=False), False, "2026-11-21T08:00:00Z", {"caption_vector": "m@1"})
UNKEPT = Problem(stage="preview", error="PreviewStoreUnavailableError", message="x")
PARTIAL = replace(HELD, version=document_version(7, deleted=False, attempt=0), problem=MISSING)
GONE = Document(7, document_version(7, deleted=True), True, None, {})
COMES = Waiting(Lane.LIVE, Partition(ASSETS, 3), 42, 1204, True, NOW_MS, 8, document_version(8, deleted=False))
AGAIN = replace(
    COMES,
    lane=Lane.RETRY,
    partition=Partition(RETRY[2], 0),
    ahead=1,
    attempt=3,
    due_ms=NOW_MS + 300_000,
    reason=WHY,
)
DEAD = DeadLettered("2-17", 8, NOW_MS - 86_400_000, 4, "fetch: gone: 410", "dam.assets.v1[3] at offset 40")
COMES_BY_ITSELF = "Nothing, while a consumer of the group g runs: it comes by itself."
MEND = "Put right what it tells before then; after the last try it is dead-lettered, and can be replayed."
REPLAY = (
    "Put right what it tells, then replay it with `damsight dead-letters replay`; `damsight dead-letters show 2-17` "
    "shows it."
)


def seen(
    document: Document | None = None, waiting: tuple[Waiting, ...] = (), dead: tuple[DeadLettered, ...] = ()
) -> Sightings:
    return Sightings("X", "assets", "g", 3, document, waiting, dead)


@pytest.mark.parametrize(
    ("sightings", "sentence", "to_do"),
    [
        pytest.param(seen(HELD), "Asset X is indexed at revision 7.", "", id="indexed"),
        pytest.param(
            seen(HELD, (COMES,)),
            "Asset X is indexed at revision 7; revision 8 waits behind 1,204 events in dam.assets.v1[3].",
            COMES_BY_ITSELF,
            id="newer-waits",
        ),
        pytest.param(
            seen(None, (replace(COMES, ahead=0, is_read=False),)),
            "Asset X is not in the index; revision 8 is the next event in dam.assets.v1[3].",
            "No consumer of the group g has committed anything in dam.assets.v1[3]: see that one runs (`damsight "
            "consume`), and that DAMSIGHT_CONSUMER__GROUP_ID names its group.",
            id="nobody-reads",
        ),
        pytest.param(
            seen(HELD, (replace(COMES, revision=7, version=HELD.version),)),
            "Asset X is indexed at revision 7.",
            "",
            id="repeat-waits",
        ),
        pytest.param(
            seen(PARTIAL, (replace(AGAIN, revision=7, version=HELD.version),)),
            "Asset X is indexed at revision 7 without its picture's vector (fetch: missing); revision 7 is tried again "
            "at 14:05:00 UTC, third of three tries: fetch: missing: no such file.",
            MEND,
            id="tried-again",
        ),
        pytest.param(
            seen(None, (replace(AGAIN, due_ms=0, attempt=1),)),
            "Asset X is not in the index; revision 8 is due to be tried again and waits behind one event in "
            "dam.assets.retry.30m.v1[0], first of three tries: fetch: missing: no such file.",
            MEND,
            id="due",
        ),
        pytest.param(
            seen(HELD, (), (DEAD,)),
            "Asset X is indexed at revision 7; revision 8 was dead-lettered at 2026-11-20 14:00:00 UTC, after four "
            "tries: fetch: gone: 410.",
            REPLAY,
            id="dead-lettered",
        ),
        pytest.param(
            seen(HELD, (COMES,), (DEAD,)),
            "Asset X is indexed at revision 7; revision 8 waits behind 1,204 events in dam.assets.v1[3].",
            COMES_BY_ITSELF,
            id="replayed",
        ),
        pytest.param(
            seen(HELD, (), (replace(DEAD, revision=6),)), "Asset X is indexed at revision 7.", "", id="died-long-ago"
        ),
        pytest.param(
            seen(HELD, (), (replace(DEAD, revision=None),)), "Asset X is indexed at revision 7.", "", id="unread-before"
        ),
        pytest.param(
            seen(None, (), (replace(DEAD, revision=None, attempts=1, timestamp_ms=NOW_MS),)),
            "Asset X is not in the index; an event of it was dead-lettered at 14:00:00 UTC, after one try: fetch: "
            "gone: 410.",
            REPLAY,
            id="unread-and-dead",
        ),
        pytest.param(
            seen(GONE, (replace(COMES, deleted=True, ahead=1),)),
            "Asset X is deleted, at revision 7; its deletion at revision 8 waits behind one event in dam.assets.v1[3].",
            COMES_BY_ITSELF,
            id="deleted-again",
        ),
        pytest.param(
            seen(HELD, (replace(COMES, revision=None, version=None),)),
            "Asset X is indexed at revision 7; an event of it that cannot be read (offset 42) waits behind 1,204 "
            "events in dam.assets.v1[3].",
            COMES_BY_ITSELF,
            id="unreadable-waits",
        ),
        pytest.param(
            seen(PARTIAL),
            "Asset X is indexed at revision 7 without its picture's vector (fetch: missing).",
            "Put right what it tells, then have the DAM publish it again, or repair it with `damsight reconcile "
            "LIST.jsonl --repair`.",
            id="incomplete",
        ),
        pytest.param(
            seen(replace(PARTIAL, vectors={"image_vector": "m@1"}, problem=UNKEPT)),
            "Asset X is indexed at revision 7 and lacks something (preview: PreviewStoreUnavailableError).",
            "Put right what it tells, then have the DAM publish it again, or repair it with `damsight reconcile "
            "LIST.jsonl --repair`.",
            id="without-previews",
        ),
        pytest.param(
            seen(),
            "Asset X is unknown: no event of it waits in Kafka, none was dead-lettered, and the index 'assets' does "
            "not hold it.",
            "Check the id, letter by letter. If the DAM has the asset, have it publish it; `damsight reconcile "
            "LIST.jsonl` finds every asset that is missing.",
            id="unknown",
        ),
    ],
)
def test_the_conclusion_is_told_word_for_word(sightings: Sightings, sentence: str, to_do: str) -> None:
    """What will change the index comes before what did not, and the newest revision before the others."""
    conclusion = conclude(sightings, now=NOW)
    assert (conclusion.sentence, conclusion.to_do) == (sentence, to_do)
    assert conclusion.is_known == (sightings != seen())


def test_everything_that_was_found_follows_the_conclusion() -> None:
    """The document with its vectors and its problem, each waiting event, each dead letter."""
    sightings = seen(PARTIAL, (COMES, AGAIN), (DEAD,))
    lines = report_lines(sightings, conclude(sightings, now=NOW), now=NOW)
    assert lines[2:] == [
        "document: revision 7, indexed at 2026-11-21T08:00:00Z in 'assets'",
        "document: caption_vector of m@1",
        "document: problem: fetch: missing: no such file",
        "waiting: revision 8 in dam.assets.v1[3] at offset 42, since 14:00:00 UTC, 1,204 before it",
        f"waiting: revision 8 in {RETRY[2]}[0] at offset 42, tried 3 times, due at 14:05:00 UTC, 1 before it: {WHY}",
        f"dead letter 2-17: revision 8 at 2026-11-20 14:00:00 UTC, 4 tries, from {DEAD.origin}: {DEAD.reason}",
    ]
    data = as_data(sightings, conclude(sightings, now=NOW))
    assert data["document"]["vectors"] == {"caption_vector": "m@1"}
    assert data["waiting"][0]["due"] is None
    assert data["waiting"][1]["due"] == "2026-11-21T14:05:00Z"
    assert (data["waiting"][1]["lane"], data["waiting"][1]["topic"]) == ("retry", RETRY[2])
    assert data["dead_letters"][0]["time"] == "2026-11-20T14:00:00Z"


def record(
    event: AssetEvent, *, key: bytes | None = b"", headers: dict[str, str] | None = None, lane: Lane = Lane.LIVE
) -> Record:
    own, value, told = to_structured(event)
    more = [*told, *((name, text.encode()) for name, text in (headers or {}).items())]
    return Record(Receipt(Partition("t", 1), 9, 0), NOW_MS, own if key == b"" else key, value, tuple(more), lane)


def revision_in(found: Record, asset_id: str = "a/é") -> int | None:
    waiting = Matcher(asset_id, now_ms=NOW_MS).waiting(found, ahead=0, is_read=True)
    return waiting.revision if waiting else None


def test_an_event_is_known_by_its_key_and_else_by_what_it_tells() -> None:
    """Without a key, or with another one, the event itself decides; another asset's is left alone."""
    event = changed_event("a/é", 4)
    for key in (b"", None, b"other"):
        assert revision_in(record(event, key=key)) == 4
    escaped = record(event, key=b"other")
    value = (escaped.value or b"").decode().replace("a/é", "a\\/\\u00e9").encode()
    assert revision_in(replace(escaped, value=value)) == 4
    key, value, headers = to_binary(event)
    assert revision_in(replace(escaped, key=key, value=value, headers=tuple(headers))) == 4
    assert revision_in(record(changed_event("b", 4), key=None)) is None
    assert revision_in(record(changed_event("b", 4, title="like a/é"))) is None
    assert revision_in(record(changed_event("b", 4), key="a/é".encode())) is None


def test_an_event_that_cannot_be_read_is_known_too() -> None:
    """By what is left of it, or by its key."""
    matcher = Matcher("a", now_ms=NOW_MS)
    broken = replace(record(changed_event("a")), value=b"{")
    found = matcher.waiting(broken, ahead=3, is_read=True)
    assert found is not None
    assert (found.revision, found.ahead) == (None, 3)
    assert "not JSON" in found.reason
    told = replace(broken, key=None, value=b'{"type": "x", "data": {"asset_id": "a"}}')
    assert matcher.waiting(told, ahead=0, is_read=True) is not None
    assert matcher.waiting(replace(told, key=b"b", value=b"{"), ahead=0, is_read=True) is None


def test_a_retried_event_tells_when_it_is_tried_again() -> None:
    """A time that no retry waits for is no time at all, as the retry lane takes it."""
    headers = {"damsight-attempt": "2", "damsight-due": str(NOW_MS + 5), "damsight-error": "missing"}
    matcher = Matcher("a", now_ms=NOW_MS)
    found = matcher.waiting(record(deleted_event("a"), headers=headers, lane=Lane.RETRY), ahead=0, is_read=True)
    assert found is not None
    assert (found.attempt, found.due_ms, found.reason, found.deleted) == (2, NOW_MS + 5, "missing", True)
    forged = {**headers, "damsight-due": "9" * 19}
    found = matcher.waiting(record(deleted_event("a"), headers=forged, lane=Lane.RETRY), ahead=0, is_read=True)
    assert found is not None
    assert found.due_ms == 0
    assert time_of(2**62).year == 9999


def test_a_dead_letter_is_known_by_its_header_its_key_or_its_event() -> None:
    """The header decides where there is one; the id is the one that `dead-letters show` takes."""
    matcher = Matcher("a", now_ms=NOW_MS)
    told = {"damsight-asset-id": "a", "damsight-revision": "4", "damsight-attempts": "3", "damsight-stage": "fetch"}
    place = {"damsight-topic": "t", "damsight-partition": "5", "damsight-offset": "6"}
    found = matcher.dead(record(changed_event("b"), headers=told | place))
    assert found == DeadLettered("1-9", 4, NOW_MS, 3, "fetch", "t[5] at offset 6")
    assert matcher.dead(record(changed_event("a"), headers={"damsight-asset-id": "b"})) is None
    assert matcher.dead(record(changed_event("a"), key=None)) is not None
    assert matcher.dead(replace(record(changed_event("a")), value=None)) is not None
    assert matcher.dead(record(changed_event("b"))) is None

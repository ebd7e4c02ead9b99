"""What is to be said of an asset, given the list, the index and the dead letters; and what an event can mend."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from damsight_consumer.compare import is_already_stored
from damsight_consumer.errors import CatalogueError
from damsight_consumer.ports import Stored
from damsight_consumer.reconcile.comparison import DAY_MS, Moment, Report
from damsight_consumer.reconcile.findings import (
    Dead,
    Finding,
    Indexed,
    Listed,
    Remedy,
    Sent,
    Verdict,
    judged,
    never_to_be,
    unlisted,
)
from damsight_consumer.reconcile.ledger import Ledger, opened_ledger
from damsight_consumer.reconcile.repairs import DEFAULT_SOURCE, repairs, require_deletable
from damsight_consumer.reconcile.waiting import Ending, ended
from damsight_schemas.document import Problem
from damsight_schemas.events import AssetChanged, DeletedEvent
from damsight_schemas.version import document_version
from examples.assets import changed_event, deleted_event, work

MISSING_FILE = Problem(stage="fetch", error="missing", message="404")
NOW_MS = 1_763_712_000_000


def listed(revision: int = 5, *, rights: str | None = None, whole: bool = True) -> Listed:
    return Listed("a", revision, rights, whole, 1)


def indexed(
    revision: int = 5, *, deleted: bool = False, rights: str | None = "r", problem: Problem | None = None, at: int = 0
) -> Indexed:
    version = document_version(revision, deleted=deleted, attempt=0 if problem else None)
    return Indexed("a", revision, version, deleted, None if deleted else rights, "/dams/test", at, problem)


@pytest.mark.parametrize(
    ("one", "other", "verdict", "remedy"),
    [
        pytest.param(listed(), None, Verdict.MISSING, Remedy.EVENT, id="not-there"),
        pytest.param(listed(whole=False), None, Verdict.MISSING, Remedy.DAM_EVENT, id="not-there-and-not-whole"),
        pytest.param(listed(), indexed(4, deleted=True), Verdict.MISSING, Remedy.EVENT, id="older-tombstone"),
        pytest.param(listed(), indexed(deleted=True), Verdict.MISSING, Remedy.NEW_REVISION, id="tombstone-of-it"),
        pytest.param(listed(), indexed(6, deleted=True), Verdict.NEWER, Remedy.NOTHING, id="deleted-since"),
        pytest.param(listed(), indexed(4), Verdict.STALE, Remedy.EVENT, id="older"),
        pytest.param(listed(), indexed(6), Verdict.NEWER, Remedy.NOTHING, id="newer"),
        pytest.param(listed(rights="other"), indexed(), Verdict.ACL_DIFFERS, Remedy.NEW_REVISION, id="rights"),
        pytest.param(listed(rights="other"), indexed(4), Verdict.STALE, Remedy.EVENT, id="rights-and-older"),
        pytest.param(listed(rights="r"), indexed(), Verdict.AGREES, Remedy.NOTHING, id="the-same"),
        pytest.param(listed(), indexed(), Verdict.AGREES, Remedy.NOTHING, id="rights-not-told"),
        pytest.param(listed(), indexed(problem=MISSING_FILE), Verdict.INCOMPLETE, Remedy.EVENT, id="incomplete"),
        pytest.param(
            listed(rights="other"), indexed(problem=MISSING_FILE), Verdict.ACL_DIFFERS, Remedy.NEW_REVISION, id="worst"
        ),
    ],
)
def test_each_difference_has_its_name_and_its_remedy(
    one: Listed, other: Indexed | None, verdict: Verdict, remedy: Remedy
) -> None:
    """Rights that differ come before what is incomplete, since people may see what they must not."""
    found = judged(one, other)
    assert (found.verdict, found.remedy) == (verdict, remedy)


def test_the_consumer_takes_an_event_exactly_where_one_is_the_remedy() -> None:
    """What is told to be beyond an event is: the consumer's comparison finds the revision stored already."""
    event = changed_event("a", 5, acl=["public"])
    for held in (indexed(4), indexed(4, deleted=True), indexed(problem=MISSING_FILE)):
        assert judged(listed(), held).remedy is Remedy.EVENT
        assert not is_already_stored(work(event), Stored(held.version, held.deleted))
    for held, rights in ((indexed(), "other"), (indexed(deleted=True), None)):
        assert judged(listed(rights=rights), held).remedy is Remedy.NEW_REVISION
        assert is_already_stored(work(event), Stored(held.version, held.deleted))
    assert not is_already_stored(work(changed_event("a", 6)), Stored(indexed(deleted=True).version, deleted=True))


def test_a_dead_letter_explains_what_is_missing() -> None:
    """One that cannot be read counts only where it came after what is stored."""
    stale = judged(listed(), indexed(4, at=NOW_MS))
    found = never_to_be(stale, Dead("a", 5, "fetch: gone", NOW_MS - 1), indexed(4, at=NOW_MS))
    assert (found.verdict, found.remedy, found.why) == (Verdict.NEVER, Remedy.REPLAY, "fetch: gone")
    assert never_to_be(stale, Dead("a", 0, "plan", NOW_MS), indexed(4, at=NOW_MS)) == stale
    assert never_to_be(stale, Dead("a", 0, "plan", NOW_MS + 1), indexed(4, at=NOW_MS)).verdict is Verdict.NEVER
    assert never_to_be(judged(listed(), None), Dead("a", 0, "plan", 1), None).verdict is Verdict.NEVER


def test_what_is_too_new_for_the_list_is_no_orphan() -> None:
    """A file's time may be that of the end of a long export: what came a day before it is told, and not deleted."""
    told, guessed = Moment(NOW_MS, is_told=True), Moment(NOW_MS, is_told=False)

    def found(moment: Moment, at: int) -> tuple[Verdict, Remedy]:
        finding = unlisted(indexed(at=at), as_of_ms=moment.as_of_ms, deletable_before_ms=moment.deletable_before_ms)
        return finding.verdict, finding.remedy

    assert found(told, NOW_MS) == found(guessed, NOW_MS) == (Verdict.NEWER, Remedy.NOTHING)
    assert found(told, NOW_MS - 1) == (Verdict.ORPHANED, Remedy.DELETE)
    assert found(guessed, NOW_MS - 1) == (Verdict.ORPHANED, Remedy.NOTHING)
    assert found(guessed, NOW_MS - DAY_MS - 1) == (Verdict.ORPHANED, Remedy.DELETE)


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    with opened_ledger(keep_bodies=True) as opened:
        yield opened


def whole(asset_id: str, revision: int) -> AssetChanged:
    return changed_event(asset_id, revision, title="x").data


def test_repairs_are_events_of_the_listed_revision_and_deletions_of_the_indexed_one(ledger: Ledger) -> None:
    """They go out under the source that told the asset; one that nobody told goes with all others."""
    for asset_id in ("gone", "old"):
        ledger.add_listed(Listed(asset_id, 7, None, whole=True, place=1), whole(asset_id, 7))
    ledger.add_indexed([Indexed("old", 6, 1, source="/dams/a"), Indexed("orphan", 3, 1, source="/dams/a")])
    findings = [
        Finding("gone", Verdict.MISSING, Remedy.EVENT, 7),
        Finding("old", Verdict.STALE, Remedy.EVENT, 7, 6, source="/dams/old"),
        Finding("rights", Verdict.ACL_DIFFERS, Remedy.NEW_REVISION, 7, 7),
        Finding("half", Verdict.MISSING, Remedy.DAM_EVENT, 7),
        Finding("orphan", Verdict.ORPHANED, Remedy.DELETE, None, 3, source="/dams/a"),
    ]
    now = datetime.now(UTC)

    def made(*, source: str | None = None, delete_orphans: bool) -> list[tuple[str, int, str, bool]]:
        events = repairs(findings, ledger, source=source, time=now, delete_orphans=delete_orphans)
        return [
            (event.data.asset_id, event.data.revision, event.source, isinstance(event, DeletedEvent))
            for event in events
        ]

    kept = [("gone", 7, "/dams/a", False), ("old", 7, "/dams/old", False)]
    assert made(delete_orphans=False) == kept
    assert made(delete_orphans=True) == [*kept, ("orphan", 3, "/dams/a", True)]
    assert {source for _, _, source, _ in made(source="/mine", delete_orphans=True)} == {"/mine"}
    ledger.add_indexed([Indexed("another", 1, 1, source="/dams/b")])
    assert made(delete_orphans=False)[0][2] == DEFAULT_SOURCE


@pytest.mark.parametrize(
    ("orphaned", "living", "bad", "sure", "refusal"),
    [
        (50, 100, 0, False, None),
        (51, 100, 0, False, "51 of 100 assets"),
        (100, 100, 0, True, None),
        (1, 100, 1, True, "1 entries of the list could not be read"),
    ],
)
def test_a_list_that_may_be_cut_off_deletes_nothing(
    orphaned: int, living: int, bad: int, sure: bool, refusal: str | None
) -> None:
    """More than half of the index goes only when somebody is sure; by a list with bad lines nothing goes."""
    report = Report(listed=1, living=living, counts=Counter({Verdict.ORPHANED: orphaned}), bad_count=bad)
    if refusal is None:
        require_deletable(report, sure=sure)
    else:
        with pytest.raises(CatalogueError, match=refusal):
            require_deletable(report, sure=sure)


@pytest.mark.parametrize(
    ("sent", "held", "ending"),
    [
        pytest.param(Sent("a", 5, deleted=False, version_before=0), None, None, id="not-there-yet"),
        pytest.param(Sent("a", 5, deleted=False, version_before=1), indexed(4), None, id="still-old"),
        pytest.param(Sent("a", 5, deleted=False, version_before=1), indexed(5), Ending.MENDED, id="there"),
        pytest.param(
            Sent("a", 5, deleted=False, version_before=1), indexed(6, deleted=True), Ending.MENDED, id="newer"
        ),
        pytest.param(
            Sent("a", 5, deleted=False, version_before=1),
            indexed(problem=MISSING_FILE),
            Ending.INCOMPLETE,
            id="partial",
        ),
        pytest.param(
            Sent("a", 5, deleted=False, version_before=indexed(problem=MISSING_FILE).version),
            indexed(problem=MISSING_FILE),
            None,
            id="as-before",
        ),
        pytest.param(Sent("a", 5, deleted=True, version_before=1), indexed(), None, id="not-deleted-yet"),
        pytest.param(Sent("a", 5, deleted=True, version_before=1), indexed(deleted=True), Ending.MENDED, id="deleted"),
    ],
)
def test_a_repair_has_ended_when_the_index_holds_it(sent: Sent, held: Indexed | None, ending: Ending | None) -> None:
    """What was there before the repair is not taken for it."""
    assert ended(sent, held) is ending


def test_an_event_of_a_deletion_is_made_of_the_contract() -> None:
    """A deletion at the indexed revision beats what is stored there and yields to the next revision."""
    stored = indexed().version
    assert work(deleted_event("a", 5)).version > stored
    assert work(changed_event("a", 6)).version > work(deleted_event("a", 5)).version

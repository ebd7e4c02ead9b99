"""Feedback is kept of what a person may see, once per act and hit, within a bound, and it is theirs to delete."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from typing import Any

import pytest

from contract.search_index_contract import SPACES
from damsight_schemas.feedback import Feedback
from damsight_search.errors import AssetNotFoundError, FeedbackBusyError
from damsight_search.learning.feedback import AT_ONCE, KIND, FeedbackKeeper, person, read_feedback
from damsight_search.principal import Principals, signed_in, stranger
from damsight_search.settings import FeedbackSettings
from fakes.library import library
from fakes.own_records import FakeOwnRecords
from fakes.search_index import FakeIndex

BERT = signed_in("bert", ["press"])


class Desk:
    """A keeper over fakes, and what it keeps."""

    def __init__(self, **settings: Any) -> None:
        self.index = FakeIndex(SPACES)
        self.index.documents = library()
        self.records = FakeOwnRecords()
        self.now = datetime(2026, 11, 21, tzinfo=UTC)
        self.keeper = FeedbackKeeper(self.records, self.index, FeedbackSettings(**settings), clock=self._tick)

    def _tick(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def opens(self, asset_id: str, who: Principals = BERT, text: str = "red", rank: int | None = 1) -> bool:
        return self.keeper.keep(Feedback(asset_id=asset_id, action="opened", text=text, rank=rank), who)


def test_what_was_done_is_kept_with_the_person_and_the_asset() -> None:
    """A record has its owner, its asset in `about`, the request, act and rank in its body, and its time."""
    desk = Desk()
    assert desk.opens("asset-003")
    ((record, told),) = read_feedback(desk.records, owner="user:bert")
    assert (record.kind, record.owner, record.about) == (KIND, "user:bert", ("asset-003",))
    assert record.body == {"action": "opened", "text": "red", "like": [], "rank": 1}
    assert record.at == desk.now
    assert told == Feedback(asset_id="asset-003", action="opened", text="red", rank=1)


def test_the_same_act_is_kept_once() -> None:
    """Opening one hit of one request again replaces what is kept; another request or act is another record."""
    desk = Desk()
    for _ in range(3):
        desk.opens("asset-003")
    desk.opens("asset-003", text="harbour")
    desk.keeper.keep(Feedback(asset_id="asset-003", action="downloaded", text="red"), BERT)
    kept = sorted(record.at.second for record in desk.records.of(KIND) if record.at)
    assert kept == [3, 4, 5]


def test_nothing_is_kept_of_what_the_person_may_not_see() -> None:
    """Forbidden and absent assets are one answer, and leave nothing behind."""
    desk = Desk()
    for asset_id in ("asset-005", "nowhere"):
        with pytest.raises(AssetNotFoundError, match="that you may see"):
            desk.opens(asset_id)
    assert desk.records.kept == {}


def test_strangers_are_forgotten_unless_a_setting_says_otherwise() -> None:
    """What nobody can be asked about is not kept; where the setting keeps it, it is nobody's to delete."""
    desk = Desk()
    assert not desk.opens("asset-003", who=stranger())
    kept = Desk(strangers=True)
    assert kept.opens("asset-003", who=stranger())
    assert [record.owner for record, _ in read_feedback(kept.records)] == ["public"]
    assert kept.keeper.forget(stranger()) == 0
    off = Desk(keep=False, strangers=True)
    assert not off.opens("asset-003")
    assert not off.opens("asset-003", who=stranger())


def test_only_one_user_is_a_person() -> None:
    """Groups alone, nobody, or two users at once own nothing."""
    assert person(BERT) == "user:bert"
    assert person(stranger()) == person(Principals(["group:press", "public"])) == ""
    assert person(Principals(["user:a", "user:b"])) == ""


def test_forgetting_takes_all_of_ones_own_and_nothing_else() -> None:
    """After it nothing of the person is left, and everything of others."""
    desk = Desk()
    desk.opens("asset-003")
    desk.opens("asset-006")
    desk.opens("asset-003", who=signed_in("carla"))
    assert desk.keeper.forget(BERT) == 2
    assert [record.owner for record in desk.records.of(KIND)] == ["user:carla"]
    assert desk.keeper.forget(BERT) == 0


def test_a_person_is_bounded_and_the_oldest_goes_first() -> None:
    """Of more acts than the setting lets, the newest are left, within what is written between two counts."""
    desk = Desk(most=10)
    for number in range(101):
        desk.opens("asset-003", text=f"query {number}")
    left = {record.body["text"] for record in desk.records.of(KIND)}
    assert left == {f"query {number}" for number in range(91, 101)}
    for number in range(101, 120):
        desk.opens("asset-003", text=f"query {number}")
    assert len(list(desk.records.of(KIND))) < 10 + 50


class _Waiting(FakeOwnRecords):
    """Keeps nothing until it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.let = Event()

    def put(self, record: Any) -> None:
        self.let.wait(120)
        super().put(record)


@pytest.fixture
def crowded() -> Iterator[FeedbackKeeper]:
    """A keeper in which all places are taken."""
    index, records = FakeIndex(SPACES), _Waiting()
    index.documents = library()
    arrived = Event()
    came: list[object] = []

    def count(body: object) -> None:
        came.append(body)
        if len(came) == AT_ONCE:
            arrived.set()

    index.before = count
    keeper = FeedbackKeeper(records, index, FeedbackSettings())
    acts = [Feedback(asset_id="asset-003", action="opened", text=str(number)) for number in range(AT_ONCE)]
    threads = [Thread(target=keeper.keep, args=(act, BERT)) for act in acts]
    for thread in threads:
        thread.start()
    arrived.wait(120)
    yield keeper
    records.let.set()
    for thread in threads:
        thread.join()


def test_a_flood_of_feedback_is_turned_away(crowded: FeedbackKeeper) -> None:
    """Beyond a few at once, feedback is refused at once: it takes no thread from searches."""
    with pytest.raises(FeedbackBusyError):
        crowded.keep(Feedback(asset_id="asset-003", action="opened"), BERT)


def test_what_another_version_wrote_is_passed_over() -> None:
    """An act that is not known here breaks no reading."""
    desk = Desk()
    desk.opens("asset-003")
    (record,) = desk.records.of(KIND)
    desk.records.put(type(record)(KIND, "later", "user:bert", ("asset-003",), {**record.body, "action": "printed"}))
    assert [told.action for _, told in read_feedback(desk.records)] == ["opened"]

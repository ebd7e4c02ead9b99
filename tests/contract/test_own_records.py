"""Every keeper of own records keeps, finds and forgets alike."""

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from damsight_devstack import Stack
from damsight_index import connect
from damsight_index.own_records import OwnRecord, OwnRecords
from damsight_index.stored_records import ElasticsearchOwnRecords
from damsight_schemas.connections import ElasticsearchSettings
from fakes.own_records import FakeOwnRecords


@pytest.fixture(params=["fake", pytest.param("elasticsearch", marks=pytest.mark.integration)])
def records(request: pytest.FixtureRequest) -> Iterator[OwnRecords]:
    """The fake, and the real one with an index of its own."""
    if request.param == "fake":
        yield FakeOwnRecords()
        return
    stack: Stack = request.getfixturevalue("stack")
    client = connect(ElasticsearchSettings(url=stack.elasticsearch_url, timeout_s=120))
    alias = f"own-{uuid.uuid4().hex[:12]}"
    yield ElasticsearchOwnRecords(client, alias)
    client.options(ignore_status=404).indices.delete(index=f"{alias}-own")
    client.close()


def saved(record_id: str, owner: str = "user:anna", **body: object) -> OwnRecord:
    return OwnRecord("saved-search", record_id, owner, ("asset-1",), body)


def test_nothing_is_there_before_the_first(records: OwnRecords) -> None:
    """Before anything was kept, reading, listing and deleting say so, and fail at nothing."""
    assert records.get("saved-search", "one") is None
    assert list(records.of("saved-search")) == []
    assert not records.delete("saved-search", "one")


def test_what_was_kept_is_seen_at_once(records: OwnRecords) -> None:
    """A record comes back as it was put, replaced by the next of its id, and is gone once deleted."""
    records.put(saved("one", text="boat", nested={"any": [1, "two"]}))
    assert records.get("saved-search", "one") == saved("one", text="boat", nested={"any": [1, "two"]})
    records.put(saved("one", text="ship"))
    assert [record.body for record in records.of("saved-search")] == [{"text": "ship"}]
    assert records.delete("saved-search", "one")
    assert list(records.of("saved-search")) == []


def test_they_are_listed_by_kind_owner_and_what_they_are_about(records: OwnRecords) -> None:
    """Each condition narrows the list; another kind of the same id is another record."""
    records.put(saved("b"))
    records.put(saved("a", owner="user:bert"))
    records.put(OwnRecord("concept", "a", "user:anna", ("asset-2",)))
    assert [record.record_id for record in records.of("saved-search")] == ["a", "b"]
    assert [record.record_id for record in records.of("saved-search", owner="user:anna")] == ["b"]
    assert list(records.of("concept", about="asset-1")) == []
    assert [record.kind for record in records.of("concept", about="asset-2")] == ["concept"]


def test_more_than_a_page_of_them_is_listed(records: OwnRecords) -> None:
    """Nothing is left out where there are more than one answer of the server holds."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: records.put(saved(f"{number:04d}")), range(510)))
    assert [record.record_id for record in records.of("saved-search")] == [f"{number:04d}" for number in range(510)]


def test_of_two_at_once_one_is_created(records: OwnRecords) -> None:
    """Whoever creates what is there already is told so, and changes nothing."""
    with ThreadPoolExecutor(4) as pool:
        kept = list(pool.map(lambda number: records.create(saved("once", number=number)), range(4)))
    assert sum(kept) == 1
    found = records.get("saved-search", "once")
    assert found is not None
    assert found.body == {"number": kept.index(True)}


NOON = datetime(2026, 11, 21, 12, 0, 0, 250_000, tzinfo=UTC)


def alert(number: int, owner: str = "user:anna", about: str = "one") -> OwnRecord:
    return OwnRecord("alert", f"a{number}", owner, (about,), {"number": number}, NOON + timedelta(seconds=number))


def test_many_are_created_at_once_and_those_that_are_there_stay(records: OwnRecords) -> None:
    """Each is told apart, also before any was kept; what is there is known at once."""
    assert records.known("alert", ["a1"]) == frozenset()
    assert records.create_all([alert(1), alert(2)]) == [True, True]
    assert records.create_all([alert(3), alert(1, owner="user:bert")]) == [True, False]
    assert records.create_all([]) == []
    assert records.known("alert", ["a1", "a3", "a9"]) == {"a1", "a3"}
    assert records.known("other", ["a1"]) == frozenset()
    found = records.get("alert", "a1")
    assert found == alert(1)


def test_the_latest_come_first_and_go_on_where_the_last_page_ended(records: OwnRecords) -> None:
    """Of their owner alone, newest first, at most so many, after a place; undated ones are not among them.

    Of those of the same millisecond none is left out, and none comes twice.
    """
    same = [replace(alert(number), record_id=f"s{number}", at=alert(0).at) for number in range(3)]
    records.create_all([*(alert(number) for number in range(5)), *same])
    records.create_all([alert(7, owner="user:bert"), OwnRecord("alert", "undated", "user:anna")])
    records.put(alert(6, about="two"))
    latest = records.latest("alert", owner="user:anna", most=3)
    assert [one.record_id for one in latest] == ["a6", "a4", "a3"]
    seen = []
    place = (latest[-1].at, "a3")
    while page := records.latest("alert", owner="user:anna", most=2, after=place):
        seen += [one.record_id for one in page]
        place = (page[-1].at, page[-1].record_id)
    assert seen == ["a2", "a1", "a0", "s0", "s1", "s2"]
    assert [one.record_id for one in records.latest("alert", owner="user:anna", about="two", most=9)] == ["a6"]
    assert records.latest("nothing", owner="user:anna", most=3) == []


def test_many_are_put_at_once(records: OwnRecords) -> None:
    """They take the place of what was there, and the next call sees them."""
    records.put_all([])
    records.create_all([alert(1), alert(2)])
    records.put_all([replace(alert(1), body={"read": True}), alert(3)])
    assert [one.body for one in records.latest("alert", owner="user:anna", most=9)] == [
        {"number": 3}, {"number": 2}, {"read": True},
    ]  # fmt: skip


def test_what_meets_every_condition_is_forgotten(records: OwnRecords) -> None:
    """By age, by what it is about, by owner; the rest stays."""
    assert records.forget("alert") == 0
    records.create_all([alert(1), alert(2, about="two"), alert(3), alert(4, owner="user:bert")])
    assert records.forget("alert", before=NOON + timedelta(seconds=2)) == 1
    assert records.forget("alert", about="two") == 1
    assert records.forget("alert", owner="user:bert", before=NOON) == 0
    assert [one.record_id for one in records.of("alert")] == ["a3", "a4"]


def test_they_can_be_listed_while_the_first_is_kept(records: OwnRecords) -> None:
    """Whoever looks while somebody else keeps the very first record waits for it, or finds nothing; neither fails."""
    with ThreadPoolExecutor(8) as pool:
        kept = pool.submit(records.put, saved("first"))
        looks = [pool.submit(lambda: len(list(records.of("saved-search")))) for _ in range(60)]
        kept.result()
        assert {look.result() for look in looks} <= {0, 1}
    assert len(list(records.of("saved-search"))) == 1

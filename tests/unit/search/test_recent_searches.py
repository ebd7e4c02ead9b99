"""What a person searched for lately: theirs alone, bounded, theirs to delete."""

import threading

from damsight_index.own_records import OwnRecord
from damsight_search.errors import SearchUnavailableError
from damsight_search.kept_records import KeptRecords
from damsight_search.principal import signed_in, stranger
from damsight_search.words.recent_searches import MOST_KEPT, RecentSearches, merged
from fakes.own_records import FakeOwnRecords

ANNA, BERT = signed_in("anna", ["press"]), signed_in("bert")


class _Down(FakeOwnRecords):
    def get(self, kind: str, record_id: str) -> None:
        raise SearchUnavailableError("down")


def recent(records: FakeOwnRecords | None = None) -> RecentSearches:
    return RecentSearches(KeptRecords(records or FakeOwnRecords()), every_s=3600)


def test_each_person_has_their_own_and_the_latest_comes_first() -> None:
    """Nobody is told of another's searches, whatever groups they share."""
    records = FakeOwnRecords()
    noting = recent(records)
    for text in ("red boat", "blue sea", "Red  Boat"):
        noting.note(text, ANNA)
    assert noting.of(ANNA) == ("Red Boat", "blue sea")
    noting.keep()
    assert recent(records).of(ANNA) == ("Red Boat", "blue sea")
    assert recent(records).of(signed_in("bert", ["press"])) == ()


def test_strangers_and_what_nobody_types_again_are_not_kept() -> None:
    """Neither a stranger's search, nor an empty one, nor a page of pasted text."""
    records = FakeOwnRecords()
    noting = recent(records)
    noting.note("red", stranger())
    noting.note("  ", ANNA)
    noting.note("x" * 1000, ANNA)
    noting.keep()
    assert records.kept == {}
    assert noting.of(stranger()) == ()


def test_a_person_keeps_a_bounded_number_and_no_beginnings() -> None:
    """What was typed on the way to a search is no search of its own."""
    records = FakeOwnRecords()
    noting = recent(records)
    for number in range(MOST_KEPT + 20):
        noting.note(f"{number} boats", ANNA)
        noting.keep()
    (record,) = records.kept.values()
    assert len(record.body["texts"]) == MOST_KEPT
    assert record.body["texts"][0] == f"{MOST_KEPT + 19} boats"
    assert merged(["red boat"], ["red b", "blue"]) == ["red boat", "blue"]


def test_forgetting_takes_what_is_kept_and_what_is_not_yet() -> None:
    """Nothing comes back, of this person; others keep theirs."""
    records = FakeOwnRecords()
    noting = recent(records)
    noting.note("red", ANNA)
    noting.note("blue", BERT)
    noting.keep()
    noting.note("green", ANNA)
    assert noting.forget(ANNA) == 2
    noting.keep()
    assert noting.of(ANNA) == recent(records).of(ANNA) == ()
    assert noting.of(BERT) == ("blue",)
    assert noting.forget(stranger()) == 0


def test_a_search_neither_waits_nor_fails_where_the_records_are_down() -> None:
    """Losing one is fine; failing a search is not."""
    noting = recent(_Down())
    noting.note("red", ANNA)
    noting.keep()
    assert noting.of(ANNA) == ()


def test_a_thread_keeps_them() -> None:
    """Nobody else has to."""
    kept = threading.Event()

    class Watched(FakeOwnRecords):
        def put(self, record: OwnRecord) -> None:
            super().put(record)
            kept.set()

    noting = RecentSearches(KeptRecords(Watched()), every_s=0)
    noting.note("red", ANNA)
    assert kept.wait(120)

"""Ways to go on typing, and what may have been meant."""

import pytest

from contract.search_index_contract import SPACES
from damsight_schemas.search import SearchRequest
from damsight_search.kept_records import KeptRecords
from damsight_search.ports import Found
from damsight_search.principal import signed_in, stranger
from damsight_search.words.did_you_mean import Mistyped, did_you_mean, mistyped
from damsight_search.words.recent_searches import RecentSearches
from damsight_search.words.suggesting import MOST, Suggesting
from damsight_search.words.understanding import understood
from damsight_search.words.wording import wording_of
from fakes.library import document, library
from fakes.own_records import FakeOwnRecords
from fakes.search_index import FakeIndex

ANNA = signed_in("anna")


def suggesting(
    index: FakeIndex | None = None, *, recent: tuple[str, ...] = (), concepts: tuple[str, ...] = ()
) -> Suggesting:
    filled = index or FakeIndex(SPACES)
    if index is None:
        filled.documents = library()
    kept = RecentSearches(KeptRecords(FakeOwnRecords()), every_s=3600)
    for text in reversed(recent):
        kept.note(text, ANNA)
    return Suggesting(filled, timeout="30s", recent=kept, concepts=lambda _who: concepts)


def test_own_searches_come_first_then_concepts_then_titles_and_tags() -> None:
    """Each tells where it is taken from, and each text comes once."""
    told = suggesting(recent=("red harbour", "blue"), concepts=("Red things", "Faces")).suggest("red", ANNA)
    assert [one.origin for one in told][:3] == ["recent", "concept", "tag"]
    assert {one.origin for one in told[3:]} == {"title"}
    assert len(told) == len({one.text.lower() for one in told}) <= MOST


def test_without_text_own_searches_are_told_without_asking_the_index() -> None:
    """An empty field offers what somebody came from."""
    index = FakeIndex(SPACES)
    assert [one.text for one in suggesting(index, recent=("red", "blue")).suggest(" ", ANNA)] == ["red", "blue"]
    assert suggesting(index, recent=("red", "blue")).suggest(" ", stranger()) == []
    assert index.asked == []


def test_a_suggestion_costs_one_request() -> None:
    """At each key, one."""
    index = FakeIndex(SPACES)
    index.documents = library()
    suggesting(index).suggest("yel", ANNA)
    suggesting(index).suggest("yelow", ANNA)
    assert len(index.asked) == 2


def test_a_mistyped_word_is_put_right_by_what_may_be_seen() -> None:
    """The guess comes from permitted assets alone."""
    (told,) = suggesting().suggest("yelow", ANNA)
    assert (told.text.lower(), told.origin) == ("yellow", "did-you-mean")
    index = FakeIndex(SPACES)
    index.documents = {"a": document("a", None, acl=("user:bert",), title="Secret", tags=["zeppelin"])}
    assert suggesting(index).suggest("zepelin", ANNA) == []


def test_hidden_assets_change_no_suggestion() -> None:
    """Neither which come nor their order."""
    index = FakeIndex(SPACES)
    index.documents = {name: told for name, told in library().items() if "public" in told["acl"]}
    before = suggesting(index).suggest("re", ANNA)
    hidden = {
        f"a-{number}": document(f"a-{number}", None, acl=("user:x",), title=f"re {number}") for number in range(99)
    }
    index.documents = {**hidden, **index.documents}
    assert suggesting(index).suggest("re", ANNA) == before


def test_only_a_word_that_nothing_holds_is_mistyped() -> None:
    """A guess beside a true match would be a reproach."""
    wording = wording_of(understood(SearchRequest(text="red hrose")))
    guess, true = Found("a", {"word:0": 1.0, "word:1": 0.25}), Found("b", {"word:0": 1.0, "word:1": 0.5})
    assert mistyped([guess], wording) == Mistyped(("hrose",), ("a",))
    assert mistyped([guess, true], wording) == Mistyped()


@pytest.mark.parametrize(
    ("text", "meant"),
    [("hrose -blue", "Horse -blue"), ('"red hrose" tags:x', '"red Horse" tags:x'), ("hrosepower", None)],
)
def test_operators_stay_as_they_were_typed(text: str, meant: str | None) -> None:
    """Only the word is put right; nothing is said where nothing is."""
    assert did_you_mean(text, Mistyped(("hrose",), ("a",)), [{"title": "A Horse", "tags": ["house"]}]) == meant

"""What an answer tells of itself: how it was read, where it was cut, what was put together."""

from dataclasses import replace

import pytest

from damsight_schemas.search import CutOff, Hit, SearchResponse, Total, Understood
from damsight_search.ui.readings import reading_context
from damsight_search.ui.state import PageState, read_state

STATE = PageState(text="baot", asset="a-1")


def answer(**told: object) -> SearchResponse:
    return SearchResponse.model_validate({"hits": [], "total": Total(value=0, relation="eq"), "took_ms": 1.0, **told})


def test_what_was_meant_is_one_click_away() -> None:
    """A mistyped word is offered as another search, with all else kept."""
    meant = reading_context(STATE, answer(understood=Understood(did_you_mean="boat")), has_picture=False)["meant"]
    assert (meant.label, meant.address) == ("boat", "./?q=boat")
    assert reading_context(STATE, answer(understood=Understood()), has_picture=False)["meant"] is None


@pytest.mark.parametrize(
    ("dropped", "words"), [(1, "1 candidate fits too little"), (1200, "1,200 candidates fit too little")]
)
def test_what_was_cut_can_be_seen(dropped: int, words: str) -> None:
    """How much was left out is said, and a link shows it; the way back is offered there."""
    told = answer(cut_off=CutOff(at_least=0.5, dropped=dropped))
    (offer,) = reading_context(STATE, told, has_picture=False)["offers"]
    assert offer.sentence.startswith(words)
    assert offer.address == "./?q=baot&all=1"
    (back,) = reading_context(replace(STATE, loose=True), told, has_picture=False)["offers"]
    assert back.address == "./?q=baot"


def test_the_same_pictures_can_be_seen_each() -> None:
    """Where pictures were put together that is said, with a link to each; and the other way round."""
    told = answer(hits=[Hit(asset_id="a", relevance=1.0, duplicates=["b"])])
    (offer,) = reading_context(STATE, told, has_picture=False)["offers"]
    assert offer.address == "./?q=baot&each=1"
    (back,) = reading_context(replace(STATE, apart=True), answer(), has_picture=False)["offers"]
    assert back.address == "./?q=baot"


def test_nothing_is_offered_that_the_address_cannot_hold() -> None:
    """An uploaded picture is in no address, so no link may lose it."""
    told = answer(cut_off=CutOff(at_least=0.5, dropped=9), hits=[Hit(asset_id="a", relevance=1.0, duplicates=["b"])])
    assert reading_context(PageState(), told, has_picture=True)["offers"] == []


def test_turning_from_a_picture_is_kept_in_the_address() -> None:
    """What hits should not look like is read back from the address, and an asset is never both."""
    state = PageState(text="boat", like=("a", "b")).turned_from("a")
    assert (state.like, state.unlike) == (("b",), ("a",))
    assert read_state([("q", "boat"), ("like", "b"), ("unlike", "a")]) == state
    assert state.forgiven("a") == PageState(text="boat", like=("b",))

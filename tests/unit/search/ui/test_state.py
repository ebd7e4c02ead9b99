"""The page's address: all that it holds comes back, and what it cannot hold is left out."""

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from damsight_schemas.errors import RequestError
from damsight_search.ui.state import FACETS, Choice, PageState, effective_sort, read_state, search_request

words = st.text(st.characters(codec="utf-8"), max_size=40)
named = words.filter(bool)
states = st.builds(
    PageState,
    text=words.map(str.strip),
    like=st.lists(named, max_size=3, unique=True).map(tuple),
    choices=st.lists(st.builds(Choice, st.sampled_from(FACETS), named), max_size=4, unique=True).map(tuple),
    since=st.none() | st.integers(1, 9999),
    until=st.none() | st.integers(1, 9999),
    sort=st.sampled_from(["", "best", "newest", "oldest", "title"]),
    asset=words,
)


def read(address: str) -> PageState:
    return read_state(parse_qsl(address.partition("?")[2], keep_blank_values=True))


@given(state=states)
def test_an_address_holds_the_whole_state(state: PageState) -> None:
    """Text, likenesses, filters, years, sort and open asset come back from the address, whatever their letters."""
    assert read(state.address()) == state


@given(query=words)
def test_any_address_is_read(query: str) -> None:
    """A damaged bookmark opens the page all the same."""
    read_state(parse_qsl(query, keep_blank_values=True))


@pytest.mark.parametrize(
    "query",
    ["filter=acl:public", "filter=tags:", "filter=tags", "from=20x4", "from=0", "to=99999", "sort=price", "like="],
)
def test_what_the_page_does_not_know_is_left_out(query: str) -> None:
    """A field, a year or an order that the page does not offer filters nothing in secret."""
    assert read(f"./?{query}") == PageState()


def test_filters_are_chosen_and_dropped_one_by_one() -> None:
    """Choosing twice is choosing once; dropping one leaves the others."""
    red, fruit = Choice("tags", "red"), Choice("tags", "fruit")
    state = PageState(text="apple", asset="a").chosen(red).chosen(fruit).chosen(red)
    assert state == PageState(text="apple", choices=(red, fruit))
    assert state.dropped(red).choices == (fruit,)
    assert state.unfiltered() == PageState(text="apple")


def test_years_bound_the_day_of_creation() -> None:
    """From and to are whole years, both included."""
    (created,) = search_request(PageState(since=2020, until=2021)).filters
    assert created.field == "created_at"
    assert created.value == {"gte": "2020-01-01T00:00:00Z", "lte": "2021-12-31T23:59:59.999Z"}


def test_nothing_is_a_best_match_where_nothing_is_looked_for() -> None:
    """Browsing starts with the newest; a search starts with the best; a chosen order holds in both."""
    assert effective_sort(PageState()) == "newest"
    assert effective_sort(PageState(sort="best")) == "newest"
    assert effective_sort(PageState(), has_picture=True) == "best"
    assert effective_sort(PageState(text="red")) == "best"
    assert effective_sort(PageState(text="red", sort="title")) == "title"


def test_a_further_page_asks_for_no_facets() -> None:
    """Facets are counted once, for the first page."""
    assert search_request(PageState(text="red")).facets
    assert search_request(PageState(text="red"), cursor="c").facets == []


def test_too_long_a_text_is_said_and_not_cut() -> None:
    """The contract's bound on the text becomes an error that names the field."""
    with pytest.raises(RequestError, match="text"):
        search_request(PageState(text="a" * 2001))


def test_a_part_of_a_picture_is_kept_in_the_address() -> None:
    """A part of one liked asset comes back from the address, and goes to the search as that asset's box."""
    state = read_state([("like", "a"), ("part", "0.25,0.5,0.5,0.25")])
    assert state.address() == "./?like=a&part=0.25%2C0.5%2C0.5%2C0.25"
    box = search_request(state).examples["a"].box
    assert box is not None
    assert (box.x, box.y, box.width, box.height) == (0.25, 0.5, 0.5, 0.25)
    assert state.unliked("a").part is None


@pytest.mark.parametrize("part", ["", "1,2", "a,b,c,d", "0.5,0.5,0.9,0.1", "nan,0,1,1", "0,0,0,0"])
def test_what_is_no_part_of_a_picture_is_left_out(part: str) -> None:
    """A wrong part asks for the whole picture; so does a part of several."""
    assert read_state([("like", "a"), ("part", part)]).part is None
    assert read_state([("like", "a"), ("like", "b"), ("part", "0,0,1,1")]).part is None


def test_ranking_for_oneself_is_an_order_of_what_is_looked_for() -> None:
    """It asks for the best match with one's own taste weighing in; browsing has no best match."""
    assert search_request(read_state([("q", "boat"), ("sort", "mine")])).personal
    assert not search_request(read_state([("q", "boat")])).personal
    assert search_request(read_state([("sort", "mine")])).sort.by == "created_at"


def test_a_concept_narrows_like_a_facet() -> None:
    """What people taught can be named in the address and goes to the search as a filter; other fields cannot."""
    state = read_state([("filter", "concept:Boats at sea"), ("filter", "acl:public")])
    assert state.choices == (Choice("concept", "Boats at sea"),)
    assert [(one.field, one.value) for one in search_request(state).filters] == [("concept", "Boats at sea")]

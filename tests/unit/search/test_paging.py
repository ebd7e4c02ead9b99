"""Cursors."""

import base64
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from damsight_schemas.filters import Filter
from damsight_schemas.search import MAX_CURSOR, Leg, SearchRequest, Total
from damsight_search.errors import CursorError
from damsight_search.principal import signed_in, stranger
from damsight_search.relevance.fusion import LegRank, Ranked
from damsight_search.results.listing import Listing
from damsight_search.results.paging import TOO_LONG, Cursors, Rest, pictures_digest

CURSORS = Cursors(b"a secret that only this test knows")
REQUEST = SearchRequest(text="boat", filters=[Filter(field="kind", value="image")])
WINDOW = (
    Ranked("a", 1.0, (LegRank("image", 1, 0.75, 0.5), LegRank("keyword", 1, 12.25, 0.5))),
    Ranked("b/ü", 0.5, (LegRank("caption", 3, 0.5, 0.5),)),
)
REST = Rest(Total(value=9, relation="gte"), WINDOW, degraded=("half",), picture=pictures_digest([b"picture"]))


def turned(request: SearchRequest, cursor: str, **changes: Any) -> SearchRequest:
    return request.model_copy(update={"cursor": cursor, **changes})


def test_a_cursor_brings_back_what_is_left() -> None:
    """The rest of the order, the legs, the total and what was degraded come back in any replica with the secret."""
    cursor = CURSORS.write(REST, REQUEST, stranger())
    elsewhere = Cursors(b"a secret that only this test knows")
    assert elsewhere.read(turned(REQUEST, cursor), stranger(), [b"picture"]) == REST
    assert elsewhere.read(turned(REQUEST, cursor), stranger()) == REST


@pytest.mark.parametrize("changes", [{"size": 5}, {"explain": True}, {"facets": ["tags"]}], ids=str)
def test_the_page_may_change_its_size_and_what_it_tells(changes: dict[str, Any]) -> None:
    """Size, explain and facets change no hit and no order."""
    cursor = CURSORS.write(REST, REQUEST, stranger())
    assert CURSORS.read(turned(REQUEST, cursor, **changes), stranger()) == REST


@pytest.mark.parametrize(
    "changes",
    [{"text": "boats"}, {"filters": []}, {"like": ["a"]}, {"weights": {"image": 2.0}}, {"min_relevance": 0.5}],
    ids=str,
)
def test_a_cursor_of_another_request_is_refused(changes: dict[str, Any]) -> None:
    """Nobody pages through one search with another's words and believes it."""
    cursor = CURSORS.write(REST, REQUEST, stranger())
    with pytest.raises(CursorError, match="another request"):
        CURSORS.read(turned(REQUEST, cursor, **changes), stranger())


def test_a_cursor_of_somebody_else_is_refused() -> None:
    """What one person's window holds is not told to another."""
    cursor = CURSORS.write(REST, REQUEST, signed_in("anna"))
    with pytest.raises(CursorError, match="somebody else"):
        CURSORS.read(turned(REQUEST, cursor), signed_in("bert"))


def test_a_cursor_of_another_picture_is_refused() -> None:
    """A picture beside a cursor must be the one that was searched by."""
    cursor = CURSORS.write(REST, REQUEST, stranger())
    with pytest.raises(CursorError, match="another picture"):
        CURSORS.read(turned(REQUEST, cursor), stranger(), [b"another"])


def test_another_secret_refuses() -> None:
    """Only those who share the secret can write cursors."""
    cursor = Cursors(b"another secret altogether, it is").write(REST, REQUEST, stranger())
    with pytest.raises(CursorError, match="CURSOR_SECRET"):
        CURSORS.read(turned(REQUEST, cursor), stranger())


@given(st.data())
def test_no_changed_cursor_is_taken(data: st.DataObject) -> None:
    """Whatever bit of a cursor is changed, it is refused, and nothing in it is believed."""
    cursor = CURSORS.write(REST, REQUEST, stranger())
    raw = bytearray(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    position = data.draw(st.integers(0, len(raw) - 1))
    raw[position] ^= data.draw(st.integers(1, 255))
    with pytest.raises(CursorError):
        CURSORS.read(turned(REQUEST, base64.urlsafe_b64encode(raw).decode().rstrip("=")), stranger())


@given(st.text(max_size=200))
def test_no_text_breaks_the_reading(text: str) -> None:
    """Anything that is no cursor is refused as such."""
    with pytest.raises(CursorError):
        CURSORS.read(turned(REQUEST, text), stranger())


NOISE = random.Random(0)  # noqa: S311  test data, not a secret
LISTING = Listing(
    after=(12.5, "b"),
    view="view" * 50,
    renewed=True,
    also=WINDOW,
    weights=(("keyword", 1.0), ("image", 0.7)),
    told=300,
    floor=0.25,
    at_least=0.05,
).knowing(["a", "ü"])


def long_window(count: int, leg: Leg) -> tuple[Ranked, ...]:
    """Return candidates with ids as long as ids may be, which nothing compresses."""
    names = (f"{number:04d}{NOISE.randbytes(254).hex()}" for number in range(count))
    return tuple(Ranked(name, 0.5, (LegRank(leg, 1, 0.5, 0.5),)) for name in names)


def test_where_a_listing_goes_on_comes_back() -> None:
    """All of it: the view, the place in it, what was told before, and how its matches are weighed."""
    rest = Rest(Total(value=9, relation="eq"), listing=LISTING)
    cursor = CURSORS.write(rest, REQUEST, stranger())
    assert CURSORS.read(turned(REQUEST, cursor), stranger()) == rest


def test_very_long_ids_do_not_make_a_cursor_that_no_request_takes() -> None:
    """The window is cut from its end until the cursor fits, and what is lost by that is told."""
    window = long_window(300, "image")
    long = Rest(Total(value=300, relation="eq"), window)
    cursor = CURSORS.write(long, REQUEST, stranger())
    assert len(cursor) <= MAX_CURSOR
    rest = CURSORS.read(turned(REQUEST, cursor), stranger())
    assert rest.window == window[: len(rest.window)]
    assert len(rest.window) > 50
    assert rest.degraded == (TOO_LONG,)


def test_what_the_words_match_of_a_cut_window_follows_later() -> None:
    """Nothing is lost, so nothing is told: the listing does not know those that were cut."""
    window = long_window(300, "keyword")
    spare = Listing(weights=(("keyword", 1.0),)).knowing(["told before"])
    cursor = CURSORS.write(Rest(Total(value=300, relation="eq"), window, spare=spare), REQUEST, stranger())
    rest = CURSORS.read(turned(REQUEST, cursor), stranger())
    assert len(cursor) <= MAX_CURSOR
    assert len(rest.window) < len(window)
    assert (rest.listing, rest.degraded) == (spare, ())


def test_a_relevant_set_of_very_long_ids_is_cut_too() -> None:
    """By date or title the candidates stay in the cursor until the end, as far as they fit."""
    listing = Listing(also=long_window(300, "image"))
    cursor = CURSORS.write(Rest(Total(value=300, relation="eq"), listing=listing), REQUEST, stranger())
    rest = CURSORS.read(turned(REQUEST, cursor), stranger())
    assert len(cursor) <= MAX_CURSOR
    assert rest.listing is not None
    assert 50 < len(rest.listing.also) < 300
    assert rest.degraded == (TOO_LONG,)


def test_a_thousand_that_were_told_fit_beside_the_window() -> None:
    """What was told before is known by eight bytes each, however long its id."""
    listing = LISTING.knowing(one.asset_id for one in long_window(1000, "image"))
    assert (
        len(CURSORS.write(Rest(Total(value=9, relation="eq"), listing=listing), REQUEST, stranger())) < MAX_CURSOR / 4
    )

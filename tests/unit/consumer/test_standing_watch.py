"""Standing searches over one arrived asset: who is told of it, why, and of which not."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from damsight_consumer.compose import Findings, FoundPart
from damsight_consumer.standing.arrival import Arrival, arrival_of
from damsight_consumer.standing.scales import Scales
from damsight_consumer.standing.selection import Selecting, Standing
from damsight_consumer.standing.watch import Watch
from damsight_encoders.content import Position
from damsight_schemas.space import IndexSpaces, Space
from damsight_schemas.standing import MOST_NATS, StandingQuery, StandingVector
from damsight_schemas.worths import FIELD_WORTHS
from damsight_search.relevance.calibration import LARGEST
from damsight_search.words.keyword_clauses import WORTHS
from examples.assets import changed_event
from fakes.standing import body_of, standing, words

SPACE = Space(model="joint", revision="1", dimensions=2, modalities=("image", "text"))
SPACES = IndexSpaces(image_vector=SPACE)
EAST = np.array([1.0, 0.0], dtype=np.float32)
NORTH = np.array([0.0, 1.0], dtype=np.float32)
NOW = datetime.now(UTC)


def vector(towards: Any = EAST, *, leg: str = "image", space: Space = SPACE, floor: float = 0.6) -> StandingVector:
    packed = base64.b64encode(np.asarray(towards, dtype=">f4").tobytes()).decode()
    return StandingVector(leg=leg, field="image_vector", space=space, vector=packed, scale=((floor, 0.2), (1.0, 1.0)))


def arrival(findings: Findings | None = None, **told: Any) -> Arrival:
    event = changed_event(**{"uri": None, **told})
    return arrival_of(event, findings or Findings(), indexed_at="2026-11-21T12:00:00Z")


def found(queries: list[StandingQuery], asset: Arrival) -> list[str]:
    return [match.query.saved_search_id for match in Watch(queries).matches([asset])]


def test_nobody_is_told_of_what_they_may_not_see() -> None:
    """The asset's own list decides, whatever else matches; an empty list is nobody."""
    wide = standing(words=words("boat"))
    assert found([wide], arrival(title="A boat", acl=["public"])) == ["one"]
    assert found([wide], arrival(title="A boat", acl=["user:anna"])) == ["one"]
    assert found([wide], arrival(title="A boat", acl=["group:press", "user:bert"])) == []
    assert found([wide], arrival(title="A boat", acl=[])) == []


@pytest.mark.parametrize(
    ("told", "finds"),
    [
        ({"title": "Red BOATS, red sails"}, False),
        ({"title": "A red boat"}, True),
        ({"title": "red", "tags": ["boat"]}, True),
        ({"description": "Das rote Boot. A boat; réd!"}, True),
        ({"title": "red"}, False),
        ({"filename": "red_boat-2.jpg"}, True),
    ],
)
def test_two_words_must_both_stand_somewhere(told: dict[str, Any], *, finds: bool) -> None:
    """In whatever text fields, folded as the index folds; other forms of a word are others."""
    assert found([standing(words=words("red", "boat"))], arrival(**told)) == (["one"] if finds else [])


def test_of_many_words_seven_in_ten_are_enough_and_relevance_is_what_they_are_worth() -> None:
    """As the search's own rule, 2<70%, rounded down; a word says most in the title, and what is missing nothing."""
    query = standing(words=words("one", "two", "three", "four"))
    (match,) = Watch([query]).matches([arrival(caption="two four")])
    assert (match.relevance, match.legs) == (pytest.approx(0.5 * 0.7), ("keyword",))
    (match,) = Watch([query]).matches([arrival(caption="two four", title="one two", tags=["three"])])
    assert match.relevance == pytest.approx((1.0 + 1.0 + 0.85 + 0.7) / 4)
    assert found([query], arrival(caption="four")) == []


def test_evidence_adds_up_as_in_a_calibrated_search() -> None:
    """Weak evidence of two legs is more than that of one; relevance is what is not by chance among so many."""
    near = vector(floor=0.6).model_copy(update={"scale": ((0.6, 4.0), (1.0, 12.0)), "weight": 0.5})
    query = standing(words=words("boat"), vectors=[near], agree="sum", among=1000, words_weight=0.4, at_least=0.1)
    middle = Findings(image_vector=np.array([0.8, 0.6], dtype=np.float32))
    (match,) = Watch([query]).matches([arrival(middle, description="boat")])
    evidence = 0.4 * 20 * 0.5 + 0.5 * 8.0
    assert match.relevance == pytest.approx(1 / (1 + 1000 * np.exp(-evidence)), rel=1e-5)
    assert match.legs == ("keyword", "image")
    assert found([query], arrival(description="boat")) == []
    assert found([query], arrival(middle)) == []
    assert found([query], arrival(title="boat")) == ["one"]


def test_a_word_is_worth_in_each_field_what_it_is_in_the_search() -> None:
    """The two tables are held together here, since neither side may import the other's."""
    searched = {name.removesuffix(".words"): worth for worth, names in WORTHS for name in names}
    assert searched == dict(FIELD_WORTHS)
    assert MOST_NATS == LARGEST


def test_a_word_of_several_tokens_stands_together_in_one_of_its_ways() -> None:
    """A hyphenated word is found as two in a row, or as one."""
    query = standing(words=((("sail", "boat"), ("sailboat",)),))
    assert found([query], arrival(title="a sail-boat")) == ["one"]
    assert found([query], arrival(title="Sailboat")) == ["one"]
    assert found([query], arrival(title="boat, sail")) == []
    assert found([query], arrival(title="sail", caption="boat")) == []


def test_a_whole_name_is_enough() -> None:
    """An id, a title, a file name with or without its ending; it is told as the exact leg."""
    query = standing(words=words("x", "y"), exact="img_0001.final")
    for told in ({"filename": "IMG_0001.final.JPG"}, {"title": "IMG_0001.final"}, {"asset_id": "img_0001.FINAL"}):
        (match,) = Watch([query]).matches([arrival(**told)])
        assert (match.relevance, match.legs) == (1.0, ("exact",))
    assert found([query], arrival(filename="img_0001.jpg")) == []


def test_near_enough_vectors_match_by_their_scale() -> None:
    """Below the floor nothing, from it to 1 linearly; a part of a film counts by its best."""
    middle = np.array([0.8, 0.6], dtype=np.float32)
    (match,) = Watch([standing(vectors=[vector()])]).matches([arrival(Findings(image_vector=middle))])
    assert match.relevance == pytest.approx(0.6)
    assert match.legs == ("image",)
    assert found([standing(vectors=[vector()])], arrival(Findings(image_vector=NORTH))) == []
    assert found([standing(vectors=[vector()])], arrival(Findings())) == []
    parts = tuple(FoundPart(Position("frame", place, 1.0), row) for place, row in ((1, NORTH), (2, middle)))
    frames = standing(vectors=[vector(leg="frame")])
    assert found([frames], arrival(Findings(frames=parts))) == ["one"]
    assert found([frames], arrival(Findings(image_vector=EAST))) == []


def test_any_leg_is_enough_unless_all_must_agree() -> None:
    """Then the worst of them tells the relevance; without legs the filters alone decide, with relevance 1."""
    both = {"words": words("boat"), "vectors": [vector()]}
    shown = Findings(image_vector=EAST)
    queries = [standing("any", **both), standing("all", **both, agree="all")]
    assert found(queries, arrival(title="boat")) == ["any"]
    assert found(queries, arrival(shown)) == ["any"]
    (_, match) = Watch(queries).matches(
        [arrival(Findings(image_vector=np.array([0.6, 0.8], np.float32)), title="boat")]
    )
    assert match.relevance == pytest.approx(0.2)
    assert match.legs == ("keyword", "image")
    (match,) = Watch([standing(filters=[{"term": {"tags": "new"}}])]).matches([arrival(tags=["new"])])
    assert (match.relevance, match.legs) == (1.0, ())


def test_too_little_relevance_and_the_assets_it_is_like_are_not_told() -> None:
    """The search's own least relevance holds, and nobody is told of their own example."""
    half = standing(words=words("one", "two", "three", "four"), at_least=0.6)
    assert found([half], arrival(title="one two")) == []
    assert found([half], arrival(title="one two three")) == ["one"]
    assert found([standing(words=words("a"), without=["asset-1"])], arrival(asset_id="asset-1", title="a")) == []


def test_what_cannot_be_watched_is_left_out_and_counted() -> None:
    """One that is broken, has expired, or is of another space harms no other; no more are watched than may be."""
    other = Space(model="other", revision="1", dimensions=2, modalities=("image", "text"))
    bodies = [
        body_of(standing("good", words=words("boat"))),
        body_of(standing("old", words=words("boat"), until=NOW - timedelta(seconds=1))),
        body_of(standing("foreign", vectors=[vector(space=other)])),
        {"saved_search_id": "broken", "name": "?"},
        {**body_of(standing("strange", words=words("boat"))), "filters": [{"script": {}}]},
        {**body_of(standing("odd", words=words("boat"))), "filters": [{"range": {"created_at": {"gte": "soon"}}}]},
        body_of(standing("second", words=words("boat"))),
        body_of(standing("third", words=words("boat"))),
    ]
    selecting = Selecting(SPACES, most=2)
    for _ in range(2):
        selection = selecting.select(bodies, now=NOW)
        assert selection.counts == {
            Standing.WATCHED: 2, Standing.OTHER_SPACE: 1, Standing.EXPIRED: 1, Standing.BROKEN: 3, Standing.BEYOND: 1,
        }  # fmt: skip
        names = [match.query.saved_search_id for match in selection.watch.matches([arrival(title="boat")])]
        assert names == ["good", "second"]
    changed = selecting.select([body_of(standing("good", words=words("ship")))], now=NOW)
    assert [match.query.name for match in changed.watch.matches([arrival(title="ship")])] == ["search good"]


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"words": words("a"), "filters": [{"script_score": {}}]},
        {"words": words("a"), "filters": [{"bool": {"should": [{"wildcard": {"title": "a*"}}]}}]},
        {"words": words("a"), "filters": [{"match_phrase": {"title": "a"}}]},
        {"words": words("a"), "principals": ()},
        {"words": words("a"), "at_least": 2},
        {"words": words("a"), "agree": "sum"},
    ],
)
def test_a_standing_search_that_makes_no_sense_is_refused(told: dict[str, Any]) -> None:
    """It looks for nothing, for nobody, or by what cannot be evaluated without the server."""
    with pytest.raises(ValidationError):
        standing(**told)


@pytest.mark.parametrize(
    "wrong",
    [
        {"vector": "no base64"},
        {"vector": base64.b64encode(bytes(4)).decode()},
        {"scale": ()},
        {"scale": ((0.5, 0.1), (0.5, 0.2))},
        {"scale": ((float("nan"), 0.1),)},
    ],
)
def test_a_vector_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    """Of another length than its space, or with a scale that does not rise."""
    with pytest.raises(ValidationError):
        StandingVector.model_validate({**vector().model_dump(), **wrong})


def test_scales_are_read_as_numpy_reads_one() -> None:
    """Of different lengths together, at their points, between and beyond them."""
    scales = [((0.1, 0.0), (0.5, 4.0), (0.6, 20.0)), ((0.3, 0.5),), ((-0.2, 0.1), (1.0, 0.9))]
    cosines = np.array([0.1, 0.3, 0.5, 0.55, 0.6, 0.99], dtype=np.float32)
    for row, points in enumerate(scales):
        inside = cosines[cosines >= points[0][0]]
        read = Scales(scales).at(np.full(len(inside), row), inside)
        assert read == pytest.approx(np.interp(inside, *zip(*points, strict=True)), abs=1e-6)

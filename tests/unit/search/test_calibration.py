"""What makes scores of different legs comparable, and what follows from it: pure, on vectors drawn at random."""

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from damsight_schemas.search import Leg, SearchRequest
from damsight_schemas.space import IndexSpaces, Space
from damsight_search.plan import NEAREST, Plan, VectorLeg, make_plan
from damsight_search.ports import Found, Vector
from damsight_search.principal import stranger
from damsight_search.relevance.calibration import LARGEST, Calibration, LegCalibration, surprisals
from damsight_search.relevance.calibration_fitting import fit_background, make_reference
from damsight_search.relevance.calibration_records import from_record, to_record
from damsight_search.relevance.cutting import AUTO, cut
from damsight_search.relevance.fusion import candidates, fuse, is_calibrated, most_unseen, placed, weighed
from damsight_search.relevance.weighing import centred
from damsight_search.relevance.weights import DEFAULTS, kind_of, with_weights

SPACE = Space(model="m", revision="1", dimensions=32, modalities=("image", "text"))
DRAW = np.random.default_rng(7)
ASSETS = 400


def directions(count: int, *, hub: float = 0.0) -> Vector:
    drawn = DRAW.normal(size=(count, 32)) + hub
    return (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)


def leg_calibration(*, hub: float = 0.0, population: int = ASSETS) -> LegCalibration:
    reference = make_reference([one[None, :] for one in directions(ASSETS, hub=hub)])
    backgrounds = {mode: fit_background(directions(60, hub=hub), np.full(60, -1), reference) for mode in ("text",)}
    return LegCalibration(str(SPACE), population, reference, backgrounds)


LEGS: Mapping[Leg, LegCalibration] = {"image": leg_calibration(), "caption": leg_calibration(hub=0.5)}
CALIBRATION = Calibration("assets-000001", ASSETS, 0.0, LEGS)
QUERY = directions(1)[0]


def plan(*legs: Leg, calibration: Calibration | None = CALIBRATION, **request: object) -> Plan:
    vectors = [VectorLeg(leg, "image_vector" if leg == "image" else "caption_vector", QUERY) for leg in legs]
    made = make_plan(SearchRequest.model_validate({"text": "boat", **request}), stranger(), vectors)
    return centred(made, calibration) if calibration else made


def found(asset_id: str, **scores: float) -> Found:
    return Found(asset_id, scores)


def test_unrelated_pairs_are_as_surprising_as_chance_has_it() -> None:
    """Of new queries without an answer, about one score in a hundred is as surprising as one in a hundred is."""
    for leg in LEGS.values():
        hub = 0.5 if leg is LEGS["caption"] else 0.0
        assets = directions(500, hub=hub)
        told = []
        for query in directions(40, hub=hub):
            vector = leg.centred(query, "text")
            told.append(leg.surprisals(leg.reference.cosines(vector), "text", (assets @ vector).astype(np.float64)))
        assert 0.003 < float((np.concatenate(told) > math.log(100)).mean()) < 0.02


@given(st.lists(st.floats(-20, 40), min_size=2, max_size=20))
@settings(max_examples=50)
def test_a_higher_score_is_never_less_surprising(deviations: list[float]) -> None:
    """Within a query the order of a leg's hits stays, and surprisals keep to their range."""
    told = surprisals(np.sort(np.array(deviations)))
    assert np.all(np.diff(told) >= 0)
    assert np.all((told >= 0) & (told <= LARGEST))


def test_a_query_without_a_direction_of_its_own_stays_as_it_is() -> None:
    """Where a query is what all queries share, nothing would be left to compare by."""
    leg = LEGS["caption"]
    shared = leg.backgrounds["text"].centre
    assert leg.centred(shared, "text") is shared
    assert np.linalg.norm(leg.centred(QUERY, "text")) == pytest.approx(1.0, abs=1e-5)


def test_an_asset_scores_what_its_best_part_scores() -> None:
    """A film is as near as its nearest frame."""
    near, far = QUERY, -QUERY
    reference = make_reference([np.stack([far, near]), far[None, :], np.stack([far, far])])
    assert reference.cosines(QUERY).tolist() == pytest.approx([1.0, -1.0, -1.0], abs=1e-5)


def test_a_calibration_is_read_as_it_was_kept_and_never_for_another_model() -> None:
    """Float16 costs less than a thousandth; a leg of another space is left out, and so is another format."""
    record = to_record(CALIBRATION)
    record = replace(record, body=json.loads(json.dumps(record.body)))
    spaces = IndexSpaces(image_vector=SPACE, caption_vector=SPACE.model_copy(update={"revision": "2"}))
    read = from_record(record, spaces)
    assert read is not None
    assert list(read.legs) == ["image"]
    cosines = np.linspace(-0.5, 0.9, 20)
    kept, made = (
        one.surprisals(one.reference.cosines(QUERY), "text", cosines) for one in (read.legs["image"], LEGS["image"])
    )
    assert kept == pytest.approx(made, abs=0.05)
    assert from_record(replace(record, body={**record.body, "format": 99}), spaces) is None


def some_hits(seed: int) -> list[Found]:
    draw = np.random.default_rng(seed)
    hits = []
    for number in range(int(draw.integers(1, 12))):
        legs = [leg for leg in ("keyword", "image", "caption") if draw.random() < 0.6] or ["image"]
        hits.append(found(f"asset-{number}", **{leg: float(draw.random()) for leg in legs}))
    return hits


@given(st.integers(0, 2**32))
@settings(max_examples=40, deadline=None)
def test_contributions_add_up_whatever_is_found_in_whatever_order(seed: int) -> None:
    """Relevance keeps to 0..1, is the sum of what the legs add, falls along the order, and no order of hits matters."""
    hits, asked = some_hits(seed), plan("image", "caption")
    ranked = fuse(hits, asked)
    assert [one.asset_id for one in ranked] == [one.asset_id for one in fuse(hits[::-1], asked)]
    for one in ranked:
        assert 0 <= one.relevance <= 1
        assert sum(leg.contribution for leg in one.legs) == pytest.approx(one.relevance)
    assert all(before.relevance >= after.relevance - 1e-12 for before, after in pairwise(ranked))


@given(st.integers(0, 2**32), st.sampled_from(["keyword", "image", "caption"]))
@settings(max_examples=40, deadline=None)
def test_a_leg_never_takes_from_what_another_found(seed: int, leg: str) -> None:
    """Finding an asset in one leg more, or better, makes it no less relevant among as many assets."""
    hits, asked = some_hits(seed), plan("image", "caption")
    richer = [found(hit.asset_id, **{**hit.scores, leg: max(hit.scores.get(leg, 0.0), 0.9)}) for hit in hits]
    before, after = (
        {one.asset_id: one.relevance for one in weighed([c._replace(among=400.0) for c in seen], asked.weights)}
        for seen in (candidates(hits, asked), candidates(richer, asked))
    )
    assert before.keys() == after.keys()
    assert all(after[asset_id] >= relevance - 1e-12 for asset_id, relevance in before.items())


def test_a_good_match_of_words_outlasts_any_cut_and_noise_does_not() -> None:
    """A tag that is the query's word is relevant whatever vectors say; what all queries come near to is not."""
    noise = [found(f"noise-{number}", image=0.5, caption=0.5) for number in range(NEAREST)]
    asked = plan("image", "caption")
    hits = [found("tagged", keyword=0.9), *noise]
    seen = candidates(hits, asked)
    done = cut(placed(seen, asked.weights), seen, asked, SearchRequest(text="boat"))
    assert [one.asset_id for one in done.kept] == ["tagged"]
    assert done.told is not None
    assert (done.told.at_least, done.told.dropped) == (AUTO, NEAREST)


def test_nothing_relevant_is_an_answer() -> None:
    """Where every hit is as near as chance has it, none is left."""
    asked = plan("image")
    seen = candidates([found(f"noise-{number}", image=0.52) for number in range(NEAREST)], asked)
    assert cut(placed(seen, asked.weights), seen, asked, SearchRequest(text="boat")).kept == []


def test_the_same_score_says_less_where_more_was_searched() -> None:
    """Of a million unrelated assets one comes nearer by chance than of four hundred (E-value)."""
    many = replace(CALIBRATION, legs={"image": leg_calibration(population=1_000_000)})
    hits = [found(f"asset-{number}", image=0.80 - number / 1000) for number in range(NEAREST)]
    assert fuse(hits, plan("image", calibration=many))[0].relevance < fuse(hits, plan("image"))[0].relevance


def test_fewer_hits_than_a_leg_brings_are_all_that_were_searched() -> None:
    """A filter that leaves five assets makes each of them less of a coincidence."""
    (one, *_) = candidates([found(f"asset-{number}", image=0.7) for number in range(5)], plan("image"))
    assert one.among == 5


def test_without_a_calibration_of_every_full_leg_ranks_are_fused_and_nothing_is_cut() -> None:
    """An index that is not calibrated says nothing wrong."""
    partly = replace(CALIBRATION, legs={"image": LEGS["image"]})
    hits = [found(f"asset-{number}", image=0.9, caption=0.1) for number in range(NEAREST)]
    for known in (None, partly):
        asked = plan("image", "caption", calibration=known)
        seen = candidates(hits, asked)
        assert not is_calibrated(seen)
        done = cut(placed(seen, asked.weights), seen, asked, SearchRequest(text="boat"))
        assert done.told is None
        assert len(done.kept) == NEAREST
        assert done.nothing_unseen(["image"])


def test_a_leg_of_a_few_assets_is_told_by_its_ranks() -> None:
    """Ten sounds are too few for a background; they neither end the calibrated fusion nor lead it."""
    partly = replace(CALIBRATION, legs={"image": LEGS["image"]})
    asked = plan("image", "caption", calibration=partly)
    near = [found(f"near-{number}", image=0.95 - number / 100) for number in range(5)]
    ranked = fuse([*near, *(found(f"few-{number}", caption=0.99) for number in range(10))], asked)
    assert is_calibrated(candidates(near, asked))
    assert [one.asset_id for one in ranked[:3]] == ["near-0", "near-1", "near-2"]


def test_what_lies_outside_of_a_full_leg_is_bounded_by_its_weakest() -> None:
    """An asset that no leg brought has at most the weakest evidence of each leg that was full."""
    asked = plan("image", "caption")
    hits = [found(f"asset-{number}", image=0.9 - number / 500, caption=0.8) for number in range(NEAREST)]
    seen = candidates(hits, asked)
    last = weighed(candidates([*hits, found("weakest", image=0.9 - 99 / 500)], asked), asked.weights)
    assert most_unseen(seen, asked.weights, ["image"]) <= max(one.relevance for one in last)
    assert most_unseen(seen, asked.weights, []) == 0


def test_exact_hits_are_pinned_and_their_contributions_add_up() -> None:
    """A whole file name has relevance 1, of which the other legs keep their share."""
    (first, second) = fuse([found("named", exact=1.0), found("near", image=0.95)], plan("image"))
    assert (first.asset_id, first.relevance) == ("named", 1.0)
    assert sum(leg.contribution for leg in first.legs) == pytest.approx(1.0)
    assert second.relevance < 1


def test_weights_come_from_the_request_then_the_settings_then_the_kind() -> None:
    """Whoever is nearer to the question decides, and a weight of 0 turns a leg off."""
    request = SearchRequest(text="boat", weights={"image": 3})
    kind = kind_of(request, has_text=True, has_picture=False)
    made = with_weights(plan("image", "caption"), request, kind, {"text": {"caption": 0.0, "image": 0.1}})
    assert made.weights["image"] == 3
    assert made.weights["keyword"] == DEFAULTS["text"]["keyword"]
    assert "caption" not in made.weights


@pytest.mark.parametrize(("given_", "expected"), [({}, "text"), ({"like": ["a"]}, "both")])
def test_the_kind_of_a_query_is_told_by_what_it_gives(given_: dict[str, object], expected: str) -> None:
    """Words, pictures, or both."""
    request = SearchRequest.model_validate({"text": "boat", **given_})
    assert kind_of(request, has_text=True, has_picture=False) == expected
    assert kind_of(request, has_text=False, has_picture=True) == "picture"

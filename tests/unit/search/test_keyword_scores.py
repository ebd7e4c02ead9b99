"""The keyword leg's score: the words' worth, weighed by how rare they are."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from damsight_search.words.keyword_scores import (
    COUNTS,
    PHRASE,
    frequencies_of,
    keyword_score,
    rarities,
    word_name,
)


def test_all_words_in_the_best_place_are_one_and_none_is_nothing() -> None:
    """The scale is fixed, whatever the words' rarity."""
    weights = rarities([3, 400])
    assert keyword_score({word_name(0): 1.0, word_name(1): 1.0}, weights) == pytest.approx(1.0)
    assert keyword_score({}, weights) == 0.0
    assert keyword_score({}, ()) == 0.0


def test_a_rare_word_says_more_than_a_frequent_one() -> None:
    """Of two hits that lack a word each, the one with the rarer word is better."""
    weights = rarities([2, 900])
    assert keyword_score({word_name(0): 0.8}, weights) > keyword_score({word_name(1): 0.8}, weights)


def test_words_that_stand_together_say_more() -> None:
    """A phrase lifts a hit, and never above 1."""
    apart = {word_name(0): 0.6, word_name(1): 0.6}
    weights = rarities([5, 5])
    assert keyword_score(apart, weights) < keyword_score({**apart, PHRASE: 1.0}, weights) < 1.0


@settings(max_examples=60, deadline=None)
@given(
    worths=st.lists(st.floats(0, 1), min_size=1, max_size=5),
    frequencies=st.lists(st.integers(0, 10**7), min_size=5, max_size=5),
)
def test_the_score_lies_in_0_to_1_and_grows_with_each_words_worth(worths: list[float], frequencies: list[int]) -> None:
    """Whatever the counts: a better place for any word never makes a hit worse."""
    weights = rarities(frequencies[: len(worths)])
    scores = {word_name(place): worth for place, worth in enumerate(worths)}
    before = keyword_score(scores, weights)
    assert 0.0 <= before <= 1.0
    for name in scores:
        assert keyword_score({**scores, name: 1.0}, weights) >= before - 1e-9


def test_counts_come_from_the_aggregation_of_the_same_answer() -> None:
    """A word that was not counted weighs like the others."""
    counted = {COUNTS: {"buckets": {"word:0": {"doc_count": 7}, "word:1": {"doc_count": 0}}}}
    assert frequencies_of(counted, 2) == (7, 0)
    assert frequencies_of({}, 1) == (0,)

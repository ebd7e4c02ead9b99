"""From a text to the words that count."""

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from damsight_schemas.search import Understood
from damsight_search.words.highlights import highlight
from damsight_search.words.keyword_clauses import exact_query, keyword_query, literal, word_counts
from damsight_search.words.wording import LONGEST_WORD, MOST_COUNTED, Wording, wording_of


def wording(text: str, language: str | None = None) -> Wording:
    return wording_of(Understood(text=text, language=language))


def first_ways(text: str) -> list[str]:
    return [word.ways[0] for word in wording(text).words]


def test_stop_words_do_not_count_unless_there_is_nothing_else() -> None:
    """They would dilute the coverage."""
    assert first_ways("the dog in the park") == ["dog", "park"]
    assert first_ways("to be or not to be") == ["not"]
    assert first_ways("der die das") == ["die"]
    assert first_ways("of the") == ["of", "the"]


def test_file_names_count_whole_and_split() -> None:
    """A remembered part is found, and so is the name as it is written."""
    assert wording("IMG_2041sunsetBeach.jpg").words[0].ways == ("IMG_2041sunsetBeach.jpg", "IMG 2041 sunset Beach")
    assert wording("T-shirt").words[0].ways == ("T-shirt", "T shirt", "Tshirt")


def test_what_is_written_without_spaces_counts_in_pairs() -> None:
    """Pairs of neighbours, as the analyzer `cjk` makes them; what stands between is a word of its own."""
    assert first_ways("红色汽车 BMW") == ["红色", "色汽", "汽车", "BMW"]
    assert first_ways("カメラ") == ["カメラ"]
    (pair,) = wording("猫の").words
    assert (pair.is_pair, pair.ideographs) == (True, "猫")


@pytest.mark.parametrize(("word", "edits"), [("red", 0), ("boat", 1), ("harbour", 1), ("mountain", 1), ("2041", 0),
                                             ("IMG_2041", 0), ("汽车汽车", 0), ("кошка", 1),
                                             ("a" * 40, 0)])  # fmt: skip
def test_only_longer_words_may_be_mistyped(word: str, edits: int) -> None:
    """A short word with another letter is another word, and a number is another thing."""
    assert wording(word).words[0].edits == edits


def test_a_language_chooses_the_sub_fields_and_an_open_one_takes_each() -> None:
    """Other scripts than Latin tell; a language that no server analyses has no sub-field."""
    assert wording("Haus", "de").languages == ("de",)
    assert wording("汽车", "zh").languages == ("cjk",)
    assert wording("Haus").languages == ("en", "de", "fr", "es")
    assert wording("Haus", "la").languages == ()
    assert wording("2041").languages == ()


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60) | st.text(alphabet="ab-_ .汉カ9\"'", max_size=300))
def test_any_text_at_all_gives_a_bounded_body(text: str) -> None:
    """However long and odd: a bounded number of words, none empty, and a body that can be written."""
    told = wording(text)
    assert len(told.words) <= MOST_COUNTED
    assert all(0 < len(way) <= 2 * LONGEST_WORD for word in told.words for way in word.ways)
    body = [keyword_query(told), word_counts(told), exact_query(told.whole), literal(text), highlight(told, ())]
    assert orjson.dumps(body, option=orjson.OPT_PASSTHROUGH_DATACLASS)


def test_each_word_is_named_and_together_they_are_worth_more() -> None:
    """The names are what the score is made of."""
    clause = keyword_query(wording("red boat"))["bool"]
    assert [one["dis_max"]["_name"] for one in clause["must"][0]["bool"]["should"]] == ["word:0", "word:1"]
    assert clause["should"][0]["constant_score"]["_name"] == "phrase"
    assert set(word_counts(wording("red boat"))["words"]["filters"]["filters"]) == {"word:0", "word:1"}
    assert word_counts(wording("red")) == {}

"""Plain words: totals are honest, numbers readable."""

import pytest

from damsight_schemas.search import Facet, Total
from damsight_search.ui.words import (
    bound_in_words,
    bytes_in_words,
    day_in_words,
    language_in_words,
    ordinal,
    total_in_words,
    value_in_words,
)


@pytest.mark.parametrize(
    ("value", "relation", "asks", "said"),
    [
        (0, "eq", True, "No results"),
        (1, "eq", True, "1 result"),
        (1234, "eq", True, "1,234 results"),
        (10_000, "gte", True, "At least 10,000 results"),
        (1572, "eq", False, "1,572 assets"),
        (1, "eq", False, "1 asset"),
    ],
)
def test_a_total_says_no_more_than_is_known(value: int, relation: str, *, asks: bool, said: str) -> None:
    """A lower bound is told as one, and nothing found as nothing."""
    total = Total.model_validate({"value": value, "relation": relation})
    assert total_in_words(total, asks=asks) == said


def test_the_facets_bound_is_told_where_it_is_not_everything() -> None:
    """Counts over a window of candidates say so; counts over all that match say nothing."""
    window = Facet(values=[], counted=600, bound="window")
    everything = Facet(values=[], counted=9, bound="all")
    assert bound_in_words({"tags": window, "kind": everything}) == "Counted among the 600 best candidates."
    assert bound_in_words({"kind": everything}) == ""


def test_ordinals_are_english() -> None:
    """1st, 2nd, 3rd, and the teens end in th."""
    assert [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 102, 111, 1001)] == (
        ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "102nd", "111th", "1,001st"]
    )


def test_sizes_days_and_languages_are_readable() -> None:
    """SI units, a written month, a language's name; what is unknown stays as it came."""
    assert [bytes_in_words(n) for n in (7, 999, 1500, 25_000, 3_400_000, 10**10)] == (
        ["7 bytes", "999 bytes", "1.5 kB", "25 kB", "3.4 MB", "10 GB"]
    )
    assert bytes_in_words(3 * 10**12) == "3.0 TB"
    assert day_in_words("2024-03-07T10:05:57Z") == "7 March 2024"
    assert day_in_words("long ago") == "long ago"
    assert language_in_words("de") == "German"
    assert language_in_words("pt-BR") == "Portuguese (pt-BR)"
    assert language_in_words("tlh") == "tlh"
    assert value_in_words("kind", "image") == "Pictures"
    assert value_in_words("language", "ar") == "Arabic"
    assert value_in_words("tags", "image") == "image"

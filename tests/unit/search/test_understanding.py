"""How the words of a request are read."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from damsight_schemas.filters import Filter
from damsight_schemas.search import SearchRequest
from damsight_search.conditions.filters import clauses
from damsight_search.words.understanding import read, understood

PIECES = st.sampled_from(
    ['"', "-", "red", ' "old boat" ', "-blue", '-"big ship"', "tags:press", "created_at:>2024", "width:..5", ":", " ",
     "title:", "-tags:red", "width:abc", "“sea”", "IMG_2041.jpg", "红色", "..", ">", "kind:image", "\x00", "\\"]
)  # fmt: skip


def test_operators_are_taken_apart() -> None:
    """Phrases stay among the words that the encoders get; exclusions and conditions do not."""
    told = read('"red boat" harbour -blue -"old ship" tags:press created_at:>2024 width:100..200 title:"two words"')
    assert told.text == "red boat harbour"
    assert told.phrases == ("red boat",)
    assert told.excluded == ("blue", "old ship")
    assert told.filters == (
        Filter(field="tags", value="press"),
        Filter(field="created_at", op="range", value={"gt": "2024"}),
        Filter(field="width", op="range", value={"gte": "100", "lte": "200"}),
        Filter(field="title", value="two words"),
    )


@pytest.mark.parametrize(
    "text",
    [
        "red boat", '" a', "-", '5" screen', "http://x.y/z", 'tags:"a b', "width:abc", "created_at:>soon", "foo:bar",
        "sun-set", "IMG_2041sunsetBeach.jpg", "asset:42/b", "rock'n'roll", "a - b", "tags: red", "*", "title:",
    ],
)  # fmt: skip
def test_what_is_no_operator_stays_words(text: str) -> None:
    """Unbalanced quotes, lone signs, fields that are not declared or do not take the value are only words."""
    told = read(text)
    assert told.text == text
    assert (told.phrases, told.excluded, told.filters) == ((), (), ())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("created_at:2023..2024", Filter(field="created_at", op="range", value={"gte": "2023", "lte": "2024"})),
        ("height:..5", Filter(field="height", op="range", value={"lte": "5"})),
        ("width:>=100", Filter(field="width", op="range", value={"gte": "100"})),
        ("-tags:red", Filter(field="tags", op="not", value="red")),
        ("attributes.shelf:3", Filter(field="attributes.shelf", value="3")),
        ('title:">2024"', Filter(field="title", value=">2024")),
    ],
)
def test_conditions_compare_span_and_negate(text: str, expected: Filter) -> None:
    """Within quotes everything is the value itself."""
    told = read(text)
    assert (told.text, told.filters) == ("", (expected,))


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES, max_size=8).map("".join) | st.text(max_size=40))
def test_any_text_at_all_is_read(text: str) -> None:
    """Nothing that can be typed is refused: what is read as a condition is one that the search takes."""
    told = understood(SearchRequest(text=text))
    clauses(told.filters)
    assert not any(one.strip() == "" for one in (*told.phrases, *told.excluded))


@settings(max_examples=80, deadline=None)
@given(st.lists(st.from_regex(r"\w[\w']{0,8}(-\w{1,4})?", fullmatch=True), max_size=6).map(" ".join))
def test_a_text_without_operators_is_unchanged(text: str) -> None:
    """Hyphens and apostrophes within words are no operators."""
    told = read(text)
    assert told.text == text.strip()
    assert not told.excluded
    assert not told.filters


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("red boat", None), ("a man is running in the park", "en"), ("ein Mann läuft im Park", "de"),
        ("un bateau rouge dans le port", "fr"), ("汽车", "zh"), ("新しい車", "ja"), ("한국", "ko"),
        ("два человека", "ru"), ("σπίτι", "el"), ("قطة", "ar"), ("гарний її дім", "uk"), ("2041", None), ("", None),
        ("IMG_2041 asset-123 foo_bar.jpg", None),
    ],
)  # fmt: skip
def test_the_script_tells_the_language_or_a_longer_text_does(text: str, language: str | None) -> None:
    """A short text in Latin letters stays undetermined: a guess would mostly be wrong."""
    assert read(text).language == language


def test_the_requests_language_wins() -> None:
    """Whoever asks knows better."""
    assert understood(SearchRequest(text="a man is running in the park", language="nl")).language == "nl"

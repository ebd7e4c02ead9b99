import pytest
from damsight_samples.annotations import LANGUAGES, Annotated
from damsight_samples.holdout import split_keywords
from damsight_samples.words import phrase, pieces
from hypothesis import given
from hypothesis import strategies as st


def word(number: int) -> str:
    return "word" + "".join(chr(97 + number // power % 26) for power in (1, 26, 676))


def made(number: int, words: list[str]) -> Annotated:
    return Annotated(
        character=chr(0x1F300 + number),
        group="Objects",
        emoji_version="1.0",
        names=dict.fromkeys(LANGUAGES, "thing" + word(number)),
        keywords={language: tuple(words) if language == "en" else () for language in LANGUAGES},
    )


ASSETS = [made(number, [word(number * 7 + step * 31) for step in range(6)]) for number in range(400)]


def test_the_same_seed_gives_the_same_split() -> None:
    """Building twice holds the same words out; another seed holds out others."""
    first = split_keywords(ASSETS, seed=1, always_there=[])
    assert first == split_keywords(ASSETS, seed=1, always_there=[])
    assert first != split_keywords(ASSETS, seed=2, always_there=[])


def test_a_word_that_the_captions_use_is_never_judged() -> None:
    """What stands in every caption cannot be held out of the metadata, so it is no query."""
    split = split_keywords(ASSETS, seed=1, always_there=[f"A {word(0)} and a {word(31)}"])
    assert not {word(0), word(31)} & {query.word for query in split.judged}


@pytest.mark.parametrize(
    ("text", "sought"),
    [
        ("Red APPLE pie", "apple pie"),
        ("\uff46\uff55\uff4c\uff4c width", "full"),
        ("红苹果", "苹果"),
        ("Straße", "strasse"),
    ],
)
def test_a_word_is_found_however_it_is_written(text: str, sought: str) -> None:
    """Case, width and scripts without spaces hide no word from the holding out."""
    assert phrase(sought) in pieces(text)


def test_a_word_is_not_found_inside_another() -> None:
    """In spaced scripts a word is a whole word: cat is not in category."""
    assert "cat" not in pieces("category")


@given(st.lists(st.text(alphabet="abcxyz", min_size=1, max_size=5), min_size=1, max_size=6))
def test_each_run_of_words_is_a_piece_of_its_text(words: list[str]) -> None:
    """Every run of up to six words of a text is among its pieces."""
    found = pieces(" ".join(words))
    assert all(
        " ".join(words[start:end]) in found for start in range(len(words)) for end in range(start + 1, len(words) + 1)
    )

"""The words in file names, for the index and for queries."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from damsight_schemas.filename import filename_words, query_words, split_words


@pytest.mark.parametrize(
    ("filename", "words"),
    [
        ("IMG_2041sunsetBeach.jpg", "IMG 2041 sunset Beach"),
        ("HTTPServer-log.tar.gz", "HTTP Server log tar"),
        ("HTTPServer2.png", "HTTP Server 2"),
        ("straßenfest-KÖLN 2019.jpeg", "straßenfest KÖLN 2019"),
        ("日本語2024写真.png", "日本語 2024 写真"),
        ("صورة_الشاطئ.jpg", "صورة الشاطئ"),
        ("ภาพทะเล.jpg", "ภาพทะเล"),
        ("report.final.v2.pdf", "report final v 2"),
        ("___.jpg", ""),
        (".hidden", "hidden"),
        ("日本2024.png", "日本 2024"),
        ("Ünder_Wäldern.JPG", "Ünder Wäldern"),
        ("", ""),
    ],
)
def test_file_names_are_split_into_words(filename: str, words: str) -> None:
    """Separators, digits and capitals part words; the ending is left out."""
    assert filename_words(filename) == words


@pytest.mark.parametrize(
    ("typed", "words"),
    [("IMG_2041", "IMG 2041"), ("img_2041.jpg", "img 2041"), ("Mr. Smith", "Mr Smith"), ("red boat", "red boat")],
)
def test_what_is_typed_is_split_the_same_way(typed: str, words: str) -> None:
    """A part of a file name finds it, and plain words stay as they are."""
    assert query_words(typed) == words


@given(st.text(alphabet=st.characters(blacklist_categories=["Cs"]), max_size=60))
def test_splitting_adds_and_loses_no_letter(text: str) -> None:
    """Only separators go, and only spaces come."""
    letters = [character for character in text if character.isalnum()]
    split = [character for character in query_words(text + " end") if character.isalnum()]
    assert split == [*letters, *"end"]


@given(st.text(alphabet="aZbQ09 _-.(", max_size=14))
def test_ascii_is_split_as_anything_else_is(name: str) -> None:
    """What the quick way for ASCII gives is what the way for every script gives, which a letter beyond it takes."""
    assert split_words(f"{name} é") == f"{split_words(name)} é".strip()

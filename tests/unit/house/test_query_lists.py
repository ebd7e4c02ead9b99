"""The queries without an answer, on which the cut-off is measured."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
LIBRARY = ROOT / "samples" / "library"
WITHOUT_SPACES = {"zh", "ja"}


@pytest.mark.parametrize("name", ["nonsense", "not_in_library"])
def test_no_word_of_theirs_stands_in_the_library(name: str) -> None:
    """200 of each, and keyword search has nothing that it could rightly find for one of them."""
    names = ("library.jsonl", "queries.tsv", "picture_words.tsv")
    known = "\n".join((LIBRARY / one).read_text(encoding="utf-8") for one in names).lower()
    lines = (ROOT / "bench" / "queries" / f"{name}.tsv").read_text(encoding="utf-8").splitlines()[1:]
    queries = [(language, text.lower()) for _, language, _, text in (line.split("\t") for line in lines)]
    assert len(set(queries)) == 200
    words = set(re.findall(r"\w+", known))
    for language, text in queries:
        assert language not in WITHOUT_SPACES or text not in known
        assert not words & set(re.findall(r"\w+", text)), text

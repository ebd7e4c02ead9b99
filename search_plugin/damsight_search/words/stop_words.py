"""Words that say nothing about a picture: articles, prepositions and conjunctions. Pure.

One list for all languages (``stop_words.txt``), for a few words do not tell their own language. What means a thing in
another of them is left out: car (French "because"), war (German "was"), man, die, pan.
"""

from collections.abc import Sequence
from importlib import resources
from typing import Final

STOP_WORDS: Final = frozenset(
    resources.files("damsight_search.words").joinpath("stop_words.txt").read_text(encoding="utf-8").split()
)


def counted(words: Sequence[str]) -> list[str]:
    """Return the words that count; all of them where none would be left."""
    kept = [word for word in words if word.casefold() not in STOP_WORDS]
    return kept or list(words)

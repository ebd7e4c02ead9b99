"""When does a word occur in a text: one rule for holding words out and for proving that they are out."""

import re
import unicodedata
from collections.abc import Iterable

_TOKEN = re.compile(r"\w+")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff々ー]")
_LONGEST_PHRASE = 6
_LONGEST_UNSPACED = 12


def folded(text: str) -> str:
    """The text as searches compare it: NFKC, case folded, white space single."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def pieces(text: str) -> set[str]:
    """Every word and phrase that occurs in the text, folded.

    Spaced scripts: all runs of up to six tokens. Chinese and Japanese, which write no spaces: all substrings
    of up to twelve characters as well.
    """
    tokens = _TOKEN.findall(folded(text))
    found = {
        " ".join(tokens[start : start + length])
        for start in range(len(tokens))
        for length in range(1, min(_LONGEST_PHRASE, len(tokens) - start) + 1)
    }
    for token in tokens:
        if _UNSPACED.search(token):
            found |= _substrings(token)
    return found


def phrase(word: str) -> str:
    """A keyword in the form in which `pieces` would show it."""
    return " ".join(_TOKEN.findall(folded(word)))


def pieces_of_all(texts: Iterable[str]) -> set[str]:
    """The union of `pieces` over many texts."""
    found: set[str] = set()
    for text in texts:
        found |= pieces(text)
    return found


def is_unspaced(word: str) -> bool:
    """Whether the word is written in a script without spaces between words."""
    return bool(_UNSPACED.search(word))


def _substrings(token: str) -> set[str]:
    return {
        token[start:end]
        for start in range(len(token))
        for end in range(start + 1, min(start + _LONGEST_UNSPACED, len(token)) + 1)
    }

"""The words in a file name: the index holds them, and a query is split the same way."""

import re
import unicodedata
from collections.abc import Callable
from itertools import pairwise

_WORD_STARTS = re.compile(r"(?<=l)(?=[ud])|(?<=u)(?=ul|d)|(?<=d)(?=[ul])|(?<=o)(?=d)|(?<=d)(?=o)")
_ASCII_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
"""The same for what is ASCII alone, as most file names are, in an eighth of the time."""
_EXTENSION = re.compile(r"[.][A-Za-z0-9]{2,5}$")


def filename_words(filename: str) -> str:
    """Return the words in a file name: ``IMG_2041sunsetBeach.jpg`` gives ``IMG 2041 sunset Beach``.

    The extension is left out: the MIME type says it better.
    """
    stem, dot, _extension = filename.rpartition(".")
    return split_words(stem if dot and stem else filename)


def query_words(text: str) -> str:
    """Return the words of what somebody typed, as `filename_words` would have split them."""
    return split_words(_EXTENSION.sub("", text))


def split_words(name: str) -> str:
    """Split at whatever is no letter or digit, between letters and digits, and at capitals.

    A capital begins a word after a small letter, and where it is the last of several that a small letter follows:
    ``HTTPServer`` gives ``HTTP Server``.
    """
    if name.isascii():
        return " ".join(_ASCII_WORDS.findall(name))
    edges = [0, *(match.start() for match in _WORD_STARTS.finditer(name.translate(_KINDS))), len(name)]
    spaced = name.translate(_SPACED)
    return " ".join(" ".join(spaced[start:end] for start, end in pairwise(edges)).split())


def _kind(character: str) -> str:
    """One letter for a character's kind: upper, lower, other letter or mark, digit, or a space for anything else."""
    category = unicodedata.category(character)
    if category in ("Lu", "Lt"):
        return "u"
    if category == "Ll":
        return "l"
    if category[0] in "LM":
        return "o"
    return "d" if category[0] == "N" else " "


class _Table(dict[int, str]):
    """For `str.translate`: looks a character up when it comes for the first time."""

    def __init__(self, of: Callable[[str], str]) -> None:
        super().__init__()
        self._of = of

    def __missing__(self, code: int) -> str:
        found = self[code] = self._of(chr(code))
        return found


_KINDS = _Table(_kind)
_SPACED = _Table(lambda character: " " if _kind(character) == " " else character)

"""From the text that is looked for to the words that the keyword leg counts. Pure."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from damsight_schemas.filename import query_words
from damsight_schemas.languages import ANALYZERS, DEFAULT, LATIN, field_of
from damsight_schemas.search import Understood
from damsight_search.words.languages import scripts_of
from damsight_search.words.stop_words import counted
from damsight_search.words.understanding import is_searchable

MOST_COUNTED = 24
"""Distinct words that count: nobody types more, and each costs a clause in every field."""

LONGEST_WORD = 255
SHORTEST_MISTYPED = 4
LONGEST_MISTYPED = 30
"""Letters: to compare a word of hundreds with one of them changed costs Elasticsearch seconds."""

_HYPHENS = re.compile(r"(?<=[^\W\d_])[-‐‑](?=[^\W\d_])")  # noqa: RUF001  the hyphens that Unicode has
# Written without spaces: Elasticsearch's standard tokenizer makes a token of each character.
_UNSPACED = re.compile(r"[\u2E80-\u2FDF\u3005-\u3007\u3041-\u309F\u3400-\u9FFF\uF900-\uFAFF\U00020000-\U0003FFFF]+")
_IDEOGRAPH = re.compile(r"[\u3005-\u3007\u3400-\u9FFF\uF900-\uFAFF\U00020000-\U0003FFFF]")


@dataclass(frozen=True, slots=True)
class Word:
    """One word that counts.

    Attributes:
        ways: How it may stand in a field, each a word or a phrase: as typed, split as a file name's words are, and
            without its hyphens.
        edits: How many letters may be mistyped: one, or 0 where it must stand as it is. Two found little more, and
            took twice as long as all the rest of the query.
        is_pair: Two neighbours of a text that is written without spaces.
        ideographs: Those in a pair: each means something by itself, as no letter or syllable does.
    """

    ways: tuple[str, ...]
    edits: int = 0
    is_pair: bool = False
    ideographs: str = ""


@dataclass(frozen=True, slots=True)
class Wording:
    """What the text legs look for.

    Attributes:
        whole: For the exact leg, and for words that stand together.
        words: Each counts, in the order of the text.
        languages: The sub-fields to look into beside the plain fields; those that the index lacks bring nothing.
    """

    whole: str
    words: tuple[Word, ...]
    languages: tuple[str, ...] = ()


NOTHING = Wording("", ())


def wording_of(told: Understood, languages: Sequence[str] = DEFAULT) -> Wording:
    """Return the words of what was understood.

    Args:
        told: From `damsight_search.words.understanding`.
        languages: That the index is made for: words whose language nothing tells are looked for in each.
    """
    if not told.text:
        return NOTHING
    pieces = (piece for typed in told.text.split() for piece in _pieces(typed[:LONGEST_WORD]))
    distinct = {piece.casefold(): piece for piece in reversed(list(pieces)) if is_searchable(piece)}
    words = [word_of(piece) for piece in counted(list(reversed(distinct.values())))[:MOST_COUNTED]]
    return Wording(told.text, tuple(words), _sub_fields(told, languages))


def word_of(piece: str) -> Word:
    """Return one word with the ways it may be written."""
    if _UNSPACED.fullmatch(piece):
        return Word((piece,), is_pair=len(piece) > 1, ideographs="".join(_IDEOGRAPH.findall(piece)))
    joined = _HYPHENS.sub("", piece)
    ways = dict.fromkeys(way for way in (piece, query_words(piece), joined) if way)
    return Word(tuple(ways), _edits(piece))


def _pieces(typed: str) -> Iterator[str]:
    """Yield what is written with spaces as it is, and of what is written without, each pair of neighbours.

    As Lucene's CJKBigramFilter does: pairs find more than whole runs, and mean more than single characters.
    """
    place = 0
    for run in _UNSPACED.finditer(typed):
        if typed[place : run.start()]:
            yield typed[place : run.start()]
        yield from _pairs(run[0])
        place = run.end()
    if typed[place:]:
        yield typed[place:]


def _pairs(run: str) -> Iterator[str]:
    if len(run) == 1:
        yield run
    for start in range(len(run) - 1):
        yield run[start : start + 2]


def _edits(piece: str) -> int:
    # Letters of other scripts are often syllables: one of them off is another word.
    plain = unicodedata.normalize("NFC", piece)
    if not plain.isalpha() or not SHORTEST_MISTYPED <= len(plain) <= LONGEST_MISTYPED:
        return 0
    if not scripts_of(plain) <= {"LATIN", "CYRILLIC", "GREEK"}:
        return 0
    return 1


def _sub_fields(told: Understood, languages: Sequence[str]) -> tuple[str, ...]:
    if told.language is not None:
        return (field_of(told.language),) if told.language in ANALYZERS else ()
    # No script but Latin leaves the language open.
    return tuple(one for one in languages if one in LATIN) if "LATIN" in scripts_of(told.text) else ()

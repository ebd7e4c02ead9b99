"""Words as the index's plain analysis finds and folds them, for what must match words outside of the server. Pure.

Source: Unicode Standard Annex 29, word boundaries, as far as Lucene's standard tokenizer differs from spaces; Lucene's
ASCIIFoldingFilter. Scripts that are written without spaces give one word a character, as there.
"""

import re
import unicodedata

# Ideographs, Hiragana: each character is a word. Thai, Lao, Khmer and Burmese runs stay whole, as in Lucene.
_ALONE = "\u3040-\u309f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_LETTER = rf"[^\W\d_{_ALONE}]"
_JOINED = rf"(?:(?<={_LETTER})[.':\u00b7\u2018\u2019\u2024\u2027](?={_LETTER}))"
_NUMBERED = r"(?:(?<=\d)[.,;'\u2019](?=\d))"
_WORD = re.compile(rf"[{_ALONE}]|(?:[^\W{_ALONE}]|[\u0300-\u036f]|{_JOINED}|{_NUMBERED})+")
# Letters that Unicode does not take apart, and Lucene folds.
_FOLDED = {
    "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "\u0131": "i", "ħ": "h",
    "ŋ": "n", "ŧ": "t", "\u2018": "'", "\u2019": "'",
}  # fmt: skip


class _Folding(dict[int, str]):
    """Folds a character when it is first seen; those of ASCII stay."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        folded = _FOLDED.get(character)
        if folded is None:
            plain = "".join(one for one in unicodedata.normalize("NFKD", character) if not unicodedata.combining(one))
            # A mark alone vanishes; other alphabets keep theirs, as in Lucene.
            folded = plain if plain.isascii() else character
        self[code] = folded
        return folded


_FOLDING = _Folding()


def folded(text: str) -> str:
    """Return text in lower case, without the marks of Latin letters: ``Café`` and ``cafe`` are one."""
    lower = text.lower()
    return lower if lower.isascii() else lower.translate(_FOLDING)


def folded_words(text: str) -> list[str]:
    """Return the folded words of a text, in order."""
    return [folded(word) for word in _WORD.findall(text)]

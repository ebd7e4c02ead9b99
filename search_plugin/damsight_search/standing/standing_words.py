"""The text legs of a search, as a standing search is held against what arrives. Pure."""

from damsight_schemas.standing import Tokens
from damsight_schemas.words import folded, folded_words
from damsight_search.words.wording import Wording


def watched_words(wording: Wording) -> tuple[tuple[Tokens, ...], ...]:
    """Return each word with its ways, folded and cut as the index does; other forms and mistyped ones are not watched.

    Args:
        wording: What the keyword leg looks for.
    """
    words = (dict.fromkeys(tuple(folded_words(way)) for way in word.ways) for word in wording.words)
    return tuple(ways for word in words if (ways := tuple(way for way in word if way)))


def watched_name(wording: Wording) -> str:
    """Return what the exact leg looks for, folded."""
    return folded(wording.whole)

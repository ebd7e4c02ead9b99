"""What may have been meant by a word that nothing holds: only words of assets that the asker may see. Pure.

A suggester over the whole index would tell of hidden assets. So the guess is read from a few documents that match but
for some letters, which come with the page's own.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from damsight_schemas.search import SearchRequest, Understood
from damsight_search.ports import Found
from damsight_search.words.keyword_clauses import MISTYPED
from damsight_search.words.keyword_scores import word_name
from damsight_search.words.understanding import understood
from damsight_search.words.wording import Wording

MOST_READ = 5
_FIELDS = ("title", "tags", "caption", "description", "creator", "collections", "generated_caption")
# One letter of four is changed: what a clause takes for mistyped.
_ALIKE = 0.75
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Mistyped:
    """What seems mistyped.

    Attributes:
        words: As typed; nothing that was found holds them.
        ids: Assets that hold something like each, the best first.
    """

    words: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()


NOTHING_MISTYPED = Mistyped()


def mistyped(found: Sequence[Found], wording: Wording) -> Mistyped:
    """Return the words that were found only but for some letters."""
    words, ids = [], []
    for place, word in enumerate(wording.words):
        held = [(hit.scores[word_name(place)], hit.asset_id) for hit in found if word_name(place) in hit.scores]
        if word.edits and held and max(held)[0] <= MISTYPED:
            words.append(word.ways[0])
            ids += [asset_id for _, asset_id in held[:MOST_READ]]
    return Mistyped(tuple(words), tuple(dict.fromkeys(ids)))


def did_you_mean(text: str, guessed: Mistyped, documents: Iterable[Mapping[str, Any]]) -> str | None:
    """Return the text with each mistyped word put right; none where no word of the documents is like it.

    Args:
        text: As typed, with its operators.
        guessed: From `mistyped`.
        documents: Of `guessed.ids`, as far as the asker may see them.
    """
    known = {word.casefold(): word for document in documents for word in _words(document)}
    right = text
    for word in guessed.words:
        near = _nearest(word.casefold(), known)
        if near is not None:
            right = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", known[near], right, count=1)
    return right if right != text else None


def _nearest(word: str, known: Iterable[str]) -> str | None:
    like = [one for one in get_close_matches(word, known, n=MOST_READ, cutoff=_ALIKE) if one[0] == word[0]]
    # Letters in another order are the likeliest slip, and count as two changes for difflib.
    return min(like, key=lambda one: sorted(one) != sorted(word), default=None)


def corrected(request: SearchRequest, guessed: Mistyped, documents: Iterable[Found]) -> Understood:
    """Return how a request's words are read, with what may have been meant."""
    meant = did_you_mean(request.text, guessed, [one.source for one in documents])
    return understood(request).model_copy(update={"did_you_mean": meant})


def _words(document: Mapping[str, Any]) -> Iterator[str]:
    for field in _FIELDS:
        value = document.get(field) or ()
        for text in [value] if isinstance(value, str) else value:
            yield from _WORD.findall(text)

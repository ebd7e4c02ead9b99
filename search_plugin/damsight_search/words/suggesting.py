"""Ways to go on typing: own searches, concepts, titles and tags, and what may have been meant by a mistyped word.

One request to the index, under the permissions of whoever asks. Their order comes from what the asker may see alone:
clauses score by their place and never by the index's statistics, ties go by the id.
"""

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict

from damsight_schemas.search import Understood
from damsight_search.ports import Found, SearchIndex
from damsight_search.principal import Principals
from damsight_search.results.page_bodies import suggest_body
from damsight_search.words.did_you_mean import Mistyped, did_you_mean
from damsight_search.words.wording import wording_of

MOST = 8
MOST_RECENT = 3
MOST_CONCEPTS = 3
LONGEST_START = 200
# Suggestions come from the best of these; more would cost time at each key.
_LOOKED_AT = 50

Origin = Literal["recent", "concept", "title", "tag", "did-you-mean"]


class Suggestion(BaseModel):
    """One way to go on.

    Attributes:
        text: To search for.
        origin: What it is taken from.
    """

    model_config = ConfigDict(frozen=True)

    text: str
    origin: Origin


class Recent(Protocol):
    """Tells a person's own searches."""

    def of(self, principals: Principals) -> Sequence[str]:
        """Return them, the latest first; none for a stranger."""
        ...


ConceptNames = Callable[[Principals], Iterable[str]]
"""Returns the names of the concepts that somebody may use."""


class Suggesting:
    """Suggests.

    Args:
        index: For titles and tags.
        timeout: As Elasticsearch writes it.
        recent: Own searches; none: they are not kept here.
        concepts: Names of concepts; none: there are none here.
    """

    def __init__(
        self,
        index: SearchIndex,
        *,
        timeout: str,
        recent: Recent | None = None,
        concepts: ConceptNames | None = None,
    ) -> None:
        self._index = index
        self._timeout = timeout
        self._recent = recent
        self._concepts = concepts

    def suggest(self, start: str, principals: Principals) -> list[Suggestion]:
        """Return up to eight ways to go on: own searches, then concepts, then titles and tags that many assets share.

        What nothing begins with may be mistyped; then what may have been meant comes. Without any text, own searches.

        Raises:
            SearchError: The index does not answer as it should.
        """
        typed = " ".join(start[:LONGEST_START].split())
        own = [one for one in self._own(principals) if _fits(one, typed)]
        if not typed:
            return _distinct(Suggestion(text=one, origin="recent") for one in own)
        named = [one for one in self._names(principals) if _fits(one, typed)]
        return _distinct(
            [
                *(Suggestion(text=one, origin="recent") for one in own[:MOST_RECENT]),
                *(Suggestion(text=one, origin="concept") for one in named[:MOST_CONCEPTS]),
                *self._held(typed, principals),
            ]
        )

    def _own(self, principals: Principals) -> Sequence[str]:
        return self._recent.of(principals) if self._recent is not None else ()

    def _names(self, principals: Principals) -> list[str]:
        return sorted(self._concepts(principals)) if self._concepts is not None else []

    def _held(self, typed: str, principals: Principals) -> list[Suggestion]:
        answer = self._index.search(suggest_body(typed, principals, size=_LOOKED_AT, timeout=self._timeout))
        counted = Counter(text for found in answer.found for text in _texts(found) if _fits(text.text, typed))
        if counted:
            return sorted(
                counted, key=lambda one: (not _begins(one.text, typed), -counted[one], len(one.text), one.text)
            )
        words = wording_of(Understood(text=typed)).words
        guessed = Mistyped(words=tuple(word.ways[0] for word in words if word.edits))
        meant = did_you_mean(typed, guessed, [found.source for found in answer.found])
        return [Suggestion(text=meant, origin="did-you-mean")] if meant is not None else []


def _distinct(suggestions: Iterable[Suggestion]) -> list[Suggestion]:
    """Return each text once, as it came first."""
    kept: dict[str, Suggestion] = {}
    for one in suggestions:
        kept.setdefault(_folded(one.text), one)
    return list(kept.values())[:MOST]


def _texts(found: Found) -> Iterator[Suggestion]:
    title = found.source.get("title")
    if title:
        yield Suggestion(text=title, origin="title")
    for tag in found.source.get("tags") or []:
        yield Suggestion(text=tag, origin="tag")


def _folded(text: str) -> str:
    """Fold case and accents, as the index does where the server can."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in apart if not unicodedata.combining(character))


def _begins(text: str, typed: str) -> bool:
    return _folded(text).startswith(_folded(typed))


def _fits(text: str, typed: str) -> bool:
    return _begins(text, typed) or f" {_folded(typed)}" in _folded(text)

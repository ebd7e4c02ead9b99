"""Ways to go on typing: titles and tags with a word that begins so, of assets that the asker may see."""

from collections import Counter
from collections.abc import Iterator
from typing import Literal

from pydantic import BaseModel, ConfigDict

from damsight_search.page_bodies import suggest_body
from damsight_search.ports import Found, SearchIndex
from damsight_search.principal import Principals

MOST = 8
LONGEST_START = 200
# Suggestions come from the best of these; more would cost time at each key.
_LOOKED_AT = 50


class Suggestion(BaseModel):
    """One way to go on.

    Attributes:
        text: To search for.
        origin: What it is taken from.
    """

    model_config = ConfigDict(frozen=True)

    text: str
    origin: Literal["title", "tag"]


def suggest(index: SearchIndex, start: str, principals: Principals, *, timeout: str) -> list[Suggestion]:
    """Return up to eight titles and tags, those that many assets share first.

    Raises:
        SearchError: The index does not answer as it should.
    """
    typed = " ".join(start[:LONGEST_START].split())
    if not typed:
        return []
    answer = index.search(suggest_body(typed, principals, size=_LOOKED_AT, timeout=timeout))
    counted = Counter(text for found in answer.found for text in _texts(found) if _fits(text.text, typed))
    ordered = sorted(counted, key=lambda one: (not _begins(one.text, typed), -counted[one], len(one.text), one.text))
    distinct = {one.text.casefold(): one for one in reversed(ordered)}
    return [one for one in ordered if distinct[one.text.casefold()] is one][:MOST]


def _texts(found: Found) -> Iterator[Suggestion]:
    title = found.source.get("title")
    if title:
        yield Suggestion(text=title, origin="title")
    for tag in found.source.get("tags") or []:
        yield Suggestion(text=tag, origin="tag")


def _begins(text: str, typed: str) -> bool:
    return text.casefold().startswith(typed.casefold())


def _fits(text: str, typed: str) -> bool:
    folded = text.casefold()
    return _begins(text, typed) or f" {typed.casefold()}" in folded

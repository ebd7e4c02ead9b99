"""What the search page is made of."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from fastapi import Request

from damsight_search.ui.port import PageSearch

Ability = Literal["feedback", "groups", "saved", "tags", "concepts"]


@dataclass(frozen=True)
class Page:
    """What the page is made of.

    Attributes:
        search: Answers the searches; its SearchErrors become a page in plain words.
        principals: Tells from a request who is asking, or raises NoPrincipalError.
        examples: Three searches to try, shown on the first visit.
        max_picture_bytes: The largest picture that may be searched by.
        abilities: What the API beside the page has: feedback, groups, saved, tags, concepts.
    """

    search: PageSearch
    principals: Callable[[Request], Sequence[str]]
    examples: Sequence[str] = ()
    max_picture_bytes: int = 32_000_000
    abilities: frozenset[Ability] = frozenset()

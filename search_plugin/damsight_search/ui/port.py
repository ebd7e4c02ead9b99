"""What the page asks of the search: the service, seen through the page's eyes."""

from collections.abc import Sequence
from typing import Any, Protocol

from damsight_schemas.search import Hit, SearchRequest, SearchResponse


class Suggested(Protocol):
    """One way to go on typing."""

    @property
    def text(self) -> str:
        """To search for."""
        ...

    @property
    def origin(self) -> str:
        """What it is taken from, in a word."""
        ...


class PageSearch(Protocol):
    """Answers under the principals' own permissions; raises the package's errors. SearchService is one."""

    def search(
        self, request: SearchRequest, principals: Sequence[str], pictures: Sequence[bytes] = ()
    ) -> SearchResponse:
        """Answer a request; with a cursor, without sending the pictures again."""
        ...

    def asset(self, asset_id: str, principals: Sequence[str]) -> dict[str, Any]:
        """Return one asset's metadata."""
        ...

    def explain(self, asset_id: str, request: SearchRequest, principals: Sequence[str]) -> Hit:
        """Tell why a request brings an asset; without legs, it does not."""
        ...

    def suggest(self, text: str, principals: Sequence[str]) -> Sequence[Suggested]:
        """Return ways to go on typing."""
        ...

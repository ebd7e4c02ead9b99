"""An index in memory and how it is filled."""

from dataclasses import dataclass
from typing import Any

from damsight_schemas.space import IndexSpaces
from fakes.search_index import FakeIndex


@dataclass
class MemoryShelf:
    """Implements the contracts' Shelf."""

    index: FakeIndex

    @classmethod
    def holding(cls, spaces: IndexSpaces, documents: dict[str, dict[str, Any]]) -> "MemoryShelf":
        """Return a shelf that is filled already."""
        shelf = cls(FakeIndex(spaces))
        shelf.store(documents)
        return shelf

    def store(self, documents: dict[str, dict[str, Any]]) -> None:
        """Add documents, or put them in place of older ones."""
        self.index.documents |= documents

"""Watches where the write alias points while we run, so that vectors of two models never meet.

A cutover moves the alias from one index to another at any moment. Whoever writes goes to the index that was checked, by
an alias of its own, and only then looks whether the write alias still names it: so nothing of ours ever lands in an
index of other models, and nothing counts as stored that is stored in an index which nobody reads any longer.
"""

import threading

from elasticsearch import Elasticsearch

from damsight_consumer.errors import IndexNotReadyError, IndexUnavailableError
from damsight_index.connection import translated
from damsight_index.errors import SearchIndexError
from damsight_index.generations import require_index_for
from damsight_schemas.connections import IndexSettings
from damsight_schemas.errors import SchemaMismatchError, SpaceMismatchError
from damsight_schemas.space import IndexSpaces


class IndexGuard:
    """Knows the index that the write alias names, and that it holds vectors of our models. Any thread may call it.

    Args:
        client: From `damsight_index.connection.connect`.
        alias: The write alias.
        spaces: Of our models.
    """

    def __init__(self, client: Elasticsearch, alias: str, spaces: IndexSpaces) -> None:
        self._client = client
        self._alias = alias
        self._spaces = spaces
        self._index: str | None = None
        self._lock = threading.Lock()

    def index(self) -> str:
        """Return the index that the alias named when it was looked at last, and that was checked.

        Raises:
            IndexNotReadyError: It holds vectors of other models.
            IndexUnavailableError: It cannot be told now.
        """
        return self._index or self.check()

    def check(self) -> str:
        """Look where the alias points, and what that index holds; call it every 10 s or so.

        Returns:
            The index.

        Raises:
            IndexNotReadyError: It holds vectors of other models; restart with those, or move the alias back.
            IndexUnavailableError: It cannot be told now: Elasticsearch does not answer, or the alias names no index, or
                several. To go on helps, once that is mended.
        """
        with self._lock:
            try:
                self._index = self._checked()
            except SearchIndexError as error:
                raise IndexUnavailableError(str(error)) from error
            return self._index

    def met(self, index: str) -> None:
        """Take note of an index that an answer came from; one that is not known is checked at once.

        Raises:
            IndexNotReadyError: As of `check`.
            IndexUnavailableError: As of `check`.
        """
        if index != self._index:
            self.check()

    def confirm(self, index: str) -> bool:
        """Tell whether the alias names an index now; where it names another, that one is checked.

        It costs one small request, which the node answers from its own memory.

        Raises:
            IndexNotReadyError: As of `check`.
            IndexUnavailableError: As of `check`.
        """
        try:
            named = self._named()
        except SearchIndexError as error:
            raise IndexUnavailableError(str(error)) from error
        self.met(named)
        return named == index

    def _named(self) -> str:
        with translated(f"looking where alias {self._alias!r} points"):
            found = self._client.indices.get_alias(name=self._alias).body
        if len(found) != 1:
            raise IndexUnavailableError(
                f"alias {self._alias!r} names {len(found)} indices ({', '.join(sorted(found))}), and it takes exactly "
                f"one. Remove it from the others, or run `damsight index cutover`; nothing is stored until then."
            )
        (index,) = found
        return str(index)

    def _checked(self) -> str:
        index = self._named()
        try:
            require_index_for(self._client, index, self._spaces)
        except (SchemaMismatchError, SpaceMismatchError) as error:
            raise IndexNotReadyError(self._why(index, error)) from error
        return index

    def _why(self, index: str, error: SchemaMismatchError | SpaceMismatchError) -> str:
        if self._index in (None, index):
            return str(error)
        return (
            f"alias {self._alias!r} was moved from {self._index!r} to {index!r} while we ran, and that one is not "
            f"made for them. Nothing of ours was stored in it. Restart the consumer with its models, or move "
            f"the alias back with `damsight index rollback`. {error}"
        )


def own_alias(index: str) -> str:
    """Return the write alias that a generation has for itself and keeps, whatever the other aliases name."""
    return IndexSettings(alias=index).write_alias

"""Stores documents in Elasticsearch, in bulks with external versions.

Source: Elasticsearch's bulk API; facts measured on 9.5.3 are told where they decide something.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import orjson
from elasticsearch import ApiError, Elasticsearch

from damsight_consumer.bulk_size import BulkSize
from damsight_consumer.errors import IndexNotReadyError, IndexUnavailableError
from damsight_consumer.index_guard import IndexGuard, own_alias
from damsight_consumer.ports import Answer, Verdict, Versioned
from damsight_index.connection import translated
from damsight_index.errors import IndexRejectedError, IndexTimeoutError, SearchIndexError
from damsight_index.errors import IndexUnavailableError as SearchIndexUnavailableError
from damsight_index.generations import require_index_for
from damsight_schemas.errors import SchemaMismatchError, SpaceMismatchError
from damsight_schemas.space import IndexSpaces

MEBIBYTE = 1024 * 1024
_BAD_REQUEST = 400
_CONFLICT = 409
_TOO_LARGE = 413
_OVERLOADED = 429
# Only these two can be a document's own fault. A missing alias, a read-only block, a refused login, a proxy that is set
# up wrongly are somebody's to mend, and until then everything waits: nothing is dead-lettered for them.
_OF_THE_DOCUMENT = {_BAD_REQUEST, _TOO_LARGE}
# A 429 that is about load; the other one is a disk that is full, which smaller bulks do not help.
_PUSHED_BACK = {"es_rejected_execution_exception", "circuit_breaking_exception"}


class BulkWriter:
    """Writes through an alias, never to an index by name, and never creates one by accident.

    Args:
        client: From `damsight_index.connection.connect`; it must not retry by itself.
        alias: The write alias.
        guard: Knows the index behind it: then only that index is written to, and what is stored is answered for only
            while the alias still names it. Without one, whatever the alias names is written to.
        size: How large a bulk may be; it learns from each.
    """

    def __init__(
        self, client: Elasticsearch, alias: str, *, guard: IndexGuard | None = None, size: BulkSize | None = None
    ) -> None:
        self._client = client
        self._alias = alias
        self._guard = guard
        self._size = size or BulkSize(8 * MEBIBYTE)

    def write(self, documents: Sequence[Versioned]) -> list[Verdict]:
        """Try once; see `damsight_consumer.ports.DocumentWriter`.

        What is too much for one bulk goes in several. A bulk that is refused as a whole is halved until the document
        that is to blame stands alone: a single bad line fails the whole request with 400.

        Raises:
            IndexUnavailableError: Nothing is known of any document; all must be tried again.
            IndexNotReadyError: The alias was moved to an index of other models.
        """
        if self._guard is None:
            return self._written(documents, self._alias)
        while True:
            index = self._guard.index()
            verdicts = self._written(documents, own_alias(index))
            # Moved meanwhile to an index of the same models: there the documents are needed, so they are written again.
            if self._guard.confirm(index):
                return verdicts

    def _written(self, documents: Sequence[Versioned], alias: str) -> list[Verdict]:
        verdicts: list[Verdict | None] = [None] * len(documents)
        todo = list(_pieces(documents, self._size.allowed()))[::-1]
        while todo:
            piece = todo.pop()
            try:
                answers = self._bulk(documents[piece], alias)
            except IndexUnavailableError as error:
                if not any(verdicts):
                    raise
                later = Verdict(Answer.LATER, "unavailable", str(error))
                return [verdict or later for verdict in verdicts]
            if answers is None:
                todo += _halves(piece)
            else:
                verdicts[piece] = answers
        return [verdict for verdict in verdicts if verdict is not None]

    def _bulk(self, documents: Sequence[Versioned], alias: str) -> list[Verdict] | None:
        """Send one bulk; returns none where it is refused as a whole and must be halved."""
        operations: list[Any] = []
        for document in documents:
            operations += (_action(document), document.body)
        size = sum(map(len, operations))
        try:
            with translated(f"storing {len(documents):,} documents in {alias!r}"):
                answer = self._client.bulk(index=alias, operations=operations, require_alias=True)
        except IndexRejectedError as error:
            return self._refused(documents, size, error)
        except SearchIndexError as error:
            if isinstance(error, IndexTimeoutError) or _status(error) == _OVERLOADED:
                self._size.overloaded(size)
            raise IndexUnavailableError(str(error)) from error
        items = [item["index"] for item in answer.body["items"]]
        self._learn(items, size)
        return [_verdict(item, alias) for item in items]

    def _refused(self, documents: Sequence[Versioned], size: int, error: IndexRejectedError) -> list[Verdict] | None:
        if error.status not in _OF_THE_DOCUMENT or (error.status == _BAD_REQUEST and not _is_from_the_index(error)):
            raise IndexUnavailableError(str(error)) from error
        if error.status == _TOO_LARGE:
            self._size.too_large(size)
        if len(documents) > 1:
            return None
        name = "too_large" if error.status == _TOO_LARGE else f"http_{error.status}"
        return [Verdict(Answer.REJECTED, name, error.reason)]

    def _learn(self, items: Sequence[dict[str, Any]], size: int) -> None:
        pushed_back = sum(item.get("error", {}).get("type") in _PUSHED_BACK for item in items)
        if pushed_back * 2 > len(items):
            self._size.overloaded(size)
        elif not pushed_back:
            self._size.worked(size)


def _pieces(documents: Sequence[Versioned], most_bytes: int) -> Iterator[slice]:
    """Cut documents into bulks of at most so many bytes; one that is larger goes alone."""
    start, held = 0, 0
    for number, document in enumerate(documents):
        size = len(document.body)
        if number > start and held + size > most_bytes:
            yield slice(start, number)
            start, held = number, 0
        held += size
    if documents:
        yield slice(start, len(documents))


def _halves(piece: slice) -> tuple[slice, slice]:
    middle = (piece.start + piece.stop) // 2
    return slice(middle, piece.stop), slice(piece.start, middle)


def _status(error: SearchIndexError) -> int | None:
    cause = error.__cause__
    return cause.status_code if isinstance(cause, ApiError) else None


def _is_from_the_index(error: SearchIndexError) -> bool:
    """Tell Elasticsearch's own answer from that of a proxy before it, which knows nothing of documents."""
    cause = error.__cause__
    return isinstance(cause, ApiError) and "x-elastic-product" in cause.meta.headers


def _action(document: Versioned) -> bytes:
    return orjson.dumps({"index": {"_id": document.asset_id, "version": document.version, "version_type": "external"}})


def _verdict(item: dict[str, Any], alias: str) -> Verdict:
    status, error = item["status"], item.get("error") or {}
    if status in (200, 201):
        return Verdict(Answer.STORED)
    if status == _CONFLICT:
        return Verdict(Answer.ALREADY)
    # Where a document's content is refused the answer names the index. One that still names the alias got no further:
    # its index is closed, or the alias has no write index. Elasticsearch says 400 to both.
    refused = status in _OF_THE_DOCUMENT and item["_index"] != alias
    answer = Answer.REJECTED if refused else Answer.LATER
    return Verdict(answer, str(error.get("type", f"http_{status}")), _reason(error))


def _reason(error: dict[str, Any]) -> str:
    cause = error.get("caused_by") or {}
    words = [str(error.get("reason", "")), str(cause.get("reason", ""))]
    return "; ".join(dict.fromkeys(word for word in words if word))


def require_index(client: Elasticsearch, alias: str, spaces: IndexSpaces) -> None:
    """Make sure that there is an index to write to, and that it holds vectors of our models.

    Raises:
        IndexNotReadyError: There is none, or of other models; both names and the way out are told.
        IndexUnavailableError: Elasticsearch does not answer; trying again may help.
    """
    try:
        require_index_for(client, alias, spaces)
    except (SchemaMismatchError, SpaceMismatchError) as error:
        raise IndexNotReadyError(str(error)) from error
    except SearchIndexUnavailableError as error:
        raise IndexUnavailableError(str(error)) from error
    except SearchIndexError as error:
        raise IndexNotReadyError(str(error)) from error

"""Stores documents in Elasticsearch, in bulks with external versions.

Source: Elasticsearch's bulk API; facts measured on 9.5.3 are told where they decide something.
"""

from collections.abc import Sequence
from typing import Any

import orjson
from elasticsearch import Elasticsearch

from damsight_consumer.errors import IndexNotReadyError, IndexUnavailableError
from damsight_consumer.ports import Answer, Verdict, Versioned
from damsight_index.connection import translated
from damsight_index.errors import IndexRejectedError, SearchIndexError
from damsight_index.errors import IndexUnavailableError as SearchIndexUnavailableError
from damsight_index.generations import require_same_spaces, spaces_in
from damsight_schemas.errors import SpaceMismatchError
from damsight_schemas.space import IndexSpaces

_CONFLICT = 409
_TOO_LARGE = 413
# A missing alias, a read-only block and a refused login are somebody's to mend, and no fault of the document.
_LATER = {401, 403, 404, 408, 429, 500, 502, 503, 504}


class BulkWriter:
    """Writes through the write alias, never to an index by name, and never creates one by accident.

    Args:
        client: From `damsight_index.connection.connect`; it must not retry by itself.
        alias: The write alias.
    """

    def __init__(self, client: Elasticsearch, alias: str) -> None:
        self._client = client
        self._alias = alias

    def write(self, documents: Sequence[Versioned]) -> list[Verdict]:
        """Try once; see `damsight_consumer.ports.DocumentWriter`.

        A bulk that is refused as a whole is halved until the one that is to blame stands alone: a single bad line
        fails the whole request with 400.
        """
        operations: list[Any] = []
        for document in documents:
            operations += (_action(document), document.body)
        try:
            with translated(f"storing {len(documents):,} documents in {self._alias!r}"):
                answer = self._client.bulk(index=self._alias, operations=operations, require_alias=True)
        except IndexRejectedError as error:
            return self._halved(documents, error)
        except SearchIndexError as error:
            raise IndexUnavailableError(str(error)) from error
        return [_verdict(item["index"]) for item in answer.body["items"]]

    def _halved(self, documents: Sequence[Versioned], error: IndexRejectedError) -> list[Verdict]:
        if error.status in _LATER:
            raise IndexUnavailableError(str(error)) from error
        if len(documents) == 1:
            name = "too_large" if error.status == _TOO_LARGE else f"http_{error.status}"
            return [Verdict(Answer.REJECTED, name, error.reason)]
        middle = len(documents) // 2
        return self.write(documents[:middle]) + self.write(documents[middle:])


def _action(document: Versioned) -> bytes:
    return orjson.dumps({"index": {"_id": document.asset_id, "version": document.version, "version_type": "external"}})


def _verdict(item: dict[str, Any]) -> Verdict:
    status, error = item["status"], item.get("error") or {}
    if status in (200, 201):
        return Verdict(Answer.STORED)
    if status == _CONFLICT:
        return Verdict(Answer.ALREADY)
    answer = Answer.LATER if status in _LATER else Answer.REJECTED
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
        require_same_spaces(spaces_in(client, alias), spaces, index=alias)
    except SpaceMismatchError as error:
        raise IndexNotReadyError(str(error)) from error
    except SearchIndexUnavailableError as error:
        raise IndexUnavailableError(str(error)) from error
    except SearchIndexError as error:
        raise IndexNotReadyError(str(error)) from error

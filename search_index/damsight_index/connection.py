"""The client, and the translation of its errors. Nothing connects before the first request."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from elastic_transport import ConnectionTimeout, TransportError
from elastic_transport.client_utils import DEFAULT
from elasticsearch import ApiError, Elasticsearch
from elasticsearch.exceptions import UnsupportedProductError
from elasticsearch.serializer import OrjsonSerializer

from damsight_index.errors import (
    IndexAccessError,
    IndexConflictError,
    IndexMissingError,
    IndexRejectedError,
    IndexTimeoutError,
    IndexUnavailableError,
    SearchIndexError,
)
from damsight_schemas.connections import ElasticsearchSettings

# FastAPI answers in up to 40 threads; fewer connections would make them queue.
CONNECTIONS = 40
_BY_STATUS: dict[int, type[SearchIndexError]] = {
    401: IndexAccessError,
    403: IndexAccessError,
    404: IndexMissingError,
    408: IndexTimeoutError,
    409: IndexConflictError,
    429: IndexUnavailableError,
    502: IndexUnavailableError,
    503: IndexUnavailableError,
    504: IndexTimeoutError,
}


def connect(settings: ElasticsearchSettings) -> Elasticsearch:
    """Return a client for the server that the settings name; nothing connects yet.

    It never retries by itself: whoever calls knows whether a repeat is safe. Close it when done.
    """
    password = settings.password.get_secret_value() if settings.password else ""
    return Elasticsearch(
        settings.url,
        api_key=settings.api_key.get_secret_value() if settings.api_key else None,
        basic_auth=(settings.username, password) if settings.username else None,
        request_timeout=settings.timeout_s,
        connections_per_node=CONNECTIONS,
        max_retries=0,
        retry_on_timeout=False,
        serializer=OrjsonSerializer(),
        ca_certs=settings.ca_certs or DEFAULT,
    )


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Turn the client's errors into ours.

    Args:
        doing: What was being done, to begin the message with, as in "searching index 'assets'".

    Raises:
        SearchIndexError: One of its kinds, by what happened.
    """
    try:
        yield
    except ConnectionTimeout as error:
        raise IndexTimeoutError(f"{doing}: Elasticsearch did not answer in time ({error})") from error
    except (TransportError, UnsupportedProductError) as error:
        raise IndexUnavailableError(
            f"{doing}: Elasticsearch cannot be reached ({error}). Check that it runs and that "
            f"DAMSIGHT_ELASTICSEARCH__URL names it."
        ) from error
    except ApiError as error:
        raise translate(error, doing) from error


def translate(error: ApiError, doing: str) -> SearchIndexError:
    """Return our error for an answer that Elasticsearch gave with an error status."""
    status = error.status_code
    reason = reason_of(error.body) or str(error)
    message = f"{doing}: Elasticsearch answered {status}: {reason}"
    kind = IndexConflictError if _is_already_there(error.body) else _BY_STATUS.get(status)
    if kind is None:
        return IndexRejectedError(message, status=status, reason=reason)
    if kind is IndexMissingError:
        message += ". Create the index with `damsight index create`."
    if kind is IndexAccessError:
        message += ". Check the credentials in DAMSIGHT_ELASTICSEARCH__API_KEY or __USERNAME and __PASSWORD."
    return kind(message)


def _is_already_there(body: Any) -> bool:
    error = body.get("error") if isinstance(body, dict) else None
    return isinstance(error, dict) and error.get("type") == "resource_already_exists_exception"


def reason_of(body: Any) -> str:
    """Return the innermost reason that an error answer tells, or an empty string."""
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return str(error or "")
    causes = error.get("root_cause") or [error]
    first = causes[0] if isinstance(causes[0], dict) else {}
    deeper = error.get("caused_by") or {}
    words = [str(first.get("reason", "")), str(deeper.get("reason", ""))]
    return "; ".join(dict.fromkeys(word for word in words if word))

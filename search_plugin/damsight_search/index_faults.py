"""What goes wrong at the index, in the search's own errors."""

from collections.abc import Iterator
from contextlib import contextmanager

from damsight_index.errors import IndexRejectedError, IndexTimeoutError, SearchIndexError
from damsight_search.errors import IndexRefusedError, SearchTimeoutError, SearchUnavailableError


@contextmanager
def searchs_errors() -> Iterator[None]:
    """Turn the index's errors into the search's.

    Raises:
        SearchTimeoutError: It did not end in time.
        IndexRefusedError: The request itself is refused.
        SearchUnavailableError: Anything else: nothing answers, or not for us.
    """
    try:
        yield
    except IndexTimeoutError as error:
        raise SearchTimeoutError(str(error)) from error
    except IndexRejectedError as error:
        raise IndexRefusedError(str(error)) from error
    except SearchIndexError as error:
        raise SearchUnavailableError(str(error)) from error

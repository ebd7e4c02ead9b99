"""What goes wrong at the index, in the search's own errors."""

from collections.abc import Iterator
from contextlib import contextmanager

from damsight_index.errors import IndexMissingError, IndexRejectedError, IndexTimeoutError, SearchIndexError
from damsight_search.errors import FrozenViewGoneError, IndexRefusedError, SearchTimeoutError, SearchUnavailableError


@contextmanager
def searchs_errors(*, frozen: bool = False) -> Iterator[None]:
    """Turn the index's errors into the search's.

    Args:
        frozen: The request names a view of the index and no index, so it is the view that is not there.

    Raises:
        FrozenViewGoneError: That view is kept no longer.
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
    except IndexMissingError as error:
        raise (FrozenViewGoneError if frozen else SearchUnavailableError)(str(error)) from error
    except SearchIndexError as error:
        raise SearchUnavailableError(str(error)) from error

"""The index's one error tree. Every vendor error is translated into one of these (damsight_index.connection)."""


class SearchIndexError(Exception):
    """Something between us and Elasticsearch went wrong."""


class IndexUnavailableError(SearchIndexError):
    """Elasticsearch does not answer, is overloaded, or lost shards: trying again may help."""


class IndexTimeoutError(IndexUnavailableError):
    """Elasticsearch did not answer in time."""


class IndexAccessError(SearchIndexError):
    """Elasticsearch refuses our credentials: trying again does not help."""


class IndexMissingError(SearchIndexError):
    """The index or alias is not there; the message tells the command that makes it."""


class IndexConflictError(SearchIndexError):
    """A write met an equal or newer version, or an index of that name is already there."""


class IndexRejectedError(SearchIndexError):
    """Elasticsearch refuses the request itself: trying again does not help.

    Attributes:
        status: The HTTP status.
        reason: Elasticsearch's own words.
    """

    def __init__(self, message: str, *, status: int, reason: str) -> None:
        self.status = status
        self.reason = reason
        super().__init__(message)


class GenerationError(SearchIndexError):
    """A generation cannot be created or switched to as asked; the message says what to do."""

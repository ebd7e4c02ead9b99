"""The consumer's one error tree. Every vendor error is translated into one of these at its adapter."""


class ConsumerError(Exception):
    """Something on the way from an event to its document went wrong."""


class SettingsError(ConsumerError):
    """A setting is wrong; the message names it and what it takes."""


class OffsetError(ConsumerError):
    """A commit would go backwards or past what was delivered: a fault of ours, never of an event."""


class MediaAccessError(ConsumerError):
    """The bytes of an asset were not read.

    Attributes:
        reason: One stable word for counting.
    """

    def __init__(self, reason: str, message: str) -> None:
        self.reason = reason
        super().__init__(message)


class MediaRefusedError(MediaAccessError):
    """A rule or a limit forbids to read them: trying again does not help."""


class MediaMissingError(MediaAccessError):
    """They are not there, or not those that the event tells of: they may come a moment later."""


class StorageUnavailableError(MediaAccessError):
    """The storage does not answer or is overloaded: trying again may help."""


class IndexUnavailableError(ConsumerError):
    """Elasticsearch does not take documents now: trying again may help."""


class IndexNotReadyError(ConsumerError):
    """There is no index to write to, or it cannot be used; the message tells the command that makes it."""


class PreviewStoreUnavailableError(ConsumerError):
    """The store of previews does not work now: trying again later may help."""


class DeadLettersUnavailableError(ConsumerError):
    """The dead letters' topic does not acknowledge now: trying again may help."""


class StandingSearchesRefusedError(ConsumerError):
    """The standing searches may not be read: somebody's to mend, and until then there are none."""


class RecordTooLargeError(DeadLettersUnavailableError):
    """A topic does not take even the smallest form of a record; only its own limit can be changed."""


class SourceError(ConsumerError):
    """Kafka refuses us: the credentials, the group or the topic are wrong."""


class FencedError(SourceError):
    """Another member took this one's place in the group; this process must end."""


class AbandonedError(ConsumerError):
    """The consumer is stopping and no longer waits; the event stays uncommitted and comes again."""


class CatalogueError(ConsumerError):
    """The DAM's list cannot be read, or is not one to act on; nothing was changed."""

"""The publisher's one error tree."""

from damsight_publisher.records import PublishReport


class PublishError(Exception):
    """Publishing cannot go on; the message says what happened and what to do."""


class SettingsError(PublishError):
    """A setting or an option is wrong."""


class SourceError(PublishError):
    """The folder or the file to publish cannot be read at all."""


class JournalError(PublishError):
    """The note of what was published cannot be read or written."""


class BrokerError(PublishError):
    """Kafka cannot be reached, or refuses everything; publishing again goes on where this ended.

    Attributes:
        report: What was done before; None where nothing was begun.
    """

    report: PublishReport | None = None


class ItemError(PublishError):
    """One asset cannot be published; the others can."""

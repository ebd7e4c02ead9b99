"""Everything that can go wrong with the local servers, one tree; each message names the fix."""


class StackError(Exception):
    """The local servers cannot do what was asked; the message says why and what to do."""


class JavaNotFoundError(StackError):
    """No Java that can run the servers was found."""


class JarLockError(StackError):
    """The lock of jars is damaged or not a lock."""


class DownloadError(StackError):
    """A jar could not be fetched: no network, or the repository refused."""


class JarCorruptedError(StackError):
    """A fetched jar has not the SHA-256 that the lock states."""


class DiskFullError(StackError):
    """A folder that must be written has no room left."""


class FolderNotUsableError(StackError):
    """The stack's folder or the cache cannot be created or written."""


class PortTakenError(StackError):
    """Another program listens on the port that a server was told to use."""


class ServerDiedError(StackError):
    """A server ended while it was starting; the message holds the end of its log."""


class NotReadyError(StackError):
    """A server runs but did not do its first piece of work in time."""


class StopFailedError(StackError):
    """A server could not be stopped."""


class NotRunningError(StackError):
    """What was asked needs a running stack or server, and there is none."""


class AnalysisNotBuiltError(StackError):
    """The module with Lucene's analyzers could not be compiled."""

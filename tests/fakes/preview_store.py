"""A store of previews in memory."""

import threading

from damsight_consumer.errors import PreviewStoreUnavailableError


class FakePreviewStore:
    """See `damsight_consumer.ports.PreviewStore`.

    Attributes:
        files: By key.
        troubles: How many of the next calls fail.
        asked: How often it was called.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.troubles = 0
        self.asked = 0
        self._lock = threading.Lock()

    def put(self, key: str, data: bytes) -> None:
        with self._lock:
            self._suffer()
            self.files[key] = data

    def delete(self, prefix: str) -> None:
        with self._lock:
            self._suffer()
            gone = [key for key in self.files if key == prefix or key.startswith(f"{prefix}/")]
            for key in gone:
                del self.files[key]

    def _suffer(self) -> None:
        self.asked += 1
        if self.troubles > 0:
            self.troubles -= 1
            raise PreviewStoreUnavailableError("the fake store does not answer")

"""What the pipeline asks of the world. No vendor; each has one fake (tests/fakes) held to the same suite."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from damsight_consumer.compose import NOTHING_FOUND, Findings
from damsight_consumer.plan import NOTHING_TYPED, caption_text
from damsight_consumer.records import DeadLetter, Delivery, Postponed, Receipt
from damsight_encoders.content import Picture
from damsight_schemas.asset import AssetMetadata, Media


class EventSource(Protocol):
    """Where events come from, and where it is noted that they are done. One thread calls all of it."""

    def poll(self) -> list[Delivery]:
        """Return what came, waiting a moment (0.1 to 0.2 s) where there is nothing.

        Raises:
            SourceError: We are refused, or fenced off; trying again does not help.
        """
        ...

    def hold(self, *, paused: bool) -> None:
        """Deliver nothing more, beginning with the next poll, until told otherwise; keep polling meanwhile."""
        ...

    def done(self, receipt: Receipt) -> None:
        """Note that a delivery's document is stored, or its dead letter is acknowledged."""
        ...

    def commit(self, *, wait: bool = False) -> None:
        """Commit, per partition, the first delivered offset that is not done, or the position where all is done.

        Args:
            wait: Until the broker acknowledges; otherwise only send.

        Raises:
            FencedError: Another member took our place.
        """
        ...

    def has_partitions(self) -> bool:
        """Tell whether anything is assigned to us now; any thread may ask."""
        ...

    def is_alive(self) -> bool:
        """Tell whether it can still deliver anything; any thread may ask."""
        ...

    def close(self) -> None:
        """Leave the group; commit nothing more than was committed."""
        ...


class Fetcher(Protocol):
    """Reads an asset's bytes. Any number of threads call it."""

    def fetch(self, media: Media, allow: Callable[[int], None]) -> bytes:
        """Return the bytes.

        Args:
            media: Where they are, and what they should be.
            allow: Called once, before anything is read, with the most bytes that will be held; it may block.

        Raises:
            MediaRefusedError: A rule or a limit forbids it.
            MediaMissingError: They are not there, or not those that the event tells of.
            StorageUnavailableError: The storage does not answer; trying again may help.
        """
        ...


class Answer(StrEnum):
    """What the index says to one document."""

    STORED = "stored"
    ALREADY = "already"
    LATER = "later"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Versioned:
    """A document that is ready to be stored.

    Attributes:
        version: External; the greater wins, an equal one is a repeat.
        body: JSON.
    """

    asset_id: str
    version: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Verdict:
    """The index's answer to one document.

    Attributes:
        error: Its name for what is wrong, where it was not stored.
        message: Its words.
    """

    answer: Answer
    error: str = ""
    message: str = ""


class DocumentWriter(Protocol):
    """Stores documents. Several threads call it."""

    def write(self, documents: Sequence[Versioned]) -> list[Verdict]:
        """Try once to store them, and return one verdict each, in order.

        Raises:
            IndexUnavailableError: Nothing is known of any of them; all must be tried again.
        """
        ...


@dataclass(frozen=True, slots=True)
class Stored:
    """What the index holds of an asset.

    Attributes:
        version: External, of the document; see `damsight_schemas.version`.
        deleted: It is a tombstone.
        metadata: What was typed, as far as vectors are made of it: title, caption, description, tags, collections,
            creator and filename.
        findings: What was found; vectors and frames only where vectors were asked for.
    """

    version: int
    deleted: bool = False
    metadata: AssetMetadata = NOTHING_TYPED
    findings: Findings = NOTHING_FOUND

    @property
    def caption_text(self) -> str:
        """The words that its caption vector was made of."""
        return caption_text(self.metadata, self.findings.generated_caption)


class StoredAssets(Protocol):
    """Tells what the index holds. Several threads call it."""

    def look_up(self, asset_ids: Sequence[str], *, vectors: bool = False) -> dict[str, Stored]:
        """Return what is stored now, searchable or not; assets that the index does not know are left out.

        Args:
            asset_ids: Which.
            vectors: Bring the vectors too, which costs much more.

        Raises:
            IndexUnavailableError: It cannot be told now.
        """
        ...


class Retries(Protocol):
    """Keeps what is tried again later. Several threads call it."""

    def publish(self, postponed: Sequence[Postponed]) -> None:
        """Return only when every record is acknowledged by all replicas.

        Raises:
            DeadLettersUnavailableError: Some are not; all must be sent again.
        """
        ...

    def close(self) -> None:
        """Let go of the connections."""
        ...


class DeadLetters(Protocol):
    """Keeps what could not be taken. Several threads call it."""

    def publish(self, letters: Sequence[DeadLetter]) -> None:
        """Return only when every letter is acknowledged by all replicas.

        Raises:
            DeadLettersUnavailableError: Some are not; all must be sent again.
        """
        ...

    def close(self) -> None:
        """Let go of the connections."""
        ...


@dataclass(frozen=True, slots=True)
class Drawn:
    """A thumbnail or a preview, drawn.

    Attributes:
        kind: Which of the two.
        key: Where it is to lie; see `damsight_schemas.preview_keys`.
        data: WebP.
    """

    kind: Literal["thumbnail", "preview"]
    key: str
    data: bytes


Drawing = Callable[[str, Picture], Sequence[Drawn]]
"""Draws an asset's previews, given its id and the picture that stands for it. Any number of threads call it."""

Blur = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]
"""Makes faces unrecognisable in a picture of (height, width, 3) uint8, sRGB, and leaves what it is given as it is."""


class PreviewStore(Protocol):
    """Keeps thumbnails and previews. Several threads call it."""

    def put(self, key: str, data: bytes) -> None:
        """Store, whole or not at all; what is there under the same key is the same, and may be written again.

        Raises:
            PreviewStoreUnavailableError: It does not take it now; trying again may help.
        """
        ...

    def delete(self, prefix: str) -> None:
        """Delete what lies under a key, or in a folder with all that is in it; nothing there is no error.

        Raises:
            PreviewStoreUnavailableError: It does not answer now; some may be gone.
        """
        ...

"""The values that go through the publisher."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from damsight_schemas.asset import PUBLIC, AssetMetadata, Media

MOST_REMARKS = 1000

Kind = Literal["created", "updated", "deleted"]
Outcome = Literal["created", "updated", "deleted", "unchanged", "skipped", "failed"]


@dataclass(frozen=True, slots=True)
class PublishOptions:
    """How one folder or file is published.

    Attributes:
        source: The name under which assets go; by default the folder's or the file's own.
        acl: Who may see the assets: ``public``, ``user:...``, ``group:...``.
        language: Of the metadata, as in ``en`` or ``pt-BR``.
        gps: Take the place of a picture too.
        zone: For times without one, an IANA name; by default the computer's own.
        base_url: In place of file://, the address below which the folder's files can be read.
        backfill: Publish to the backfill topic, which yields to live events.
        again: Publish what is unchanged too.
        delete_missing: Publish a deletion for what vanished. By default a folder does, unless more than half vanished,
            and a JSONL file does not.
        dry_run: Find out what would be published; send and note nothing.
    """

    source: str | None = None
    acl: tuple[str, ...] = (PUBLIC,)
    language: str = ""
    gps: bool = False
    zone: str | None = None
    base_url: str | None = None
    backfill: bool = False
    again: bool = False
    delete_missing: bool | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A file in a folder.

    Attributes:
        path: Where it is.
        relative: Below the folder, with forward slashes.
        stamp: Size and times; as long as it is the same, so is the file.
        modified_s: When its bytes last changed, in seconds since 1970.
    """

    path: Path
    relative: Path
    stamp: str
    modified_s: float


@dataclass(frozen=True, slots=True)
class Draft:
    """An asset as it should be published.

    Attributes:
        asset_id: Its id.
        media: Where its bytes are; None with a deletion, or for an asset without any.
        metadata: What is known about it.
        acl: Who may see it.
        revision: Where the source counts them itself.
        place: Where it was found: the relative path's bytes, or the line's number.
        stamp: Lets an unchanged file be known without reading it; empty where there is none.
        deleted: It is gone.
        notes: What was left out of its metadata, and why.
    """

    asset_id: str
    media: Media | None = None
    metadata: AssetMetadata = field(default_factory=AssetMetadata)
    acl: tuple[str, ...] = ()
    revision: int | None = None
    place: bytes = b""
    stamp: str = ""
    deleted: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of an event that was sent.

    Attributes:
        problem: Why Kafka did not take it; None where it did.
    """

    asset_id: str
    revision: int
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to tell a person: where, and what.

    Attributes:
        where: The file, or the file and the line.
    """

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


@dataclass(slots=True)
class PublishReport:
    """What a run did.

    Attributes:
        source: The name under which the assets went.
        topic: To which.
        counts: Assets by outcome; "skipped" counts files that are no media.
        problems: What could not be published, and why.
        notes: What was published without something, and why.
        interrupted: It was stopped before its end; what was acknowledged is noted.
    """

    source: str
    topic: str
    counts: dict[Outcome, int] = field(
        default_factory=lambda: dict.fromkeys(("created", "updated", "deleted", "unchanged", "skipped", "failed"), 0)
    )
    problems: list[Remark] = field(default_factory=list)
    notes: list[Remark] = field(default_factory=list)
    interrupted: bool = False

    @property
    def published(self) -> int:
        """Events that Kafka acknowledged."""
        return self.counts["created"] + self.counts["updated"] + self.counts["deleted"]

    def fail(self, where: str, what: str) -> None:
        """Note an asset that could not be published."""
        self.counts["failed"] += 1
        self.warn(where, what)

    def warn(self, where: str, what: str) -> None:
        """Note a problem; of very many, the first."""
        if len(self.problems) < MOST_REMARKS:
            self.problems.append(Remark(where, what))

    def remark(self, where: str, what: str) -> None:
        """Note what an asset was published without; of very many, the first."""
        if len(self.notes) < MOST_REMARKS:
            self.notes.append(Remark(where, what))


@dataclass(frozen=True, slots=True)
class PublishProgress:
    """How far a run is.

    Attributes:
        step: "scan" counts files found, "publish" assets done, "watch" waits for changes.
        done: So many.
        total: Of so many; 0 where it is not known.
        message: A line for a person; empty most of the time.
    """

    step: Literal["scan", "publish", "watch"]
    done: int = 0
    total: int = 0
    message: str = ""


OnProgress = Callable[[PublishProgress], None]


def silent(_progress: PublishProgress) -> None:
    """Tell nobody."""

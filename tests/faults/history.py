"""Made-up lives of assets, by a seed: what a DAM would tell of them, in the order in which it happened."""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from damsight_schemas.asset import AssetMetadata, Media
from damsight_schemas.events import AssetChanged, AssetEvent, changed, deleted
from examples import pictures

SOURCE = "/dams/faults"
COLOURS = ("red", "green", "blue", "yellow", "orange", "purple", "pink", "brown", "cyan", "grey", "black", "white")
_GROUPS = ("group:press", "group:archive", "user:anna")
_MOST_REVISIONS = 5


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that happened to an asset; all that its event tells follows from it."""

    asset_id: str
    revision: int
    deleted: bool = False
    created: bool = False
    uri: str | None = None

    @property
    def order(self) -> tuple[int, bool]:
        """The greater wins: the newer revision, and of one revision the deletion."""
        return self.revision, self.deleted

    @property
    def title(self) -> str:
        return f"{self.asset_id} as of {self.revision}"

    @property
    def tags(self) -> list[str]:
        return [COLOURS[self.revision % len(COLOURS)], f"tag{self.revision % 7}"]

    @property
    def acl(self) -> list[str]:
        return ["public", _GROUPS[self.revision % len(_GROUPS)]]

    def event(self) -> AssetEvent:
        if self.deleted:
            return deleted(self.asset_id, self.revision, source=SOURCE)
        media = Media(uri=self.uri, mime_type="image/jpeg") if self.uri else None
        words = AssetMetadata(title=self.title, tags=self.tags)
        whole = AssetChanged(asset_id=self.asset_id, revision=self.revision, media=media, metadata=words, acl=self.acl)
        return changed(whole, source=SOURCE, created=self.created)


@dataclass(frozen=True)
class Shares:
    """How often something is so, from 0 to 1.

    Attributes:
        pictures: A revision has a picture.
        missing: A revision has one whose file is not there.
        deleted: An asset ends deleted.
        risen: An asset is deleted in the middle and created anew.
    """

    pictures: float = 0.15
    missing: float = 0.01
    deleted: float = 0.2
    risen: float = 0.05


class Shelf:
    """The pictures on disk that events point to.

    Args:
        folder: Where they are.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.uris: tuple[str, ...] = tuple(self._saved(colour) for colour in COLOURS)
        self.missing = (folder / "never-there.jpg").as_uri()

    def path_of(self, uri: str | None) -> Path | None:
        return None if uri is None else self.folder / uri.rpartition("/")[2]

    def put_late(self, path: Path) -> None:
        """Let a file be there that was not."""
        path.write_bytes((self.folder / f"{COLOURS[0]}.jpg").read_bytes())

    def _saved(self, colour: str) -> str:
        path = self.folder / f"{colour}.jpg"
        path.write_bytes(pictures.jpeg(colour, (32, 24)))
        return path.as_uri()


def lives(assets: int, *, rng: random.Random, shelf: Shelf, prefix: str, shares: Shares) -> Iterator[Change]:
    """Yield what happens to so many assets, one asset after another, about three events each."""
    for number in range(assets):
        yield from _life(f"{prefix}-{number:06d}", rng, shelf, shares)


def _life(asset_id: str, rng: random.Random, shelf: Shelf, shares: Shares) -> Iterator[Change]:
    revision = rng.randint(1, 3)
    ends_deleted = rng.random() < shares.deleted
    yield Change(asset_id, revision, created=True, uri=_uri(rng, shelf, shares))
    for _ in range(rng.randrange(_MOST_REVISIONS - ends_deleted)):
        revision += rng.randint(1, 3)
        if rng.random() < shares.risen:
            yield Change(asset_id, revision, deleted=True)
            revision += 1
        yield Change(asset_id, revision, uri=_uri(rng, shelf, shares))
    if ends_deleted:
        # A DAM may count a deletion as a revision of its own, or not.
        yield Change(asset_id, revision + rng.randint(0, 1), deleted=True)


def _uri(rng: random.Random, shelf: Shelf, shares: Shares) -> str | None:
    drawn = rng.random()
    if drawn < shares.missing:
        return shelf.missing
    return rng.choice(shelf.uris) if drawn < shares.missing + shares.pictures else None


@dataclass(frozen=True)
class Disorder:
    """How badly a delivery mixes events up.

    Attributes:
        near: An event moves by up to so many places.
        late: The share that comes much later, after about a tenth of all the rest.
        again: The share that comes twice or more.
    """

    near: int = 40
    late: float = 0.05
    again: float = 0.1


def mixed_up(changes: Sequence[Change], *, rng: random.Random, disorder: Disorder) -> list[Change]:
    """Return the changes as a bad network delivers them: shuffled, some late, some more than once."""
    far = max(disorder.near, len(changes) // 10)
    placed: list[tuple[float, Change]] = []
    for place, change in enumerate(changes):
        reach = far if rng.random() < disorder.late else disorder.near
        placed.append((place + rng.uniform(0, reach), change))
        while rng.random() < disorder.again:
            placed.append((place + rng.uniform(0, far), change))
    placed.sort(key=lambda each: each[0])
    return [change for _, change in placed]


def newest(changes: Iterable[Change]) -> dict[str, Change]:
    """Return the reference: for each asset what it comes to, whatever the order of the changes."""
    found: dict[str, Change] = {}
    for change in changes:
        known = found.get(change.asset_id)
        if known is None or change.order > known.order:
            found[change.asset_id] = change
    return found

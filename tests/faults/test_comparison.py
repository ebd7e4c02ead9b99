"""The comparison itself: it finds each kind of wrong state, and nothing in a right one."""

import random
from pathlib import Path
from typing import Any

import pytest

from fakes.encoders import fake_encoders
from faults.comparison import Comparison, RightVectors, compare
from faults.history import Change, Disorder, Shares, Shelf, lives, mixed_up, newest

ALIVE = "alive"
PICTURED = "pictured"
LACKING = "lacking"
DEAD = "dead"


class State:
    """A right state of four assets, for tests to spoil."""

    def __init__(self, folder: Path) -> None:
        shelf = Shelf(folder)
        self.vectors = RightVectors(fake_encoders(), shelf)
        changes = [
            Change(ALIVE, 3),
            Change(PICTURED, 5, uri=shelf.uris[0]),
            Change(LACKING, 2, uri=shelf.missing),
            Change(DEAD, 4, deleted=True),
        ]
        self.expected = newest(changes)
        self.stored = {change.asset_id: self._document(change) for change in changes}

    def _document(self, change: Change) -> dict[str, Any]:
        body: dict[str, Any] = {"asset_id": change.asset_id, "revision": change.revision, "deleted": change.deleted}
        if change.deleted:
            return {**body, "acl": []}
        body |= {"title": change.title, "tags": change.tags, "acl": change.acl}
        picture, caption = self.vectors.picture(change), self.vectors.caption(change)
        body |= {"uri": change.uri} if change.uri else {}
        body |= {"image_vector": picture.tolist()} if picture is not None else {}
        body |= {"caption_vector": caption.tolist()}
        return body | ({"problem": {"error": "missing"}} if change.asset_id == LACKING else {})

    def compare(self) -> Comparison:
        return compare(self.expected, self.stored, self.vectors)


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path)


def test_a_right_state_is_clean(state: State) -> None:
    """Every asset is as it should be, and the comparison says so."""
    found = state.compare()
    assert found.is_clean
    assert found.compared == 4


@pytest.mark.parametrize("asset_id", [ALIVE, PICTURED, LACKING, DEAD])
def test_what_is_not_there_is_missing(state: State, asset_id: str) -> None:
    """A tombstone counts as much as a document: without it a late event would resurrect the asset."""
    del state.stored[asset_id]
    assert state.compare() == Comparison(4, missing=[asset_id])


def test_an_older_revision_is_stale(state: State) -> None:
    """Also where the older one is a tombstone, and where only the tombstone is older."""
    state.stored[ALIVE]["revision"] = 2
    state.stored[PICTURED] = {"asset_id": PICTURED, "revision": 4, "deleted": True}
    state.stored[DEAD]["revision"] = 3
    assert state.compare() == Comparison(4, stale=[ALIVE, PICTURED, DEAD])


@pytest.mark.parametrize("revision", [3, 4, 5])
def test_a_deleted_asset_that_is_there_is_resurrected(state: State, revision: int) -> None:
    """Whatever the revision that it claims."""
    state.stored[DEAD] |= {"deleted": False, "revision": revision}
    assert state.compare() == Comparison(4, resurrected=[DEAD])


def test_a_living_asset_under_its_own_tombstone_is_missing(state: State) -> None:
    """Nobody can find it."""
    state.stored[ALIVE]["deleted"] = True
    assert state.compare() == Comparison(4, missing=[ALIVE])


@pytest.mark.parametrize(
    ("asset_id", "name", "value"),
    [
        (ALIVE, "title", "another's"),
        (ALIVE, "tags", []),
        (ALIVE, "acl", ["public"]),
        (ALIVE, "uri", "file:///x.jpg"),
        (ALIVE, "revision", 9),
        (ALIVE, "caption_vector", None),
        (ALIVE, "image_vector", [1.0] * 128),
        (ALIVE, "problem", {"error": "missing"}),
        (PICTURED, "image_vector", None),
        (DEAD, "title", "still there"),
        (DEAD, "revision", 9),
    ],
)
def test_a_field_that_differs_is_named(state: State, asset_id: str, name: str, value: object) -> None:
    """Each field that an event tells, and each vector."""
    state.stored[asset_id][name] = value
    assert state.compare() == Comparison(4, wrong=[f"{asset_id}.{name}"])


def test_vectors_of_another_asset_and_a_silent_lack_are_wrong(state: State) -> None:
    """A vector that is a vector, but not this one's; and a picture that lacks without a word."""
    state.stored[ALIVE]["caption_vector"] = state.stored[PICTURED]["caption_vector"]
    del state.stored[LACKING]["problem"]
    assert state.compare() == Comparison(4, wrong=[f"{ALIVE}.caption_vector", f"{LACKING}.problem"])


def test_what_nobody_told_of_is_unknown(state: State) -> None:
    """An index that holds another's assets is no clean one."""
    state.stored["stranger"] = state.stored[ALIVE]
    assert state.compare() == Comparison(4, unknown=["stranger"])


def test_the_reference_does_not_depend_on_the_order(tmp_path: Path) -> None:
    """Shuffled, late and duplicated, a history comes to the same; and the disorder is a real one."""
    rng = random.Random(7)  # noqa: S311  a seeded test
    changes = list(lives(500, rng=rng, shelf=Shelf(tmp_path), prefix="a", shares=Shares()))
    mixed = mixed_up(changes, rng=rng, disorder=Disorder())
    assert newest(mixed) == newest(changes)
    assert len(mixed) > len(changes) * 1.05
    seen: dict[str, tuple[int, bool]] = {}
    older = 0
    for change in mixed:
        older += change.order < seen.get(change.asset_id, change.order)
        seen[change.asset_id] = max(change.order, seen.get(change.asset_id, change.order))
    assert older > 100
    ends = newest(changes).values()
    assert 50 < sum(change.deleted for change in ends) < 150
    assert any(change.uri == Shelf(tmp_path).missing for change in ends)

"""Ids are stable, and revisions only grow."""

import os
from pathlib import Path, PurePath

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from damsight_publisher.errors import ItemError
from damsight_publisher.identity import asset_id, event_id, next_revision, slug, source_name
from damsight_schemas.asset import MAX_REVISION, AssetId


def test_an_id_is_the_sources_and_the_paths() -> None:
    """The same path in the same source has the same id, on every computer and in every run."""
    assert asset_id("press", PurePath("2019/pier.jpg")) == asset_id("press", PurePath("2019") / "pier.jpg")
    assert asset_id("press", PurePath("a.jpg")) != asset_id("archive", PurePath("a.jpg"))


@given(st.binary(min_size=1, max_size=4096).filter(lambda name: b"\0" not in name))
def test_every_path_has_an_id(name: bytes) -> None:
    """Whatever bytes a path holds, surrogates and controls included, its id keeps the contract."""
    TypeAdapter(AssetId).validate_python(asset_id("press", PurePath(os.fsdecode(name))))


def test_two_folders_of_one_name_are_two_sources() -> None:
    """Without a name given, the folder's place tells it apart."""
    assert source_name(Path("/one/Pictures 2019")) != source_name(Path("/two/Pictures 2019"))
    assert source_name(Path("/one/Pictures 2019")).startswith("pictures-2019-")
    assert source_name(Path("/")).startswith("assets-")
    assert slug("Größe & Maß") == "gr-e-ma"


@given(st.lists(st.integers(min_value=-(10**12), max_value=10**13), min_size=1, max_size=50))
def test_revisions_grow_whatever_the_clock_does(clock: list[int]) -> None:
    """With the journal, each revision is greater than the last, though the clock goes back."""
    last: int | None = None
    for now in clock:
        revision = next_revision(last, now)
        assert revision > (last or 0)
        last = revision


def test_revisions_grow_when_the_journal_is_lost() -> None:
    """Without the journal, the clock makes the next revision greater than all before it."""
    before = next_revision(next_revision(None, 1_700_000_000_000), 1_700_000_000_000)
    assert next_revision(None, 1_700_000_000_500) > before


def test_the_last_revision_is_told() -> None:
    """Where no greater revision can be sent, that is an error and not an overflow."""
    with pytest.raises(ItemError, match="no greater one"):
        next_revision(MAX_REVISION, 1)


def test_event_ids_are_the_same_for_the_same_revision() -> None:
    """A repeat can be known by its id; another revision has another."""
    assert event_id("/s", "a", 1) == event_id("/s", "a", 1)
    assert len({event_id("/s", "a", 1), event_id("/s", "a", 2), event_id("/s", "b", 1), event_id("/t", "a", 1)}) == 4

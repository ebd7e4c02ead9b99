"""The DAM's list: every bad line is told of with its number, and a host adapter lists as a file does."""

import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from damsight_consumer.errors import CatalogueError
from damsight_consumer.reconcile.comparison import Comparison, Moment, Report
from damsight_consumer.reconcile.findings import Indexed, Verdict
from damsight_consumer.reconcile.hosts import entries_of_host
from damsight_consumer.reconcile.ledger import Ledger, opened_ledger
from damsight_consumer.reconcile.lines import BadEntry, GoodEntry, entries_of
from damsight_schemas.catalogue import CatalogueEntry, acl_hash

WHOLE: dict[str, Any] = {
    "asset_id": "w",
    "revision": 3,
    "media": {"uri": "https://dam.example/w.jpg", "mime_type": "image/jpeg"},
    "metadata": {"title": "x"},
    "acl": ["public", "group:press"],
}
HOST = """
from damsight_schemas.catalogue import CatalogueEntry


class Press:
    def entries(self):
        yield CatalogueEntry(asset_id="a", revision=2)
        yield "b"
        yield CatalogueEntry.model_construct(asset_id="", revision=1, acl_hash=None, asset=None)


class Broken(Press):
    def entries(self):
        yield from super().entries()
        raise OSError("the database went away")


def refuses():
    raise RuntimeError("no credentials")
"""


@settings(deadline=None)
@given(st.lists(st.sampled_from(["public", "user:anna", "user:b", "group:press", "group:Ö"])), st.randoms())
def test_the_hash_of_an_access_list_knows_no_order(principals: list[str], shuffler: random.Random) -> None:
    """Neither order nor repetition counts, and any other list has another hash."""
    other = [*principals, *principals]
    shuffler.shuffle(other)
    assert acl_hash(other) == acl_hash(principals)
    assert acl_hash([*principals, "user:another"]) != acl_hash(principals)


def test_the_hash_is_the_one_that_is_documented() -> None:
    """SHA-256 of the sorted principals, joined by newlines; anybody can make it with sha256sum."""
    # printf 'group:press\npublic' | sha256sum
    assert acl_hash(["public", "group:press"]) == "d50411518759edbecd3513d0beacc7c9ce520948121078c1347a033dda8360b2"
    assert acl_hash([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def read(tmp_path: Path, *lines: Any) -> list[GoodEntry | BadEntry]:
    path = tmp_path / "list.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines))
    return list(entries_of(path))


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "no JSON"),
        ("[1]", "no JSON object but a list"),
        ({"revision": 1}, "asset_id: Field required"),
        ({"asset_id": "", "revision": 1}, "asset_id"),
        ({"asset_id": "a"}, "revision: give it"),
        ({"asset_id": "a", "revision": 0}, "revision"),
        ({"asset_id": "a", "revision": "7"}, "revision"),
        ({"asset_id": "a", "revision": 2**60}, "revision"),
        ({"asset_id": "a", "revision": 1, "acl_hash": "x"}, "acl_hash"),
        ({"asset_id": "a", "revision": 1, "acl_hsh": "x"}, "acl_hsh"),
        ({"asset_id": "a", "revision": 1, "acl": ["everybody"]}, "acl.0"),
        ({**WHOLE, "acl_hash": "0" * 64}, "acl_hash: is not that of acl"),
        ({"asset_id": "a", "revision": 1, "acl": ["public"], "acl_hash": "0" * 64}, "acl_hash: is not that of acl"),
        ({**WHOLE, "media": {"uri": "https://dam.example/1.jpg", "mime_type": "jpeg"}}, "mime_type"),
    ],
    ids=str,
)
def test_a_bad_line_is_told_with_its_number_and_the_rest_goes_on(tmp_path: Path, line: Any, problem: str) -> None:
    """No line ends the comparison."""
    good, bad, after = read(tmp_path, {"asset_id": "a", "revision": 1}, line, {"asset_id": "z", "revision": 1})
    assert isinstance(good, GoodEntry)
    assert isinstance(after, GoodEntry)
    assert isinstance(bad, BadEntry)
    assert bad.place == 2
    assert problem in bad.problem


def test_only_a_whole_line_can_be_repaired(tmp_path: Path) -> None:
    """An event of a line that leaves something out would empty it; a path is read from the file's folder."""
    path = {**WHOLE, "media": {"uri": "pictures/a b.jpg"}}
    unknown = {**WHOLE, "media": {"uri": "pictures/a"}}
    bare = {key: WHOLE[key] for key in ("asset_id", "revision", "acl")}
    deleted = {"asset_id": "d", "deleted": True}
    empty = {**WHOLE, "metadata": None}
    found = read(tmp_path, WHOLE, path, unknown, bare, {**WHOLE, "media": None}, empty, "", deleted)
    entries = [one.entry for one in found if isinstance(one, GoodEntry)]
    assert [entry.asset is not None for entry in entries] == [True, True, False, False, True, False]
    assert {entry.rights for entry in entries} == {acl_hash(WHOLE["acl"])}
    resolved = entries[1].asset
    assert resolved is not None
    assert resolved.media is not None
    assert resolved.media.uri == (tmp_path / "pictures" / "a b.jpg").as_uri()
    assert resolved.media.mime_type == "image/jpeg"


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """In a line that names it."""
    with pytest.raises(CatalogueError, match=r"none\.jsonl cannot be read: No such file"):
        list(entries_of(tmp_path / "none.jsonl"))


def compared(ledger: Ledger, entries: list[GoodEntry | BadEntry]) -> Report:
    moment = Moment(1, is_told=True)
    comparison = Comparison(ledger, source=None, moment=moment, limit=20, on_progress=lambda *_: None)
    comparison.read_list(entries)
    return comparison.report()


def test_an_asset_that_is_listed_twice_is_told_unless_both_say_the_same() -> None:
    """The greater revision is compared, whichever line comes first."""

    def entry(place: int, revision: int, rights: str | None = None) -> GoodEntry:
        return GoodEntry(place, CatalogueEntry(asset_id="a", revision=revision, acl_hash=rights))

    one, other = acl_hash(["public"]), acl_hash([])
    with opened_ledger() as ledger:
        assert compared(ledger, [entry(1, 2), entry(2, 2, one), entry(3, 2, one)]).bad_count == 0
    for places in ((2, 3), (3, 2)):
        with opened_ledger() as ledger:
            ledger.add_indexed([Indexed("a", 2, 1)])
            report = compared(ledger, [entry(number, revision) for number, revision in enumerate(places, start=1)])
            assert "asset 'a' is there twice: at revision" in report.bad[0].problem
            assert report.counts == {Verdict.STALE: 1}
    with opened_ledger() as ledger:
        assert "with other rights in 1" in compared(ledger, [entry(1, 2, one), entry(2, 2, other)]).bad[0].problem


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """A package with host adapters, as an installer leaves it on the path."""
    (tmp_path / "press_dam.py").write_text(HOST)
    info = tmp_path / "press_dam-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: press-dam\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[damsight.catalogues]\npress = press_dam:Press\nbroken = press_dam:Broken\nrefuses = press_dam:refuses\n"
        "gone = press_dam:Gone\nnothing = builtins:int\n"
    )
    return lambda: monkeypatch.syspath_prepend(tmp_path)


def test_a_host_adapter_lists_as_a_file_does(installed: Callable[[], None]) -> None:
    """Found by its entry point; what it makes is checked like a line."""
    installed()
    good, *bad = entries_of_host("press")
    assert isinstance(good, GoodEntry)
    assert (good.entry.asset_id, good.entry.revision) == ("a", 2)
    assert [one.problem.partition(":")[0] for one in bad if isinstance(one, BadEntry)] == [
        "it is a str, not a CatalogueEntry",
        "asset_id",
    ]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("other", "offered are: broken, gone, nothing, press, refuses"),
        ("broken", "broke off after 3 assets: OSError: the database went away"),
        ("refuses", "RuntimeError: no credentials"),
        ("gone", "press_dam:Gone cannot be made"),
        ("nothing", "has no entries()"),
    ],
)
def test_a_host_that_fails_is_told(installed: Callable[[], None], name: str, told: str) -> None:
    """Half a list never counts as a whole one."""
    installed()
    with pytest.raises(CatalogueError) as failed:
        list(entries_of_host(name))
    assert told in str(failed.value)


def test_a_full_disk_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what it takes and where else it could be."""
    with opened_ledger() as ledger:
        ledger._database.execute("PRAGMA max_page_count = 20")
        with pytest.raises(CatalogueError, match="TMPDIR"):
            ledger.add_indexed(Indexed(os.urandom(200).hex(), 1, 1) for _ in range(2000))

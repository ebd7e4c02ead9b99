"""What everybody does who keeps previews: the fake, a folder and an object store alike."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from damsight_consumer.errors import PreviewStoreUnavailableError, SettingsError
from damsight_consumer.ports import PreviewStore
from damsight_consumer.preview_store import FilesystemPreviewStore
from drivers.object_store import BUCKET, ObjectStore, running_object_store
from fakes.preview_store import FakePreviewStore


@dataclass
class Subject:
    """A store, what lies in it, and one of its kind that does not answer."""

    store: PreviewStore
    held: Callable[[], dict[str, bytes]]
    unreachable: PreviewStore


@pytest.fixture(scope="module")
def server() -> Iterator[ObjectStore]:
    with running_object_store() as running:
        yield running


@pytest.fixture(params=["fake", "folder", "s3"])
def subject(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Subject:
    if request.param == "fake":
        store, away = FakePreviewStore(), FakePreviewStore()
        away.troubles = 1_000_000
        return Subject(store, lambda: dict(store.files), away)
    if request.param == "folder":
        root = tmp_path / "kept" / "here"
        (tmp_path / "file").touch()
        away_url = (tmp_path / "file" / "below").as_uri()
        return Subject(FilesystemPreviewStore(root.as_uri()), lambda: _files(root), FilesystemPreviewStore(away_url))
    running: ObjectStore = request.getfixturevalue("server")
    for name, value in running.environment.items():
        monkeypatch.setenv(name, value)
    prefix = f"{tmp_path.name}/"
    kept = FilesystemPreviewStore(f"s3://{BUCKET}/{prefix}")
    return Subject(
        kept,
        lambda: {key.removeprefix(prefix): running.read(key) for key in running.names() if key.startswith(prefix)},
        FilesystemPreviewStore("s3://no-such-bucket/here"),
    )


def _files(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_what_is_put_is_there(subject: Subject) -> None:
    """Under its key and nothing beside it; again, it is the same."""
    for _ in range(2):
        subject.store.put("ab/abc/1-480.webp", b"small")
        subject.store.put("ab/abc/2-1600.webp", b"large")
    assert subject.held() == {"ab/abc/1-480.webp": b"small", "ab/abc/2-1600.webp": b"large"}


def test_a_key_or_a_folder_is_deleted_and_no_other(subject: Subject) -> None:
    """What another client wrote meanwhile is seen; a folder whose name only begins alike stays."""
    for key in ("ab/abc/1-480.webp", "ab/abc/2-1600.webp", "ab/abcd/1-480.webp", "ab/abd/1-480.webp"):
        subject.store.put(key, b"x")
    subject.store.delete("ab/abd/1-480.webp")
    subject.store.delete("ab/abc")
    assert set(subject.held()) == {"ab/abcd/1-480.webp"}
    subject.store.put("ab/abc/3-480.webp", b"y")
    subject.store.delete("ab/abc")
    assert set(subject.held()) == {"ab/abcd/1-480.webp"}


def test_to_delete_what_is_not_there_is_no_error(subject: Subject) -> None:
    """An asset that never had previews is deleted like any other."""
    subject.store.delete("ab/nothing")
    subject.store.put("ab/abc/1-480.webp", b"x")
    subject.store.delete("ab/nothing")
    assert set(subject.held()) == {"ab/abc/1-480.webp"}


def test_a_store_that_does_not_answer_is_trouble(subject: Subject) -> None:
    """Whatever its client raises."""
    with pytest.raises(PreviewStoreUnavailableError):
        subject.unreachable.put("ab/abc/1-480.webp", b"x")


def test_many_threads_may_write_at_once(subject: Subject) -> None:
    """The same key too: each writes the same."""
    keys = [f"ab/abc/{number % 20}-480.webp" for number in range(60)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: subject.store.put(key, key.encode() * 1000), keys))
    assert subject.held() == {key: key.encode() * 1000 for key in keys}


def test_an_address_that_nothing_knows_is_refused_with_what_to_install() -> None:
    """At the start, not with the first picture."""
    with pytest.raises(SettingsError, match=r"DAMSIGHT_PREVIEWS__URL.*nonsense.*damsight\[s3\]"):
        FilesystemPreviewStore("nonsense://x/y")

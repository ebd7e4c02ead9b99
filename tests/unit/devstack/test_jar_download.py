import errno
from pathlib import Path

import pytest

from damsight_devstack import jar_download
from damsight_devstack.errors import DiskFullError, DownloadError, FolderNotUsableError, JarCorruptedError
from damsight_devstack.jar_download import cached_path, fetch_jars
from damsight_devstack.ports import free_ports
from damsight_devstack.progress import StackProgress


def _files(cache: Path) -> list[str]:
    return sorted(path.name for path in cache.rglob("*") if path.is_file())


def test_jars_arrive_under_their_names(repository, tmp_path: Path) -> None:
    """Each jar is in the cache with the repository's bytes, and no partial file is left."""
    bodies = {f"a.b:jar{number}:1": bytes([number]) * 5000 for number in range(20)}
    jars = [repository.offer(coordinate, body) for coordinate, body in bodies.items()]
    paths = fetch_jars(jars, cache=tmp_path, repository=repository.url)
    assert {jar.coordinate: paths[jar].read_bytes() for jar in jars} == bodies
    assert _files(tmp_path) == sorted(jar.path.name for jar in jars)


def test_what_is_there_is_not_fetched_again(repository, tmp_path: Path) -> None:
    """A second fetch asks the repository for nothing."""
    jar = repository.offer("a:b:1", b"jar")
    fetch_jars([jar], cache=tmp_path, repository=repository.url)
    fetch_jars([jar], cache=tmp_path, repository=repository.url)
    assert len(repository.asked) == 1


def test_progress_ends_at_the_total(repository, tmp_path: Path) -> None:
    """The listener hears bytes that only grow and end at the sum of the jars' sizes."""
    jars = [repository.offer(f"a:jar{number}:1", b"x" * 300_000) for number in range(3)]
    heard: list[StackProgress] = []
    fetch_jars(jars, cache=tmp_path, repository=repository.url, on_progress=heard.append)
    done = [progress.done for progress in heard]
    assert done == sorted(done)
    assert (heard[0].done, heard[-1].done, heard[-1].total) == (0, 900_000, 900_000)


@pytest.mark.parametrize("damage", [b"jaR", b"truncat"])
def test_a_damaged_jar_in_the_cache_is_replaced(repository, tmp_path: Path, damage: bytes) -> None:
    """A cached file of another content or size is fetched anew, and the listener is told which."""
    jar = repository.offer("a:b:1", b"jar")
    path = fetch_jars([jar], cache=tmp_path, repository=repository.url)[jar]
    path.write_bytes(damage)
    heard: list[StackProgress] = []
    fetch_jars([jar], cache=tmp_path, repository=repository.url, on_progress=heard.append)
    assert path.read_bytes() == b"jar"
    assert [progress.message for progress in heard if progress.step == "note"] == [
        f"{path} is damaged: fetching a:b:1 anew."
    ]


def test_a_corrupted_download_is_refused(repository, tmp_path: Path) -> None:
    """Bytes that the lock does not state never get the jar's name; the error names the jar and both hashes."""
    jar = repository.offer("a:b:1", b"jar")
    repository.answers[f"/{jar.path}"] = [(200, b"evil")]
    with pytest.raises(JarCorruptedError, match=rf"a:b:1 from .*{jar.sha256}.*DAMSIGHT_STACK__REPOSITORY"):
        fetch_jars([jar], cache=tmp_path, repository=repository.url)
    assert _files(tmp_path) == []


def test_a_tired_repository_is_asked_again(repository, tmp_path: Path) -> None:
    """An answer of 503 is not final: the next attempt gets the jar."""
    jar = repository.offer("a:b:1", b"jar", (503, b"later"))
    fetch_jars([jar], cache=tmp_path, repository=repository.url)
    assert len(repository.asked) == 2


def test_a_missing_jar_is_asked_for_once(repository, tmp_path: Path) -> None:
    """An answer of 404 is final, and the error names the jar and the answer."""
    jar = repository.offer("a:b:1", b"jar")
    repository.answers.clear()
    with pytest.raises(DownloadError, match=r"a:b:1 could not be fetched .*HTTP 404"):
        fetch_jars([jar], cache=tmp_path, repository=repository.url)
    assert len(repository.asked) == 1


def test_no_network_says_so(repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody answers, the error names the jar, the repository, and the network as what to check."""
    monkeypatch.setattr(jar_download, "ATTEMPTS", 1)
    jar = repository.offer("a:b:1", b"jar")
    nobody = f"http://127.0.0.1:{free_ports(1)[0]}"
    with pytest.raises(DownloadError, match=rf"a:b:1 could not be fetched from {nobody}.*Check the network"):
        fetch_jars([jar], cache=tmp_path, repository=nobody)


def test_a_full_disk_says_so(repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the system refuses room (ENOSPC), the error names the cache, the setting, and leaves no partial file."""
    jar = repository.offer("a:b:1", b"jar")

    def no_room(*_arguments: object) -> Path:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", no_room)
    with pytest.raises(DiskFullError, match=rf"{tmp_path}.* is full.*DAMSIGHT_STACK__CACHE"):
        fetch_jars([jar], cache=tmp_path, repository=repository.url)
    assert _files(tmp_path) == []


def test_a_cache_that_cannot_be_written_says_so(repository, tmp_path: Path) -> None:
    """A cache under a plain file is refused by name, with the setting that moves it."""
    (tmp_path / "file").write_bytes(b"")
    jar = repository.offer("a:b:1", b"jar")
    with pytest.raises(FolderNotUsableError, match=r"cannot be written.*DAMSIGHT_STACK__CACHE"):
        fetch_jars([jar], cache=tmp_path / "file", repository=repository.url)


def test_one_failure_ends_the_others(repository, tmp_path: Path) -> None:
    """When one jar is refused, the rest of a long list is not fetched first."""
    bad = repository.offer("a:bad:1", b"x" * 200_000)
    repository.answers.clear()
    jars = [repository.offer(f"a:jar{number}:1", b"jar") for number in range(300)]
    with pytest.raises(DownloadError, match="a:bad:1"):
        fetch_jars([bad, *jars], cache=tmp_path, repository=repository.url)
    assert len(repository.asked) < 300


def test_a_new_lock_never_meets_an_old_file(repository, tmp_path: Path) -> None:
    """Two contents of one coordinate have two places in the cache."""
    old, new = repository.offer("a:b:1", b"old"), repository.offer("a:b:1", b"new")
    assert cached_path(tmp_path, old) != cached_path(tmp_path, new)

"""file:// below the allowed folders, and nowhere else."""

import os
from pathlib import Path
from urllib.parse import quote

import pytest

from damsight_consumer.errors import MediaMissingError, MediaRefusedError, StorageUnavailableError
from damsight_consumer.fetch.files import FileFetcher
from damsight_schemas.asset import Media


def media(uri: str) -> Media:
    return Media(uri=uri, mime_type="image/jpeg")


def fetch(root: Path, uri: str) -> bytes:
    return FileFetcher([root], max_bytes=100).fetch(media(uri), lambda _: None)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "media"
    folder.mkdir()
    (folder / "a b#c.jpg").write_bytes(b"bytes")
    (tmp_path / "secret.txt").write_bytes(b"secret")
    return folder


def test_a_name_with_spaces_and_marks_is_read(root: Path) -> None:
    """URIs are percent-encoded, as Path.as_uri writes them."""
    assert fetch(root, (root / "a b#c.jpg").as_uri()) == b"bytes"


@pytest.mark.parametrize(
    "path", ["{root}/../secret.txt", "{root}/%2e%2e/secret.txt", "/etc/passwd", "{root}-not/x.jpg", "{root}/link.txt"]
)
def test_what_lies_outside_is_forbidden_however_it_is_written(root: Path, path: str) -> None:
    """Dots, encoded dots, look-alike folders and symbolic links that lead out: all are refused."""
    (root / "link.txt").symlink_to(root.parent / "secret.txt")
    with pytest.raises(MediaRefusedError, match="DAMSIGHT_FETCH__ROOTS") as caught:
        fetch(root, "file://" + path.format(root=root))
    assert caught.value.reason == "forbidden"


def test_a_root_that_is_a_link_itself_may_be_read(root: Path) -> None:
    """What the operator names is followed; what an asset names is not."""
    link = root.parent / "link-to-media"
    link.symlink_to(root)
    assert fetch(link, f"file://{link}/{quote('a b#c.jpg')}") == b"bytes"


def test_a_foreign_host_a_folder_and_a_null_are_refused(root: Path) -> None:
    """No network share by a file:// URI, no folder, no cut-off name."""
    for uri in (f"file://server{root}/a.jpg", root.as_uri(), f"file://{root}/a%00.jpg"):
        with pytest.raises(MediaRefusedError):
            fetch(root, uri)


def test_a_pipe_is_refused_without_being_waited_for(root: Path) -> None:
    """Reading from a pipe that nobody writes to would hang the thread for ever."""
    os.mkfifo(root / "pipe.jpg")
    with pytest.raises(MediaRefusedError, match="no regular file"):
        fetch(root, (root / "pipe.jpg").as_uri())


def test_a_folder_that_is_gone_is_the_storage_in_trouble(root: Path) -> None:
    """A mount that is lost must not turn ten thousand assets into dead letters."""
    fetcher = FileFetcher([root], max_bytes=100)
    for file in root.iterdir():
        file.unlink()
    with pytest.raises(MediaMissingError):
        fetcher.fetch(media((root / "x.jpg").as_uri()), lambda _: None)
    root.rmdir()
    with pytest.raises(StorageUnavailableError, match="mounted"):
        fetcher.fetch(media((root / "x.jpg").as_uri()), lambda _: None)


def test_without_roots_nothing_is_read(root: Path) -> None:
    """The default is closed."""
    with pytest.raises(MediaRefusedError, match="no folder at all"):
        FileFetcher([], max_bytes=100).fetch(media((root / "a.jpg").as_uri()), lambda _: None)

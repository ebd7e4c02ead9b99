"""What every fetcher does: the fake, files and HTTP alike."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from damsight_consumer.errors import MediaMissingError, MediaRefusedError
from damsight_consumer.fetch.addresses import GuardedBackend
from damsight_consumer.fetch.by_scheme import FetcherByScheme
from damsight_consumer.fetch.files import FileFetcher
from damsight_consumer.fetch.web import WebFetcher, WebLimits
from damsight_consumer.ports import Fetcher
from damsight_schemas.asset import Media
from drivers.media_server import MediaServer
from fakes.fetcher import FakeFetcher

LIMIT = 1000


@dataclass
class Subject:
    """A fetcher, and how to put a file where it can read it; returns the URI."""

    fetcher: Fetcher
    put: Callable[[str, bytes], str]


@pytest.fixture(params=["fake", "file", "http"])
def subject(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Subject]:
    if request.param == "fake":
        fake = FakeFetcher(max_bytes=LIMIT)

        def keep(name: str, data: bytes) -> str:
            fake.files[f"https://dam.example/{name}"] = data
            return f"https://dam.example/{name}"

        yield Subject(fake, keep)
    elif request.param == "file":

        def save(name: str, data: bytes) -> str:
            (tmp_path / name).write_bytes(data)
            return (tmp_path / name).as_uri()

        files = FileFetcher([tmp_path], max_bytes=LIMIT)
        yield Subject(FetcherByScheme({"file": files}), save)
    else:
        with MediaServer() as server:

            def serve(name: str, data: bytes) -> str:
                server.files[f"/{name}"] = data
                return server.url(f"/{name}")

            web = WebFetcher(GuardedBackend(["127.0.0.1"]), WebLimits(max_bytes=LIMIT))
            yield Subject(FetcherByScheme({"http": web}), serve)
            web.close()


def media(uri: str, *, sha256: str | None = None, byte_size: int | None = None) -> Media:
    return Media(uri=uri, mime_type="image/jpeg", sha256=sha256, byte_size=byte_size)


def test_the_bytes_come_as_they_are_and_are_allowed_first(subject: Subject) -> None:
    """`allow` is called once, with at least as many bytes as come."""
    allowed: list[int] = []
    data = bytes(range(256))
    assert subject.fetcher.fetch(media(subject.put("a.jpg", data)), allowed.append) == data
    assert len(allowed) == 1
    assert allowed[0] >= len(data)


def test_an_empty_file_is_no_bytes(subject: Subject) -> None:
    """That it is no picture is the decoder's to say."""
    assert subject.fetcher.fetch(media(subject.put("empty.jpg", b"")), lambda _: None) == b""


def test_what_is_not_there_is_missing(subject: Subject) -> None:
    """It may come a moment later."""
    uri = subject.put("a.jpg", b"x").replace("a.jpg", "b.jpg")
    with pytest.raises(MediaMissingError) as caught:
        subject.fetcher.fetch(media(uri), lambda _: None)
    assert caught.value.reason == "missing"
    assert uri in str(caught.value)


def test_what_is_too_large_is_refused_before_it_is_allowed(subject: Subject) -> None:
    """No memory is asked for it."""
    allowed: list[int] = []
    with pytest.raises(MediaRefusedError) as caught:
        subject.fetcher.fetch(media(subject.put("large.jpg", b"x" * (LIMIT + 1))), allowed.append)
    assert caught.value.reason == "too_large"
    assert allowed == []


def test_what_differs_from_what_the_event_tells_is_not_taken(subject: Subject) -> None:
    """Size and digest are checked where they are told."""
    uri, digest = subject.put("a.jpg", b"bytes"), hashlib.sha256(b"bytes").hexdigest()
    assert subject.fetcher.fetch(media(uri, sha256=digest, byte_size=5), lambda _: None) == b"bytes"
    for wrong in (media(uri, sha256="0" * 64), media(uri, byte_size=4)):
        with pytest.raises(MediaMissingError) as caught:
            subject.fetcher.fetch(wrong, lambda _: None)
        assert caught.value.reason == "changed"


def test_a_scheme_that_nobody_reads_is_refused() -> None:
    """The message tells which are read."""
    with pytest.raises(MediaRefusedError, match="reads file://"):
        FetcherByScheme({"file": FakeFetcher()}).fetch(media("s3://bucket/a.jpg"), lambda _: None)

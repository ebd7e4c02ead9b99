"""http:// and https://: addresses, redirects, sizes and times."""

import hashlib
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from damsight_consumer.errors import MediaAccessError, MediaMissingError, MediaRefusedError, StorageUnavailableError
from damsight_consumer.fetch.addresses import GuardedBackend, is_public
from damsight_consumer.fetch.web import WebFetcher, WebLimits
from damsight_schemas.asset import Media
from drivers.certificates import self_signed
from drivers.media_server import MediaServer


def media(uri: str, **more: Any) -> Media:
    return Media(uri=uri, mime_type="image/jpeg", **more)


def fetch(uri: str, *, private: tuple[str, ...] = ("127.0.0.1",), timeout_s: float = 5.0, **more: Any) -> bytes:
    fetcher = WebFetcher(GuardedBackend(private), WebLimits(max_bytes=10_000, timeout_s=timeout_s, redirects=3))
    try:
        return fetcher.fetch(media(uri, **more), lambda _: None)
    finally:
        fetcher.close()


@pytest.fixture
def server() -> Iterator[MediaServer]:
    with MediaServer() as running:
        running.files["/a.jpg"] = b"bytes"
        yield running


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("10.0.0.1", False),
        ("172.16.9.9", False),
        ("192.168.1.1", False),
        ("127.0.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),  # noqa: S104  an address to be refused
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:93.184.215.14", True),
        ("64:ff9b::a00:1", False),
        ("2002:a00:1::", False),
    ],
)
def test_only_addresses_of_the_open_internet_are_public(address: str, public: bool) -> None:
    """Private, loopback, link-local, shared, multicast, and IPv6 forms that carry such an IPv4 address, are not."""
    assert is_public(address) is public


def test_a_private_address_is_refused_unless_its_host_is_let_through(server: MediaServer) -> None:
    """The message names the setting; the server is not asked at all."""
    with pytest.raises(MediaRefusedError, match="DAMSIGHT_FETCH__PRIVATE_HOSTS") as caught:
        fetch(server.url("/a.jpg"), private=())
    assert caught.value.reason == "forbidden_address"
    assert server.seen == []
    assert fetch(server.url("/a.jpg")) == b"bytes"


@pytest.mark.parametrize("host", ["0x7f000001", "2130706433", "127.1", "[::ffff:127.0.0.1]", "localhost"])
def test_a_private_address_is_refused_however_it_is_written(server: MediaServer, host: str) -> None:
    """Hexadecimal, one number, short, inside IPv6, by name: the address that counts is the one that is connected to."""
    with pytest.raises(MediaAccessError) as caught:
        fetch(server.url("/a.jpg", host), private=())
    assert caught.value.reason in ("forbidden_address", "unknown_host")
    assert server.seen == []


def test_every_redirect_is_checked_again(server: MediaServer) -> None:
    """A host that is let through cannot lead to one that is not."""
    server.answers["/lead"] = (302, {"Location": server.url("/a.jpg", "localhost")})
    with pytest.raises(MediaRefusedError) as caught:
        fetch(server.url("/lead"))
    assert caught.value.reason == "forbidden_address"
    assert len(server.seen) == 1
    assert fetch(server.url("/lead"), private=("127.0.0.1", "localhost")) == b"bytes"


def test_the_address_that_was_checked_is_the_one_that_is_connected_to(
    server: MediaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name server that answers differently the second time is not asked twice; the Host header keeps the name."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def rebinding(host: str, *rest: Any, **more: Any) -> Any:
        if host == "media.example":
            asked.append(host)
            return real("127.0.0.1" if len(asked) == 1 else "10.255.255.1", *rest, **more)
        return real(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    assert fetch(server.url("/a.jpg", "media.example"), private=("media.example",)) == b"bytes"
    assert asked == ["media.example"]
    assert server.seen[0][0] == f"media.example:{server.port}"


def test_a_certificate_must_be_of_the_name_and_not_of_the_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Although the connection goes to the address, TLS asks for the name and verifies it."""
    certificate, key = self_signed("media.example", tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda _, *rest, **more: real("127.0.0.1", *rest, **more))
    names = ["media.example", "other.example"]
    with MediaServer(context) as secure:
        secure.files["/a.jpg"] = b"bytes"
        fetcher = WebFetcher(GuardedBackend(names), WebLimits(max_bytes=100), ca_file=str(certificate))
        allowed: list[int] = []
        assert fetcher.fetch(media(f"https://media.example:{secure.port}/a.jpg"), allowed.append) == b"bytes"
        with pytest.raises(StorageUnavailableError, match="certificate"):
            fetcher.fetch(media(f"https://other.example:{secure.port}/a.jpg"), allowed.append)
        fetcher.close()


def test_one_private_address_among_several_is_enough_to_refuse(
    server: MediaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise the second connection could take it."""
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *rest, **more: real("93.184.215.14", *rest, **more) + real("127.0.0.1", *rest, **more),
    )
    with pytest.raises(MediaRefusedError, match=r"127\.0\.0\.1"):
        fetch(server.url("/a.jpg", "media.example"), private=())


def test_endless_redirects_end(server: MediaServer) -> None:
    """After three."""
    server.answers["/loop"] = (302, {"Location": "/loop"})
    with pytest.raises(MediaRefusedError, match="more than 3 times"):
        fetch(server.url("/loop"))
    assert len(server.seen) == 4


def test_a_redirect_to_another_scheme_is_refused(server: MediaServer) -> None:
    """No file is read because a server says so."""
    server.answers["/lead"] = (302, {"Location": "file:///etc/passwd"})
    with pytest.raises(MediaRefusedError):
        fetch(server.url("/lead"))


def test_what_is_too_large_is_not_read_to_its_end(server: MediaServer) -> None:
    """By the length that is told, and by counting where none is."""
    server.files["/large"] = b"x" * 10_001
    server.lengthless.add("/endless")
    server.files["/endless"] = b"x" * 5_000_000
    server.pace_s = 0.0005
    for path in ("/large", "/endless"):
        with pytest.raises(MediaRefusedError) as caught:
            fetch(server.url(path))
        assert caught.value.reason == "too_large"


def test_a_slow_server_is_given_up(server: MediaServer) -> None:
    """The whole fetch has one time limit, however steadily bytes drip."""
    server.files["/slow"] = b"x" * 9_000
    server.pace_s = 0.2
    with pytest.raises(StorageUnavailableError, match=r"longer than 0\.5 s"):
        fetch(server.url("/slow"), timeout_s=0.5)


def test_bytes_that_are_not_as_told_are_refused(server: MediaServer) -> None:
    """Size and digest, where the event tells them."""
    digest = hashlib.sha256(b"bytes").hexdigest()
    assert fetch(server.url("/a.jpg"), sha256=digest, byte_size=5) == b"bytes"
    for told in ({"sha256": "0" * 64}, {"byte_size": 6}):
        with pytest.raises(MediaMissingError) as caught:
            fetch(server.url("/a.jpg"), **told)
        assert caught.value.reason == "changed"


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (404, MediaMissingError),
        (410, MediaMissingError),
        (401, MediaRefusedError),
        (403, MediaRefusedError),
        (204, MediaRefusedError),
        (408, StorageUnavailableError),
        (429, StorageUnavailableError),
        (500, StorageUnavailableError),
        (503, StorageUnavailableError),
    ],
)
def test_each_status_has_its_meaning(server: MediaServer, status: int, error: type[MediaAccessError]) -> None:
    """Gone, refused, or in trouble."""
    server.answers["/a.jpg"] = (status, {})
    with pytest.raises(error):
        fetch(server.url("/a.jpg"))


def test_a_compressed_body_is_refused(server: MediaServer) -> None:
    """It could swell without bound."""
    server.answers["/a.jpg"] = (200, {"Content-Encoding": "gzip"})
    with pytest.raises(MediaRefusedError) as caught:
        fetch(server.url("/a.jpg"))
    assert caught.value.reason == "encoded"


def test_a_cookie_is_not_kept(server: MediaServer) -> None:
    """One asset's server sets nothing for the next request."""
    server.answers["/a.jpg"] = (200, {"Set-Cookie": "a=b; Path=/"})
    fetcher = WebFetcher(GuardedBackend(["127.0.0.1"]), WebLimits(max_bytes=10_000))
    for _ in range(2):
        fetcher.fetch(media(server.url("/a.jpg")), lambda _: None)
    fetcher.close()
    assert [cookie for _, cookie in server.seen] == [None, None]


def test_a_server_that_is_not_there_is_the_storage_in_trouble(server: MediaServer) -> None:
    """A refused connection may be a restart."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(StorageUnavailableError):
        fetch(f"http://127.0.0.1:{port}/a.jpg")


def test_a_name_that_does_not_exist_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """And a name server that does not answer is in trouble."""
    for number, error in ((socket.EAI_NONAME, MediaMissingError), (socket.EAI_AGAIN, StorageUnavailableError)):

        def unresolved(*_: Any, code: int = number, **__: Any) -> Any:
            raise socket.gaierror(code, "no such name")

        monkeypatch.setattr(socket, "getaddrinfo", unresolved)
        with pytest.raises(error):
            fetch("http://no-such-host.example/a.jpg")

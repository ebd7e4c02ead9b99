"""No file is read and no address reached that an asset names."""

import io
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from damsight_encoders.decode import FileDecoder
from damsight_encoders.errors import MediaError
from fakes.pdf_files import Page, pdf, words

SECRET = (255, 0, 0)
GROUND = '<rect width="60" height="60" fill="#00ff00"/>'


class Visited:
    """A web server that serves a red picture to everybody, and remembers who came."""

    def __init__(self, picture: bytes) -> None:
        paths = self.paths = list[str]()

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                paths.append(self.path)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(picture)

            def log_message(self, *words: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.address = f"http://127.0.0.1:{self._server.server_port}/secret.png"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=120)


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Visited]]:
    stream = io.BytesIO()
    Image.new("RGB", (60, 60), SECRET).save(stream, "PNG")
    path = tmp_path_factory.mktemp("local") / "secret.png"
    path.write_bytes(stream.getvalue())
    visited = Visited(stream.getvalue())
    yield path, visited
    visited.close()


def svg(content: str, before: str = "") -> bytes:
    spaces = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f'{before}<svg {spaces} width="60" height="60">{GROUND}{content}</svg>'.encode()


WAYS = {
    "image": '<image href="{}" width="60" height="60"/>',
    "xlink": '<image xlink:href="{}" width="60" height="60"/>',
    "another prefix": '<image xmlns:q="http://www.w3.org/1999/xlink" q:href="{}" width="60" height="60"/>',
    "spaces": '<image href="  {}  " width="60" height="60"/>',
    "filter": '<filter id="f" x="0" y="0" width="1" height="1"><feImage href="{}"/></filter>'
    '<rect width="60" height="60" filter="url(#f)"/>',
    "use": '<use href="{}#a" width="60" height="60"/>',
    "pattern": '<pattern id="p" href="{}#p" width="1" height="1"/><rect width="60" height="60" fill="url(#p)"/>',
    "fill": '<rect width="60" height="60" fill="url({}#a) #00ff00"/>',
    "style sheet": "<style>@import url({});</style><style>@font-face{{font-family:x;src:url({})}}</style>",
    "foreign": '<foreignObject width="60" height="60"><h:img xmlns:h="http://www.w3.org/1999/xhtml" src="{}"/>'
    "</foreignObject>",
    "script": '<script href="{}"/>',
    "base": '<g xml:base="{}"><image href="secret.png" width="60" height="60"/></g>',
}


@pytest.mark.parametrize("way", WAYS)
def test_a_drawing_reaches_nothing(way: str, places: tuple[Path, Visited], monkeypatch: pytest.MonkeyPatch) -> None:
    """By path, by file address, relative to the working directory and by the network: nothing turns red."""
    path, visited = places
    monkeypatch.chdir(path.parent)
    everywhere = "".join(
        WAYS[way].replace("{}", address).replace("{{", "{").replace("}}", "}")
        for address in (str(path), path.as_uri(), "secret.png", visited.address)
    )
    cover = FileDecoder().decode(svg(everywhere), at_least=60)
    assert not (cover.pixels == SECRET).all(axis=2).any()
    assert visited.paths == []


@pytest.mark.parametrize(
    "before",
    [
        '<!DOCTYPE svg [<!ENTITY x SYSTEM "{}">]>',
        '<!DOCTYPE svg SYSTEM "{}">',
        '<!DOCTYPE svg [<!ENTITY % x SYSTEM "{}"> %x;]>',
        '<?xml-stylesheet href="{}" type="text/css"?>',
    ],
)
def test_a_document_type_reaches_nothing(before: str, places: tuple[Path, Visited]) -> None:
    """Entities, document types and style sheets from elsewhere are not fetched, nor read from disk."""
    path, visited = places
    words_file = path.with_name("words.txt")
    words_file.write_text("the secret words", encoding="utf-8")
    for address in (str(words_file), words_file.as_uri(), visited.address):
        content = "<text>&x;</text>" if "ENTITY x" in before else "<text>open</text>"
        try:
            decoded = FileDecoder().decode_media(svg(content, before.replace("{}", address)), at_least=60)
        except MediaError as error:
            assert error.reason == "broken"  # noqa: PT017 - to refuse is as good as to leave it out
        else:
            assert "secret" not in decoded.words
    assert visited.paths == []


def test_a_document_reaches_nothing(places: tuple[Path, Visited]) -> None:
    """A PDF that opens an address, submits to it, runs a script, and shows a file of the disk as its picture."""
    path, visited = places
    target = visited.address.encode()
    objects = [
        b"<< /S /URI /URI (%s) >>" % target,
        b"<< /S /JavaScript /JS (this.submitForm\\('%s'\\); app.launchURL\\('%s'\\);) >>" % (target, target),
        b"<< /Type /XObject /Subtype /Image /Width 60 /Height 60 /ColorSpace /DeviceRGB /BitsPerComponent 8 "
        b"/F (%s) /FFilter /DCTDecode /Length 0 >>\nstream\n\nendstream" % str(path).encode(),
        b"<< /Type /XObject /Subtype /Form /BBox [0 0 60 60] /Ref << /F (%s) /Page 0 >> /Length 0 >>\n"
        b"stream\n\nendstream" % str(path).encode(),
        b"<< /Type /Annot /Subtype /Link /Rect [0 0 60 60] /A << /S /GoToR /F << /FS /URL /F (%s) >> /D [0 /Fit] >> >>"
        % target,
        b"<< /S /Launch /F (%s) >>" % str(path).encode(),
    ]
    drawing = b"q 60 0 0 60 0 0 cm /Picture Do Q /Elsewhere Do " + words("open")
    resources = b"/Font << /F 4 0 R >> /XObject << /Picture 102 0 R /Elsewhere 103 0 R >>"
    page = Page(drawing, (60, 60), more=b"/Annots [104 0 R] /AA << /O 105 0 R >>", resources=resources)
    catalogue = b"/OpenAction 100 0 R /AA << /WC 101 0 R >> "
    content = FileDecoder().decode_media(pdf([page], catalogue=catalogue, objects=objects), at_least=60)
    assert content.words == "open"
    assert content.cover is not None
    assert not (content.cover.pixels == SECRET).all(axis=2).any()
    assert visited.paths == []


@pytest.mark.parametrize("media_format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_a_picture_reaches_nothing(media_format: str, places: tuple[Path, Visited]) -> None:
    """XMP that names files and addresses, as editing programs write it, is no more than bytes."""
    path, visited = places
    link = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a href="{visited.address}" file="{path.as_uri()}"/></x:xmpmeta>'
    stream = io.BytesIO()
    options = {"tiffinfo": {700: link.encode()}} if media_format == "TIFF" else {"xmp": link.encode()}
    Image.new("RGB", (60, 60), (0, 255, 0)).save(stream, media_format, **({} if media_format == "PNG" else options))
    pixels = FileDecoder().decode(stream.getvalue(), at_least=60).pixels
    np.testing.assert_allclose(pixels[30, 30], (0, 255, 0), atol=4)
    assert visited.paths == []


@pytest.mark.parametrize(
    "words", ["#EXTM3U\n{}\n", "ffconcat version 1.0\nfile '{}'\n", "v=0\r\nc=IN IP4 127.0.0.1\r\n"]
)
def test_a_playlist_is_none_of_ours(words: str, places: tuple[Path, Visited]) -> None:
    """Lists that name other files are not handed to any decoder."""
    path, visited = places
    for address in (str(path), visited.address):
        with pytest.raises(MediaError) as caught:
            FileDecoder().decode_media(words.format(address).encode(), at_least=60)
        assert caught.value.reason == "unknown_format"
    assert visited.paths == []

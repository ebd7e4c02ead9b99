"""SVG is drawn on white at the size asked for; what would draw without end is refused."""

import base64
import gzip
import io

import numpy as np
import pytest
from PIL import Image

from damsight_encoders.content import Content
from damsight_encoders.decode import FileDecoder, vector_safe
from damsight_encoders.decode.vector_lengths import own_size
from damsight_encoders.errors import MediaError
from damsight_schemas.connections import EncodingLimits


def svg(content: str, head: str = 'viewBox="0 0 40 20"') -> bytes:
    return f'<svg xmlns="http://www.w3.org/2000/svg" {head}>{content}</svg>'.encode()


def decoded(data: bytes, at_least: int = 60) -> Content:
    return FileDecoder().decode_media(data, at_least=at_least)


def colour(data: bytes, across: float = 0.5, down: float = 0.5) -> list[int]:
    cover = decoded(data).cover
    assert cover is not None
    height, width = cover.pixels.shape[:2]
    return [int(value) for value in cover.pixels[int(down * height), int(across * width)]]


def refused(data: bytes, limits: EncodingLimits | None = None) -> str:
    with pytest.raises(MediaError) as caught:
        FileDecoder(limits).decode_media(data, at_least=60)
    return caught.value.reason


def embedded(image: Image.Image, kind: str = "image/png") -> str:
    stream = io.BytesIO()
    image.save(stream, "PNG")
    address = f"data:{kind};base64,{base64.b64encode(stream.getvalue()).decode()}"
    return f'<image href="{address}" width="40" height="20"/>'


HALVES = "<rect/><title>Two halves</title>"


@pytest.mark.parametrize("packed", [False, True])
def test_a_drawing_is_drawn_on_white(packed: bool) -> None:
    """The shorter side is as long as asked for, the rest white, its words its own."""
    data = svg('<rect width="20" height="20" fill="#c81e3c"/><title>Two  halves</title><desc>of <b>a</b> whole</desc>')
    content = decoded(gzip.compress(data) if packed else data)
    assert content.cover is not None
    assert (content.cover.media_format, content.cover.pixels.shape, content.words) == (
        "SVG", (60, 120, 3), "Two halves\nof a whole",
    )  # fmt: skip
    np.testing.assert_array_equal(content.cover.pixels[30, [30, 90]], [(200, 30, 60), (255, 255, 255)])
    assert (content.parts, content.pages) == ((), None)


@pytest.mark.parametrize(
    ("head", "size"),
    [
        ({"viewBox": "0 0 40 20"}, (40, 20)),
        ({"width": "10mm", "height": "1in"}, (10 / 25.4 * 96, 96)),
        ({"width": "100%", "height": "100%", "viewBox": "5,5, 8 4"}, (8, 4)),
        ({"width": "80", "viewBox": "0 0 40 20"}, (80, 40)),
        ({"height": "80px", "viewBox": "0 0 40 20"}, (160, 80)),
        ({"width": "rubbish", "viewBox": "0 0 0 rubbish"}, (300, 150)),
        ({}, (300, 150)),
    ],
)
def test_a_drawing_has_a_size_of_its_own(head: dict[str, str], size: tuple[float, float]) -> None:
    """Units, percentages, and what is missing, as CSS and SVG say."""
    assert own_size(head) == pytest.approx(size)


@pytest.mark.parametrize(
    ("head", "shape"),
    [
        ('viewBox="0 0 1e9 1e9"', (60, 60, 3)),
        ('width="1e9" height="1e9" viewBox="0 0 1 1"', (60, 60, 3)),
        ('width="1e9" height="1"', (1, 30_000, 3)),
        ('width="3" height="3"', (60, 60, 3)),
        ('width="800" height="600"', (60, 80, 3)),
    ],
)
def test_the_size_that_is_drawn_is_bounded(head: str, shape: tuple[int, ...]) -> None:
    """Whatever a drawing says of its size: so many pixels as were asked for, and no side beyond 30,000."""
    cover = decoded(svg('<rect width="100%" height="100%" fill="red"/>', head)).cover
    assert cover is not None
    assert cover.pixels.shape == shape
    assert cover.pixels[0, 0].tolist() == ([255, 0, 0] if shape[0] > 1 else [255, 255, 255])
    assert all(whole >= part for whole, part in zip(cover.original_size, shape[1::-1], strict=True))


def test_entities_of_older_programs_are_filled_in() -> None:
    """A document type that declares a word or a namespace is taken; one that declares entities of entities is not."""
    head = b'<!DOCTYPE svg [<!ENTITY paint "lime"><!ENTITY n "http://www.w3.org/2000/svg">]>'
    assert colour(head + b'<svg xmlns="&n;" viewBox="0 0 4 4"><rect width="4" height="4" fill="&paint;"/></svg>') == [
        0,
        255,
        0,
    ]
    laughs = b'<!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>' + svg("&b;")
    assert refused(laughs) == "too_complex"


def test_embedded_pictures_are_drawn_and_counted() -> None:
    """A PNG in the drawing is drawn under its true type; one too large, or another drawing, is left out."""
    blue = Image.new("RGB", (8, 8), (20, 60, 200))
    assert colour(svg(embedded(blue))) == [20, 60, 200]
    assert colour(svg(embedded(blue, "image/svg+xml"))) == [20, 60, 200]
    inner = base64.b64encode(svg('<rect width="40" height="20" fill="red"/>')).decode()
    for kind in ("image/svg+xml", "image/png", "text/plain"):
        assert colour(svg(f'<image href="data:{kind};base64,{inner}" width="40" height="20"/>')) == [255, 255, 255]
    large = svg(embedded(Image.new("1", (200, 200))))
    small = FileDecoder(EncodingLimits(max_pixels=30_000)).decode(large, at_least=60)
    assert small.pixels[30, 60].tolist() == [255, 255, 255]


def bomb(levels: int, attribute: str) -> bytes:
    layers = ['<g id="a0"><rect width="4" height="4"/></g>']
    layers += [f'<g id="a{level}">{attribute.format(level - 1) * 10}</g>' for level in range(1, levels)]
    return svg(f"<defs>{''.join(layers)}</defs>{attribute.format(levels - 1)}")


@pytest.mark.parametrize(
    "data",
    [
        bomb(12, '<use href="#a{}"/>'),
        bomb(12, '<use xlink:href="#a{}"/>').replace(b"<svg", b'<svg xmlns:xlink="http://www.w3.org/1999/xlink"'),
        bomb(12, '<rect width="9" height="9" fill="url(#a{})"/>'),
        bomb(12, '<rect width="9" height="9" style="mask: url( &quot;#a{}&quot; )"/>'),
        svg("<g>" * 3000 + "</g>" * 3000),
    ],
    ids=["use", "xlink", "fill", "mask", "deep"],
)
def test_a_bomb_is_refused_before_it_is_drawn(data: bytes) -> None:
    """Elements that use elements that use elements, depth and number: counted, and refused at once."""
    assert refused(data) == "too_complex"


def test_so_many_elements_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """One element beyond the limit is refused; at the limit the drawing is drawn."""
    monkeypatch.setattr(vector_safe, "_MOST_ELEMENTS", 50)
    assert refused(svg("<g/>" * 50)) == "too_complex"
    assert colour(svg("<g/>" * 49)) == [255, 255, 255]


def test_circles_are_no_bombs() -> None:
    """A drawing whose elements use each other ends: it is refused."""
    data = svg('<g id="a"><use href="#b"/></g><g id="b"><use href="#a"/></g><rect width="40" height="20" fill="lime"/>')
    assert refused(data) == "too_complex"


def test_what_takes_too_long_is_ended() -> None:
    """References by style sheet are not counted: the process that draws them is ended in time."""
    rules = "".join(f".a{level}{{fill:url(#p{level - 1})}}" for level in range(1, 12))
    patterns = "".join(
        f'<pattern id="p{level}" width="0.1" height="0.1">'
        + f'<rect class="a{level}" width="9" height="9"/>' * 10 + "</pattern>"
        for level in range(11)
    )  # fmt: skip
    data = svg(f'<style>{rules}</style>{patterns}<rect class="a11" width="40" height="20"/>')
    assert refused(data, EncodingLimits(max_decode_s=1)) in {"too_complex", "broken"}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (svg(HALVES)[:-20], "truncated"),
        (svg("<rect></g>"), "broken"),
        (gzip.compress(svg(HALVES * 50))[:-30], "truncated"),
        (gzip.compress(svg(" " * (64 << 20))), "too_large"),
        (b'<svg width="-3" height="1e400" xmlns="http://www.w3.org/2000/svg"/>', "broken"),
        (b"<svg:script xmlns:svg='x'/>", "unknown_format"),
    ],
    ids=["truncated", "broken", "svgz truncated", "svgz bomb", "size", "no root"],
)
def test_a_damaged_drawing_is_refused(data: bytes, reason: str) -> None:
    """Each way to be damaged has its reason."""
    assert refused(data) == reason

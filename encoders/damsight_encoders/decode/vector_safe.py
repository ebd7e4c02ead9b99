"""An SVG written anew with nothing in it that reaches outside, or that would draw without end."""

import base64
import binascii
import html
import xml.parsers.expat
from dataclasses import dataclass
from typing import Final

from damsight_encoders.decode.image import opened_still
from damsight_encoders.decode.vector_cost import Drawing
from damsight_encoders.errors import MediaError
from damsight_schemas.connections import EncodingLimits

_MOST_ELEMENTS: Final = 100_000
_MOST_CHARACTERS: Final = 64 << 20
_DEEPEST: Final = 200
_LONGEST_ENTITY: Final = 10_000
_LEFT_OUT: Final = frozenset({"script", "foreignObject", "iframe", "audio", "video", "canvas", "metadata"})
_TOLD: Final = frozenset({"text", "title", "desc"})
_EMBEDDED: Final = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "WEBP": "image/webp"}


@dataclass(frozen=True)
class SafeVector:
    """An SVG that can be drawn.

    Attributes:
        root: The root element's attributes, not yet written.
        name: The root element's name, with its prefix.
        content: What stands within the root element, as XML.
        words: Of its texts, titles and descriptions.
    """

    root: dict[str, str]
    name: str
    content: str
    words: str


def made_safe(data: bytes, limits: EncodingLimits) -> SafeVector:
    """Parse and write anew.

    What is left out: scripts, foreign objects, document types, processing instructions, and every address but those
    of the file's own elements and of embedded PNG, JPEG, GIF and WebP pictures within the limit in pixels. Entities
    that the file declares itself are filled in, as older drawing programs need it.

    Raises:
        MediaError: It is not well-formed, or would draw or hold too much.
    """
    writer = _Writer(limits)
    parser = xml.parsers.expat.ParserCreate()
    parser.SetParamEntityParsing(xml.parsers.expat.XML_PARAM_ENTITY_PARSING_NEVER)
    parser.buffer_text = True
    parser.EntityDeclHandler = writer.entity
    parser.StartElementHandler = writer.start
    parser.EndElementHandler = writer.end
    parser.CharacterDataHandler = writer.text
    try:
        parser.Parse(data, True)  # noqa: FBT003 - expat's own: these are all the bytes
    except xml.parsers.expat.ExpatError as error:
        cut_off = error.code in _CUT_OFF
        raise MediaError(
            "truncated" if cut_off else "broken",
            f"the SVG {'ends too early' if cut_off else 'is not well-formed'} ({error}); replace the file in the media "
            f"library and publish it again",
        ) from error
    return writer.finished()


_CUT_OFF: Final = tuple(
    xml.parsers.expat.errors.codes[words]
    for words in (
        xml.parsers.expat.errors.XML_ERROR_NO_ELEMENTS,
        xml.parsers.expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        xml.parsers.expat.errors.XML_ERROR_PARTIAL_CHAR,
        xml.parsers.expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
    )
)


class _Writer:
    def __init__(self, limits: EncodingLimits) -> None:
        self._limits = limits
        self._pixels_left = limits.max_pixels
        self._root: tuple[str, dict[str, str]] | None = None
        self._written: list[str] = []
        self._length = 0
        self._words: list[str] = []
        self._drawing = Drawing()
        self._open: list[tuple[str, int]] = []
        self._skipped = 0

    def entity(self, name: str, is_parameter: bool, value: str | None, *_: object) -> None:  # noqa: FBT001 - expat's
        if value is not None and (len(value) > _LONGEST_ENTITY or (not is_parameter and "&" in value)):
            raise MediaError("too_complex", f"the SVG declares the entity {name!r} of entities, or too long")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        if self._skipped or local in _LEFT_OUT:
            self._skipped += 1
            return
        kept = self._kept(local, attributes)
        number = self._drawing.add(self._open[-1][1] if self._open else None, kept)
        self._open.append((local, number))
        if len(self._open) > _DEEPEST or len(self._drawing) > _MOST_ELEMENTS:
            raise _too_complex()
        if self._root is None:
            self._root = name, kept
        else:
            self._write(f"<{name}{written(kept)}>")

    def end(self, name: str) -> None:
        if self._skipped:
            self._skipped -= 1
            return
        local, _ = self._open.pop()
        if self._open:
            self._write(f"</{name}>")
        if local in _TOLD:
            self._words.append("\n")

    def text(self, characters: str) -> None:
        if self._skipped:
            return
        self._write(html.escape(characters))
        if any(local in _TOLD for local, _ in self._open[-3:]):
            self._words.append(characters)

    def finished(self) -> SafeVector:
        if self._root is None:
            raise MediaError("broken", "the SVG has no root element that is shown; replace the file")
        if self._drawing.cost(_MOST_ELEMENTS) > _MOST_ELEMENTS:
            raise _too_complex()
        lines = (" ".join(line.split()) for line in "".join(self._words).splitlines())
        return SafeVector(
            root=self._root[1],
            name=self._root[0],
            content="".join(self._written),
            words="\n".join(line for line in lines if line),
        )

    def _write(self, piece: str) -> None:
        self._length += len(piece)
        if self._length > _MOST_CHARACTERS:
            raise _too_complex()
        self._written.append(piece)

    def _kept(self, element: str, attributes: dict[str, str]) -> dict[str, str]:
        kept: dict[str, str] = {}
        for name, value in attributes.items():
            local = name.rpartition(":")[2]
            safe = self._safe_address(element, value) if local in ("href", "src", "base") else value
            if safe is not None:
                kept[name] = safe
        return kept

    def _safe_address(self, element: str, address: str) -> str | None:
        address = address.strip()
        if address.startswith("#"):
            return address
        if element in ("image", "feImage") and address[:5].lower() == "data:":
            return self._embedded(address)
        return None

    def _embedded(self, address: str) -> str | None:
        """Return an embedded picture under its true type, or None where it is none that we draw."""
        head, _, body = address.partition(",")
        if not head.lower().endswith(";base64"):
            return None
        try:
            data = base64.b64decode(body)
            with opened_still(data, self._limits) as (image, media_format):
                pixels = image.width * image.height
        except (binascii.Error, ValueError, MediaError):
            return None
        if media_format not in _EMBEDDED or pixels > self._pixels_left:
            return None
        self._pixels_left -= pixels
        return f"data:{_EMBEDDED[media_format]};base64,{base64.b64encode(data).decode()}"


def written(attributes: dict[str, str]) -> str:
    """Return attributes as they stand in a tag."""
    return "".join(f' {name}="{html.escape(value)}"' for name, value in attributes.items())


def _too_complex() -> MediaError:
    return MediaError(
        "too_complex",
        f"the SVG draws more than {_MOST_ELEMENTS:,} elements, nests them deeper than {_DEEPEST}, or holds more than "
        f"{_MOST_CHARACTERS:,} characters; simplify it, or publish a picture of it",
    )

"""Words from XMP. Source: ISO 16684-1, the IPTC Photo Metadata standard, and Lightroom's hierarchical keywords."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from damsight_publisher.errors import ItemError
from damsight_publisher.metadata.times import read_time
from damsight_publisher.metadata.words import LONGEST_LINE, LONGEST_TEXT, MOST_TAGS, Words, clean, clean_tags

MOST_BYTES = 1024 * 1024
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_PHOTOSHOP = "{http://ns.adobe.com/photoshop/1.0/}"
_XMP = "{http://ns.adobe.com/xap/1.0/}"
_EXIF = "{http://ns.adobe.com/exif/1.0/}"
_LIGHTROOM = "{http://ns.adobe.com/lightroom/1.0/}"
_IPTC = "{http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/}"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


def words_of_xmp(packet: bytes, language: str = "") -> Words:
    """Return what an XMP packet says.

    Args:
        packet: The XML.
        language: Which of several translations is taken, where it is there; else the default, else the first.

    Raises:
        ItemError: It is too large, is no XML, or declares entities, which no honest packet does.
    """
    if len(packet) > MOST_BYTES:
        raise ItemError(f"the XMP packet holds {len(packet):,} bytes and is not read; at most {MOST_BYTES:,} are")
    try:
        root = fromstring(packet.strip(b"\0 \r\n\t"), forbid_dtd=True)
    except DefusedXmlException as error:
        raise ItemError(
            f"the XMP packet is not read: it declares a DTD or entities ({type(error).__name__})"
        ) from error
    except (ParseError, ValueError, LookupError) as error:
        raise ItemError(f"the XMP packet is no XML and is not read: {error}") from error
    return _Packet(root, language).words()


class _Packet:
    """Finds properties, which XMP writes as elements or as attributes of rdf:Description."""

    def __init__(self, root: Element, language: str) -> None:
        self._descriptions = list(root.iter(f"{_RDF}Description"))
        self._language = language.lower()

    def words(self) -> Words:
        paths = tuple(self._paths())
        written = (self._one(f"{_PHOTOSHOP}DateCreated"), self._one(f"{_XMP}CreateDate"))
        alone = (self._one(f"{_EXIF}DateTimeOriginal"), *written)
        return Words(
            title=clean(self._one(f"{_DC}title"), LONGEST_LINE),
            headline=clean(self._one(f"{_PHOTOSHOP}Headline"), LONGEST_LINE),
            caption=clean(self._one(f"{_DC}description"), LONGEST_TEXT),
            description=clean(
                self._one(f"{_IPTC}ExtDescrAccessibility") or self._one(f"{_IPTC}AltTextAccessibility"), LONGEST_TEXT
            ),
            tags=clean_tags(self._many(f"{_DC}subject")),
            keyword_paths=paths,
            creator=clean(", ".join(self._many(f"{_DC}creator")), LONGEST_LINE),
            rights=clean(self._one(f"{_DC}rights"), LONGEST_LINE),
            created_at=next((moment for text in alone if (moment := read_time(text))), None),
            city=clean(self._one(f"{_PHOTOSHOP}City"), LONGEST_LINE),
            country=clean(self._one(f"{_PHOTOSHOP}Country"), LONGEST_LINE),
        )

    def _paths(self) -> Iterator[tuple[str, ...]]:
        for path in self._many(f"{_LIGHTROOM}hierarchicalSubject")[:MOST_TAGS]:
            if parts := clean_tags(path.split("|")):
                yield parts

    def _one(self, name: str) -> str:
        for description in self._descriptions:
            if name in description.attrib:
                return description.attrib[name]
            for element in description.findall(name):
                return self._translated(element)
        return ""

    def _many(self, name: str) -> list[str]:
        for description in self._descriptions:
            if name in description.attrib:
                return [description.attrib[name]]
            for element in description.findall(name):
                items = [item.text or "" for item in element.iter(f"{_RDF}li")]
                return items or [element.text or ""]
        return []

    def _translated(self, element: Element) -> str:
        items = list(element.iter(f"{_RDF}li"))
        if not items:
            return element.text or ""
        by_language = {item.get(_LANGUAGE, "").lower(): item.text or "" for item in reversed(items)}
        for wanted in (self._language, "x-default"):
            if by_language.get(wanted):
                return by_language[wanted]
        return items[0].text or ""

"""Small pictures with chosen metadata, honest and hostile."""

import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import ExifTags, Image

Base, Gps = ExifTags.Base, ExifTags.GPS
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
PARIS = {
    ExifTags.IFD.GPSInfo: {
        Gps.GPSLatitudeRef: "N",
        Gps.GPSLatitude: (48.0, 51.0, 29.6),
        Gps.GPSLongitudeRef: "W",
        Gps.GPSLongitude: (2.0, 17.0, 40.2),
    }
}
_DETAIL = frozenset(
    {
        Base.DateTimeOriginal,
        Base.OffsetTimeOriginal,
        Base.DateTimeDigitized,
        Base.OffsetTimeDigitized,
        Base.OffsetTime,
        Base.UserComment,
    }
)


def jpeg(
    path: Path, *, exif: Mapping[int, Any] | None = None, xmp: bytes = b"", iptc: bytes = b"", shade: int = 90
) -> Path:
    """A JPEG of 32 x 24 pixels. EXIF tags of the sub-IFDs go where they belong."""
    image = Image.new("RGB", (32, 24), (shade, 120, 200))
    tags = Image.Exif()
    for tag, value in (exif or {}).items():
        if tag in _DETAIL:
            tags.get_ifd(ExifTags.IFD.Exif)[tag] = value
        elif isinstance(value, dict):
            tags.get_ifd(tag).update(value)
        else:
            tags[tag] = value
    options: dict[str, Any] = {"xmp": xmp} if xmp else {}
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, "JPEG", exif=tags, **options)
    if iptc:
        path.write_bytes(with_segment(path.read_bytes(), 0xED, b"Photoshop 3.0\0" + _resource(iptc)))
    return path


def with_segment(whole: bytes, marker: int, payload: bytes) -> bytes:
    """A JPEG with one more APPn segment after its start."""
    return whole[:2] + struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload + whole[2:]


def _resource(records: bytes) -> bytes:
    block = b"8BIM" + struct.pack(">H", 0x0404) + b"\0\0" + struct.pack(">I", len(records)) + records
    return block + b"\0" * (len(block) % 2)


def iptc(*records: tuple[int, int, bytes]) -> bytes:
    """IPTC-IIM records: (record, data set, bytes)."""
    return b"".join(b"\x1c" + struct.pack(">BBH", one, two, len(value)) + value for one, two, value in records)


def xmp(inner: str, attributes: str = "") -> bytes:
    """An XMP packet around properties."""
    spaces = {
        "dc": "http://purl.org/dc/elements/1.1/",
        "photoshop": "http://ns.adobe.com/photoshop/1.0/",
        "lr": "http://ns.adobe.com/lightroom/1.0/",
        "exif": "http://ns.adobe.com/exif/1.0/",
        "xmp": "http://ns.adobe.com/xap/1.0/",
        "Iptc4xmpCore": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
    }
    declared = " ".join(f'xmlns:{name}="{address}"' for name, address in spaces.items())
    return (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}">'
        f'<rdf:Description rdf:about="" {declared} {attributes}>{inner}</rdf:Description></rdf:RDF></x:xmpmeta>'
    ).encode()


def bag(*items: str) -> str:
    """An unordered XMP list."""
    return "<rdf:Bag>" + "".join(f"<rdf:li>{item}</rdf:li>" for item in items) + "</rdf:Bag>"


def translated(**texts: str) -> str:
    """An XMP text in several languages; x_default is the default's name."""
    items = "".join(f'<rdf:li xml:lang="{name.replace("_", "-")}">{text}</rdf:li>' for name, text in texts.items())
    return f"<rdf:Alt>{items}</rdf:Alt>"


def png_with_text(path: Path, name: bytes, text: bytes) -> Path:
    """A PNG with a compressed text chunk."""
    Image.new("RGB", (8, 8)).save(path, "PNG")
    whole = path.read_bytes()
    payload = name + b"\0" + b"\x01\0\0\0" + zlib.compress(text, 9)
    chunk = b"iTXt" + payload
    end = whole.index(b"IDAT") - 4
    packed = struct.pack(">I", len(payload)) + chunk + struct.pack(">I", zlib.crc32(chunk))
    path.write_bytes(whole[:end] + packed + whole[end:])
    return path


def tiff(path: Path, tags: Mapping[int, Any]) -> Path:
    """A TIFF with tags, of any size."""
    image = Image.new("RGB", (8, 8))
    exif = Image.Exif()
    exif.update(dict(tags))
    image.save(path, "TIFF", exif=exif)
    return path

"""Every kind of file is told by its bytes, and by nothing else."""

import gzip
import io
import struct

import pytest
from PIL import Image

from damsight_encoders.decode import FileDecoder
from damsight_encoders.decode.kinds import Kind, kind_of
from damsight_encoders.errors import MediaError
from damsight_schemas.connections import EncodingLimits
from fakes.pdf_files import Page, pdf
from fakes.raw_files import TiffBytes, dng

MP3_FRAME = b"\xff\xfb\x90\x00" + bytes(413)
AAC_FRAME = b"\xff\xf1\x50\x80\x02\x1f\xfc" + bytes(9)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"/>'


def iso(brand: bytes, *compatible: bytes) -> bytes:
    body = b"ftyp" + brand + bytes(4) + b"".join(compatible)
    return struct.pack(">I", len(body) + 4) + body + bytes(64)


def sensor_tiff(make: bytes, photometric: int = 32803) -> bytes:
    file = TiffBytes()
    below = file.directory([(256, 4, [4000]), (262, 3, [photometric])])
    return file.finished(file.directory([(271, 2, make), (262, 3, [2]), (330, 4, [below])]))


def matroska(kind: bytes, *codecs: bytes) -> bytes:
    head = b"\x1a\x45\xdf\xa3\x93\x42\x82" + bytes([0x80 | len(kind)]) + kind
    return head + b"".join(b"\x86" + bytes([0x80 | len(codec)]) + codec for codec in codecs) + bytes(32)


KINDS = {
    "heic": (iso(b"heic", b"mif1", b"heic"), Kind("heif", "HEIC")),
    "heif": (iso(b"mif1", b"mif1", b"heic"), Kind("heif", "HEIC")),
    "avif": (iso(b"avif", b"mif1"), Kind("still", "AVIF")),
    "cr3": (iso(b"crx ", b"isom"), Kind("raw", "CR3")),
    "cr2": (b"II*\x00\x10\x00\x00\x00CR\x02\x00" + bytes(40), Kind("raw", "CR2")),
    "nef": (sensor_tiff(b"NIKON CORPORATION"), Kind("raw", "NEF")),
    "arw": (sensor_tiff(b"SONY"), Kind("raw", "ARW")),
    "pef": (sensor_tiff(b"PENTAX"), Kind("raw", "PEF")),
    "exported": (sensor_tiff(b"NIKON CORPORATION", photometric=2), Kind("still", "TIFF")),
    "dng": (dng(), Kind("raw", "DNG")),
    "orf": (b"IIRO\x08\x00\x00\x00" + bytes(40), Kind("raw", "ORF")),
    "rw2": (b"IIU\x00\x18\x00\x00\x00" + bytes(40), Kind("raw", "RW2")),
    "raf": (b"FUJIFILMCCD-RAW 0201" + bytes(40), Kind("raw", "RAF")),
    "psd": (b"8BPS\x00\x01" + bytes(40), Kind("photoshop", "PSD")),
    "psb": (b"8BPS\x00\x02" + bytes(40), Kind("photoshop", "PSB")),
    "svg": (SVG, Kind("vector", "SVG")),
    "svg behind much": (
        b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- <html> -->\n<!DOCTYPE svg [<!ENTITY a 'b>'>]>\n<s:svg xmlns:s='x'/>",
        Kind("vector", "SVG"),
    ),
    "svg in utf-16": (b"\xff\xfe" + SVG.decode().encode("utf-16-le"), Kind("vector", "SVG")),
    "svgz": (gzip.compress(SVG), Kind("vector", "SVGZ")),
    "pdf": (pdf([Page()]), Kind("document", "PDF")),
    "pdf behind rubbish": (b"\r\n  rubbish\n" + pdf([Page()]), Kind("document", "PDF")),
    "mp4": (iso(b"isom", b"iso2", b"avc1"), Kind("film", "MP4")),
    "mov": (iso(b"qt  "), Kind("film", "MOV")),
    "old mov": (struct.pack(">I", 16) + b"moov" + bytes(40), Kind("film", "MOV")),
    "mkv": (matroska(b"matroska", b"V_MPEG4/ISO/AVC", b"A_AAC"), Kind("film", "MKV")),
    "webm": (matroska(b"webm", b"V_VP9", b"A_OPUS"), Kind("film", "WEBM")),
    "mka": (matroska(b"matroska", b"A_FLAC"), Kind("sound", "MKA")),
    "avi": (b"RIFF\x00\x00\x00\x00AVI LIST" + bytes(40), Kind("film", "AVI")),
    "ts": ((b"\x47" + bytes(187)) * 5, Kind("film", "MPEGTS")),
    "m2ts": ((bytes(4) + b"\x47" + bytes(187)) * 5, Kind("film", "MPEGTS")),
    "mpg": (b"\x00\x00\x01\xba" + bytes(40), Kind("film", "MPEGPS")),
    "ogv": (b"OggS" + bytes(24) + b"\x80theora" + bytes(40), Kind("film", "OGV")),
    "ogg": (b"OggS" + bytes(24) + b"\x01vorbis" + bytes(40), Kind("sound", "OGG")),
    "mp3": (MP3_FRAME * 3, Kind("sound", "MP3")),
    "mp3 with a tag": (b"ID3\x04\x00\x00\x00\x00\x00\x05abcde" + MP3_FRAME * 2, Kind("sound", "MP3")),
    "flac with a tag": (b"ID3\x04\x00\x00\x00\x00\x00\x05abcdefLaC" + bytes(40), Kind("sound", "FLAC")),
    "aac": (AAC_FRAME * 3, Kind("sound", "AAC")),
    "m4a": (iso(b"M4A ", b"isom"), Kind("sound", "M4A")),
    "flac": (b"fLaC" + bytes(40), Kind("sound", "FLAC")),
    "wav": (b"RIFF\x00\x00\x00\x00WAVEfmt " + bytes(40), Kind("sound", "WAV")),
    "aiff": (b"FORM\x00\x00\x00\x00AIFFCOMM" + bytes(40), Kind("sound", "AIFF")),
}


@pytest.mark.parametrize(("data", "expected"), KINDS.values(), ids=KINDS)
def test_every_kind_is_told_by_its_bytes(data: bytes, expected: Kind) -> None:
    """The kind and the format follow from the first bytes, or from the directories that they point to."""
    assert kind_of(data) == expected


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<!doctype html><p>see <svg width='4'></svg>",
        b"\xff\xfb\x90\x00 text that begins like sound, and goes on as nothing of the kind" + bytes(500),
        gzip.compress(b"a log file"),
        b"\x1f\x8b\x08 rubbish",
        b"PK\x03\x04 an office document",
        b"#EXTM3U\nfile:///etc/passwd\n",
        b"ffconcat version 1.0\nfile '/etc/passwd'\n",
        b"II*\x00\xff\xff\xff",
        bytes(400),
    ],
)
def test_what_is_none_of_them_is_none(data: bytes) -> None:
    """Web pages, logs, playlists and zeros are not taken for media."""
    assert kind_of(data) in (None, Kind("still", "TIFF"))
    assert kind_of(data) is None or data.startswith(b"II*")


def test_directories_that_go_in_circles_end() -> None:
    """A TIFF whose directories follow each other for ever, and are their own SubIFDs, is told all the same."""
    file = TiffBytes()
    place = file.directory([(330, 4, [8] * 60)])
    data = bytearray(file.finished(place))
    data[-4:] = struct.pack("<I", place)
    assert kind_of(bytes(data)) == Kind("still", "TIFF")


def test_the_size_of_a_file_is_looked_at_first() -> None:
    """An empty file and one beyond the limit are refused whatever they would be."""
    for data, reason in ((b"", "empty"), (pdf([Page()]), "too_large")):
        with pytest.raises(MediaError) as caught:
            FileDecoder(EncodingLimits(max_bytes=100)).decode_media(data, at_least=8)
        assert caught.value.reason == reason


def test_what_reads_a_kind_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where only pictures are installed, others are refused by name, with what to install."""
    monkeypatch.setitem(__import__("sys").modules, "damsight_encoders.decode.document", None)
    with pytest.raises(ModuleNotFoundError):
        FileDecoder().decode_media(pdf([Page()]), at_least=8)
    monkeypatch.undo()
    monkeypatch.delitem(__import__("sys").modules, "damsight_encoders.decode.heif", raising=False)
    monkeypatch.setitem(__import__("sys").modules, "pillow_heif", None)
    with pytest.raises(MediaError, match=r"damsight\[encode\]") as caught:
        FileDecoder().decode_media(KINDS["heic"][0], at_least=8)
    assert caught.value.reason == "unsupported"


def test_a_picture_is_a_picture_by_any_door() -> None:
    """The older port gives the same pixels for what Pillow takes."""
    stream = io.BytesIO()
    Image.new("RGB", (30, 20), (1, 2, 3)).save(stream, "PNG")
    assert FileDecoder().decode(stream.getvalue(), at_least=8).pixels[0, 0].tolist() == [1, 2, 3]

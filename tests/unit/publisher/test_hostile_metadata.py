"""What is hostile or broken in a picture does not reach its event, and never stops the run."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import ExifTags, Image

from damsight_publisher.metadata.embedded import read_embedded
from damsight_publisher.metadata.exif import words_of_exif
from damsight_publisher.metadata.words import LONGEST_LINE, LONGEST_TEXT, MOST_TAGS, clean_tags
from drivers.description import described
from examples.described_pictures import (
    PARIS,
    Base,
    Gps,
    jpeg,
    png_with_text,
    tiff,
    translated,
    with_segment,
    xmp,
)

LAUGHS = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><l>&b;</l>'
FETCHES = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]><l>&a;</l>'


@pytest.mark.parametrize("packet", [LAUGHS, FETCHES], ids=["billion laughs", "external entity"])
def test_entities_are_not_expanded(tmp_path: Path, packet: bytes) -> None:
    """XMP that declares entities is refused as a whole; the other sources are read."""
    path = jpeg(tmp_path / "a.jpg", xmp=packet, exif={Base.ImageDescription: "A quiet harbour"})
    metadata, notes = described(path)
    assert metadata.caption == "A quiet harbour"
    assert len(notes) == 1
    assert "declares a DTD or entities" in notes[0]


def test_broken_xmp_is_told(tmp_path: Path) -> None:
    """XMP that is no XML is left out, with a note."""
    metadata, notes = described(jpeg(tmp_path / "a.jpg", xmp=b"<x:xmpmeta><rdf"))
    assert metadata.title == ""
    assert "is no XML" in notes[0]


def test_five_megabytes_of_tag_are_cut(tmp_path: Path) -> None:
    """A tag of 5 MB is cut to what an event can hold."""
    metadata, _ = described(
        tiff(tmp_path / "a.tif", {Base.ImageDescription: "sea " * 1_300_000, Base.Artist: "x" * 5_000_000})
    )
    assert metadata.caption.startswith("sea sea")
    assert len(metadata.caption) <= LONGEST_TEXT
    assert len(metadata.creator) == LONGEST_LINE


def test_xmp_of_five_megabytes_is_not_read(tmp_path: Path) -> None:
    """A huge XMP packet is left out, with its size."""
    path = tiff(tmp_path / "a.tif", {700: xmp(f"<dc:title>{translated(x_default='x' * 5_000_000)}</dc:title>")})
    metadata, notes = described(path)
    assert metadata.title == ""
    assert any("XMP" in note and "not read" in note for note in notes)


def test_a_compressed_text_bomb_does_not_unfold(tmp_path: Path) -> None:
    """A PNG text of 200 MB that is 200 KB on disk is not unfolded; the file is still described."""
    path = png_with_text(tmp_path / "a.png", b"XML:com.adobe.xmp", b" " * 200_000_000)
    assert path.stat().st_size < 400_000
    metadata, notes = described(path)
    assert metadata.filename == "a.png"
    assert len(notes) == 1


@pytest.mark.parametrize(
    "time",
    [
        "0000:00:00 00:00:00",
        "    :  :     :  :  ",
        "2019:13:45 99:99:99",
        "0001:01:01 00:00:00",
        "yesterday",
        "2" * 5000,
    ],
)
def test_bad_dates_are_left_out(tmp_path: Path, time: str) -> None:
    """A date that is none is left out; the rest is kept."""
    path = jpeg(tmp_path / "a.jpg", exif={Base.DateTimeOriginal: time, Base.ImageDescription: "A quiet harbour"})
    metadata, _ = described(path)
    assert metadata.created_at is None
    assert metadata.caption == "A quiet harbour"


def test_bad_dates_fall_back_to_the_next(tmp_path: Path) -> None:
    """Where the first time is none, the next one is taken; that it was is noted."""
    exif = {Base.DateTimeOriginal: "2019:99:99 00:00:00", Base.DateTimeDigitized: "2018:01:02 03:04:05"}
    metadata, notes = described(jpeg(tmp_path / "a.jpg", exif=exif))
    assert metadata.created_at == datetime(2018, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert "2019:99:99" in notes[0]


def test_nuls_and_controls_are_taken_out(tmp_path: Path) -> None:
    """NULs, controls and broken UTF-8 do not reach the event."""
    path = jpeg(
        tmp_path / "a.jpg", exif={Base.ImageDescription: b"quiet\0 har\x07bour \xff\xfe", Base.Artist: "An\0na"}
    )
    metadata, _ = described(path)
    assert "\0" not in metadata.caption + metadata.creator
    assert "\x07" not in metadata.caption


@pytest.mark.parametrize(
    "latitude", [(float("nan"), 0.0, 0.0), (500.0, 0.0, 0.0), (-5.0, 0.0, 0.0), (1.0,), "north", 7]
)
def test_gps_nonsense_is_left_out(latitude: Any) -> None:
    """A place that is none is left out, with a note; the other words are kept."""
    exif, notes = Image.Exif(), []
    exif[Base.ImageDescription] = "A quiet harbour"
    exif.get_ifd(ExifTags.IFD.GPSInfo).update({Gps.GPSLatitude: latitude, Gps.GPSLongitude: (2.0, 0.0, 0.0)})
    words = words_of_exif(exif, notes.append)
    assert (words.latitude, words.longitude, words.caption) == (None, 2.0, "A quiet harbour")
    assert notes == ["the EXIF latitude is none and is left out"]


@pytest.mark.parametrize("cut", [1, 10, 30, 60, 100, 200])
def test_truncated_metadata_does_not_crash(tmp_path: Path, cut: int) -> None:
    """A picture that ends within its EXIF is described by its name, with or without a note."""
    whole = jpeg(tmp_path / "a.jpg", exif={Base.ImageDescription: "A quiet harbour", **PARIS}).read_bytes()
    (tmp_path / "b.jpg").write_bytes(whole[:cut])
    assert described(tmp_path / "b.jpg")[0].filename == "b.jpg"


def test_garbage_exif_does_not_crash(tmp_path: Path) -> None:
    """EXIF whose offsets point anywhere is left out."""
    whole = jpeg(tmp_path / "a.jpg").read_bytes()
    for seed in range(64):
        garbage = b"Exif\0\0II*\0\x08\0\0\0" + bytes((seed * 37 + step * 91) % 256 for step in range(600))
        (tmp_path / "b.jpg").write_bytes(with_segment(whole, 0xE1, garbage))
        assert described(tmp_path / "b.jpg", gps=True)[0].filename == "b.jpg"


def test_no_picture_is_told(tmp_path: Path) -> None:
    """An HTML page that is called .jpg has no metadata, and says why."""
    (tmp_path / "a.jpg").write_text("<html>not found</html>")
    words, notes = read_embedded(tmp_path / "a.jpg")
    assert words == []
    assert "cannot be read" in notes[0]


def test_very_many_tags_are_bounded() -> None:
    """Of a hundred thousand tags the first are kept, each once, whatever its case."""
    assert len(clean_tags(f"tag {number}" for number in range(100_000))) == MOST_TAGS
    assert clean_tags(["Sea", "sea", " SEA ", "", "\0"]) == ("Sea",)

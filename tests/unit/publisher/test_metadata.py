"""What cameras and people wrote into a picture becomes metadata; what is hostile in it does not."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from damsight_publisher.errors import SettingsError
from damsight_publisher.metadata.times import read_time, with_zone
from damsight_publisher.metadata.words import LONGEST_LINE, LONGEST_TEXT, clean
from damsight_schemas.asset import AssetMetadata
from drivers.description import described
from examples.described_pictures import (
    PARIS,
    Base,
    bag,
    iptc,
    jpeg,
    translated,
    xmp,
)


def test_exif_words(tmp_path: Path) -> None:
    """Caption, creator, rights, keywords, comment, camera and time come from EXIF."""
    path = jpeg(
        tmp_path / "a.jpg",
        exif={
            Base.ImageDescription: "A quiet harbour",
            Base.Artist: "Anna Lind",
            Base.Copyright: "(c) Press Office",
            Base.XPKeywords: "sea;boats; Sea ".encode("utf-16-le"),
            Base.XPTitle: "Häfen".encode("utf-16-le"),
            Base.UserComment: b"ASCII\0\0\0seen from the pier",
            Base.Make: "Canon",
            Base.Model: "Canon EOS R5",
            Base.DateTimeOriginal: "2019:06:19 10:05:57",
            Base.OffsetTimeOriginal: "+02:00",
        },
    )
    metadata, notes = described(path)
    assert notes == ()
    assert metadata == AssetMetadata(
        title="Häfen",
        caption="A quiet harbour",
        description="seen from the pier",
        filename="a.jpg",
        tags=["sea", "boats"],
        collections=["trips", "2019"],
        creator="Anna Lind",
        rights="(c) Press Office",
        created_at=datetime(2019, 6, 19, 8, 5, 57, tzinfo=UTC),
        modified_at=datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC),
        attributes={"device": "Canon EOS R5"},
    )


def test_iptc_words(tmp_path: Path) -> None:
    """Name, headline, caption, keywords, by-line, copyright, place names and time come from IPTC."""
    records = iptc(
        (1, 90, b"\x1b%G"),
        (2, 5, b"Pier"),
        (2, 105, "Möwen über dem Hafen".encode()),
        (2, 120, b"Gulls over the pier."),
        (2, 25, b"gull"),
        (2, 25, b"harbour"),
        (2, 80, b"Anna Lind"),
        (2, 116, b"Press Office"),
        (2, 90, b"Malm\xc3\xb6"),
        (2, 101, b"Sweden"),
        (2, 55, b"20190619"),
        (2, 60, b"100557+0200"),
    )
    metadata, notes = described(jpeg(tmp_path / "a.jpg", iptc=records))
    assert notes == ()
    assert (metadata.title, metadata.caption, metadata.tags) == ("Pier", "Gulls over the pier.", ["gull", "harbour"])
    assert (metadata.creator, metadata.rights) == ("Anna Lind", "Press Office")
    assert metadata.created_at == datetime(2019, 6, 19, 8, 5, 57, tzinfo=UTC)
    assert metadata.attributes == {"headline": "Möwen über dem Hafen", "city": "Malmö", "country": "Sweden"}


def test_old_iptc_in_the_western_character_set(tmp_path: Path) -> None:
    """IPTC that names no character set and is no UTF-8 is read as Windows-1252."""
    metadata, _ = described(jpeg(tmp_path / "a.jpg", iptc=iptc((2, 120, "Frühling … Köln".encode("cp1252")))))
    assert metadata.caption == "Frühling … Köln"


def test_xmp_words(tmp_path: Path) -> None:
    """Titles in several languages, lists, hierarchies and attributes come from XMP."""
    packet = xmp(
        f"<dc:title>{translated(x_default='Harbour', de='Hafen')}</dc:title>"
        f"<dc:description>{translated(x_default='A quiet harbour')}</dc:description>"
        f"<dc:subject>{bag('sea', 'boats')}</dc:subject>"
        "<dc:creator><rdf:Seq><rdf:li>Anna Lind</rdf:li></rdf:Seq></dc:creator>"
        f"<lr:hierarchicalSubject>{bag('Places|Europe|Sweden')}</lr:hierarchicalSubject>"
        f"<Iptc4xmpCore:AltTextAccessibility>{translated(x_default='Boats at a pier')}"
        "</Iptc4xmpCore:AltTextAccessibility>",
        'photoshop:DateCreated="2019-06-19T10:05:57.25+02:00" photoshop:City="Malmö"',
    )
    path = jpeg(tmp_path / "a.jpg", xmp=packet)
    metadata, notes = described(path)
    assert notes == ()
    assert (metadata.title, metadata.caption, metadata.creator) == ("Harbour", "A quiet harbour", "Anna Lind")
    assert metadata.description == "Boats at a pier"
    assert metadata.tags == ["sea", "boats", "Places", "Europe", "Sweden"]
    assert metadata.attributes == {"city": "Malmö", "keyword_paths": ["Places > Europe > Sweden"]}
    assert metadata.created_at == datetime(2019, 6, 19, 8, 5, 57, 250_000, tzinfo=UTC)
    assert described(path, language="de")[0].title == "Hafen"


def test_trust_goes_from_xmp_to_iptc_to_exif_and_for_times_back(tmp_path: Path) -> None:
    """Of words the latest editor's win (XMP), of times the camera's own (EXIF); tags of all are kept."""
    path = jpeg(
        tmp_path / "a.jpg",
        xmp=xmp(f"<dc:subject>{bag('from xmp')}</dc:subject>", 'photoshop:DateCreated="2001-01-01T00:00:00Z"'),
        iptc=iptc((2, 120, b"from iptc"), (2, 25, b"also iptc")),
        exif={Base.ImageDescription: "from exif", Base.DateTimeOriginal: "2019:06:19 10:05:57"},
    )
    metadata, _ = described(path)
    assert metadata.caption == "from iptc"
    assert metadata.tags == ["from xmp", "also iptc"]
    assert metadata.created_at == datetime(2019, 6, 19, 10, 5, 57, tzinfo=UTC)


def test_gps_only_when_asked(tmp_path: Path) -> None:
    """Where a picture was taken stays out of the event, unless somebody asks for it."""
    path = jpeg(tmp_path / "a.jpg", exif=PARIS)
    assert described(path)[0].attributes == {}
    assert described(path, gps=True)[0].attributes == {"latitude": 48.8582222, "longitude": -2.2945}


def test_a_camera_filler_is_no_caption(tmp_path: Path) -> None:
    """What cameras write where nobody wrote anything is left out."""
    path = jpeg(tmp_path / "a.jpg", exif={Base.ImageDescription: "OLYMPUS DIGITAL CAMERA         "})
    assert described(path)[0].caption == ""


def test_lines_stay_lines_and_texts_keep_their_breaks() -> None:
    """A title has no line breaks; a caption keeps them."""
    assert clean("a\r\nb\tc", LONGEST_LINE) == "a b c"
    assert clean("a\r\nb", LONGEST_TEXT) == "a\nb"
    assert clean("lone \ud800 surrogate", LONGEST_LINE) == "lone surrogate"


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("2019:06:19 10:05:57", "+02:00", "2019-06-19T10:05:57+02:00"),
        ("2019-06-19T10:05:57Z", "", "2019-06-19T10:05:57+00:00"),
        ("2019-06-19T10:05:57.1234567-05:30", "", "2019-06-19T10:05:57.123456-05:30"),
        ("2019-06-19T10:05", "", "2019-06-19T10:05:00"),
        ("2019-06-19", "", "2019-06-19T00:00:00"),
        ("2019-06", "", "2019-06-01T00:00:00"),
        ("2016:12:31 23:59:60", "", "2016-12-31T23:59:59"),
        ("2019:06:19 10:05:57", "+99:00", "2019-06-19T10:05:57"),
    ],
)
def test_times(text: str, zone: str, expected: str) -> None:
    """Each way that EXIF, IPTC and XMP write a time is read; one without a zone stays without."""
    moment = read_time(text, zone)
    assert moment is not None
    assert moment.isoformat() == expected


def test_a_time_without_zone_is_taken_as_local() -> None:
    """A camera's time is of the zone that is named, summer time included."""
    assert with_zone(read_time("2019:06:19 10:05:57"), "Europe/Berlin") == datetime(2019, 6, 19, 8, 5, 57, tzinfo=UTC)
    assert with_zone(read_time("2019:12:19 10:05:57"), "Europe/Berlin") == datetime(2019, 12, 19, 9, 5, 57, tzinfo=UTC)
    assert with_zone(read_time("9999:12:31 23:59:59", "-12:00"), None) is None
    with pytest.raises(SettingsError, match="IANA"):
        with_zone(read_time("2019:06:19 10:05:57"), "../etc/passwd")

import hashlib
from pathlib import Path
from typing import Any

from PIL import Image
from pydantic import TypeAdapter

from damsight_schemas import asset as contract
from damsight_schemas.asset import AssetMetadata

LANGUAGES = ("de", "fr", "es", "zh", "ja", "ar")


def test_every_line_is_what_the_event_contract_takes(library: list[dict[str, Any]]) -> None:
    """Metadata, ids, revisions and access lists pass the project's own schema, and ids are told once."""
    principals = TypeAdapter(list[contract.Principal])
    for entry in library:
        AssetMetadata.model_validate(entry["metadata"])
        TypeAdapter(contract.AssetId).validate_python(entry["asset_id"])
        TypeAdapter(contract.Revision).validate_python(entry["revision"])
        assert principals.validate_python(entry["acl"])
    assert len({entry["asset_id"] for entry in library}) == len(library) >= 1500


def test_every_picture_is_there_whole_and_opens(samples: Path, library: list[dict[str, Any]]) -> None:
    """The file named by media.uri has the bytes, the hash and the format that the line says."""
    for entry in library:
        path = samples / "library" / entry["media"]["uri"]
        content = path.read_bytes()
        assert len(content) == entry["media"]["byte_size"]
        assert hashlib.sha256(content).hexdigest() == entry["media"]["sha256"]
        with Image.open(path) as picture:
            picture.load()
            assert picture.format == "JPEG"
            assert 256 <= min(picture.size) <= max(picture.size) <= 320


def test_no_picture_lies_about_unlisted(samples: Path, library: list[dict[str, Any]]) -> None:
    """The folder holds the pictures of the lines and nothing else, so publishing either gives the same."""
    listed = {entry["media"]["uri"] for entry in library}
    assert {f"pictures/{path.name}" for path in (samples / "library" / "pictures").iterdir()} == listed


def test_titles_are_told_in_seven_languages(library: list[dict[str, Any]]) -> None:
    """Each asset has an English title and a name in the six others, as an attribute and in the description."""
    for entry in library:
        metadata = entry["metadata"]
        assert metadata["title"]
        for language in LANGUAGES:
            name = metadata["attributes"][f"title_{language}"]
            assert name
            assert name in metadata["description"]


def test_there_is_something_to_filter_by(library: list[dict[str, Any]]) -> None:
    """Most assets are public, some are not; groups and years vary enough for facets."""
    public = sum(entry["acl"] == ["public"] for entry in library)
    assert 0.85 < public / len(library) < 0.99
    assert any("group:press" in entry["acl"] for entry in library)
    assert any("user:anna" in entry["acl"] for entry in library)
    assert len({entry["metadata"]["collections"][0] for entry in library}) >= 8
    assert len({entry["metadata"]["created_at"][:4] for entry in library}) >= 10


def test_the_licences_lie_beside_what_they_cover(samples: Path) -> None:
    """The texts of the three licences that the library stands on travel with it."""
    folder = samples / "library"
    assert "SIL OPEN FONT LICENSE Version 1.1" in (folder / "LICENSE-OFL-1.1.txt").read_text("utf-8")
    assert "UNICODE LICENSE V3" in (folder / "LICENSE-Unicode-3.0.txt").read_text("utf-8")
    assert "The MIT License" in (folder / "LICENSE-MIT-unicode-emoji-json.txt").read_text("utf-8")


def test_the_library_is_small_enough_to_travel(samples: Path) -> None:
    """Pictures and lists together stay under 14 MB, so that a clone stays quick."""
    total = sum(path.stat().st_size for path in (samples / "library").rglob("*") if path.is_file())
    assert total < 14_000_000

"""Previews: what of a picture goes out, from where, and to whom."""

import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from contract.search_index_contract import SPACES
from damsight_consumer.preview_store import FilesystemPreviewStore
from damsight_encoders.decode import PillowDecoder
from damsight_schemas.preview_keys import preview_key
from damsight_search.errors import AssetNotFoundError, NoPreviewError, SearchUnavailableError, SettingsError
from damsight_search.pictures.kept_previews import FilesystemKeptPreviews
from damsight_search.pictures.previews import Previews
from drivers.object_store import BUCKET, running_object_store
from fakes.library import library
from fakes.search_app import api, bearer
from fakes.search_index import FakeIndex

WHO = ("public",)


class OneAsset:
    """Tells where one asset's bytes are."""

    def __init__(self, uri: str | None) -> None:
        self.uri = uri
        self.revision = 1
        self.asked = 0
        self.previews: dict[str, str] = {}

    def media(self, asset_id: str, principals: Sequence[str]) -> dict[str, Any]:
        self.asked += 1
        if "public" not in principals:
            raise AssetNotFoundError(asset_id)
        told: dict[str, Any] = {"asset_id": asset_id, "revision": self.revision}
        return {**told, **self.previews, "uri": self.uri} if self.uri else told


def photo(path: Path, size: tuple[int, int] = (1600, 900)) -> Path:
    """Write a JPEG with EXIF and GPS, lying on its side."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "A camera with a serial number"
    exif.get_ifd(0x8825)[1] = "N"
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (200, 30, 30)).save(path, "JPEG", exif=exif)
    return path


def previews(
    uri: str | None, root: Path, *, keep_bytes: int = 10**6, max_bytes: int = 10**7
) -> tuple[Previews, OneAsset]:
    asset = OneAsset(uri)
    return Previews(asset, PillowDecoder(), [root], max_bytes=max_bytes, keep_bytes=keep_bytes), asset


def test_a_preview_is_drawn_anew_upright_and_small(tmp_path: Path) -> None:
    """No EXIF, no GPS; the longer side is as asked; what lay on its side stands upright."""
    path = photo(tmp_path / "a photo.jpg")
    made, _ = previews(path.as_uri(), tmp_path)
    shown = Image.open(io.BytesIO(made.of("a", WHO, side=480).data))
    assert shown.size == (270, 480)
    assert shown.format == "JPEG"
    assert dict(shown.getexif()) == {}
    assert b"serial number" not in made.of("a", WHO, side=480).data
    small = photo(tmp_path / "small.jpg", (40, 30))
    assert Image.open(io.BytesIO(previews(small.as_uri(), tmp_path)[0].of("a", WHO, side=480).data)).size == (30, 40)


def test_rights_are_asked_before_anything_else_and_each_time(tmp_path: Path) -> None:
    """A preview that is kept is not shown to who may not see it."""
    made, asset = previews(photo(tmp_path / "a.jpg").as_uri(), tmp_path)
    first = made.of("a", WHO, side=100)
    with pytest.raises(AssetNotFoundError):
        made.of("a", ("user:nobody",), side=100)
    assert made.of("a", WHO, side=100) == first
    assert asset.asked == 3


def test_a_new_revision_is_drawn_anew(tmp_path: Path) -> None:
    """What is kept is kept per revision."""
    path = photo(tmp_path / "a.jpg")
    made, asset = previews(path.as_uri(), tmp_path)
    before = made.of("a", WHO, side=100)
    photo(path, (300, 300))
    assert made.of("a", WHO, side=100).data == before.data
    asset.revision = 2
    assert made.of("a", WHO, side=100).tag != before.tag
    assert Image.open(io.BytesIO(made.of("a", WHO, side=100).data)).size == (100, 100)


@pytest.mark.parametrize(
    "uri",
    [None, "", "https://example.org/a.jpg", "http://127.0.0.1/a.jpg", "s3://bucket/a.jpg", "file://elsewhere/a.jpg"],
)
def test_what_is_not_a_file_has_no_preview(tmp_path: Path, uri: str | None) -> None:
    """Nothing is fetched for whoever asks, and nobody is sent to where the DAM keeps it."""
    with pytest.raises(NoPreviewError) as refused:
        previews(uri, tmp_path)[0].of("a", WHO, side=100)
    assert "example.org" not in str(refused.value)


def test_only_the_allowed_folders_are_read(tmp_path: Path) -> None:
    """Neither dots, nor links, nor a folder whose name only begins alike lead out of them."""
    root, outside = tmp_path / "media", photo(tmp_path / "media-private" / "a.jpg")
    root.mkdir()
    (root / "link.jpg").symlink_to(outside)
    for uri in (
        outside.as_uri(),
        f"{root.as_uri()}/../media-private/a.jpg",
        f"{root.as_uri()}/%2e%2e/media-private/a.jpg",
        f"{root.as_uri()}/link.jpg",
        f"{root.as_uri()}/a%00.jpg",
        f"{root.as_uri()}/absent.jpg",
        root.as_uri(),
    ):
        with pytest.raises(NoPreviewError) as refused:
            previews(uri, root)[0].of("a", WHO, side=100)
        assert str(tmp_path) not in str(refused.value)


def test_pipes_large_files_and_lies_have_no_preview(tmp_path: Path) -> None:
    """A pipe does not block, a large file is not read, an HTML page is not shown."""
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "page.jpg").write_bytes(b"<html></html>")
    photo(tmp_path / "large.jpg")
    for name in ("pipe.jpg", "page.jpg", "large.jpg"):
        with pytest.raises(NoPreviewError):
            previews((tmp_path / name).as_uri(), tmp_path, max_bytes=1000)[0].of("a", WHO, side=100)


def test_memory_for_previews_is_bounded(tmp_path: Path) -> None:
    """The oldest are dropped; with no memory at all they are drawn each time."""
    uri = photo(tmp_path / "a.jpg").as_uri()
    made, _ = previews(uri, tmp_path, keep_bytes=4000)
    for number in range(20):
        made.of(f"asset-{number}", WHO, side=200)
    assert made._held_bytes <= 4000
    assert len(made._kept) > 0
    none, _ = previews(uri, tmp_path, keep_bytes=0)
    assert none.of("a", WHO, side=200).data == made.of("a", WHO, side=200).data
    assert none._kept == {}


def test_the_api_shows_previews_under_the_permissions(tmp_path: Path) -> None:
    """Small and large, with a tag that saves sending them twice."""
    index = FakeIndex(SPACES)
    uri = photo(tmp_path / "a.jpg").as_uri()
    index.documents = {name: {**library()[name], "uri": uri} for name in ("asset-003", "asset-004")}
    client = api(index, roots=(tmp_path,))
    anna, bert = bearer("anna", ()), bearer()
    small = client.get("/api/v1/assets/asset-003/thumbnail", headers=anna)
    assert (small.status_code, small.headers["content-type"]) == (200, "image/jpeg")
    assert small.headers["cache-control"].startswith("private")
    again = {**anna, "If-None-Match": small.headers["etag"]}
    assert client.get("/api/v1/assets/asset-003/thumbnail", headers=again).status_code == 304
    assert client.get("/api/v1/assets/asset-004/thumbnail", headers=anna).status_code == 404
    assert client.get("/api/v1/assets/asset-004/picture?side=300", headers=bert).status_code == 200
    assert client.get("/api/v1/assets/asset-004/picture?side=9999", headers=bert).status_code == 422
    assert api(index).get("/api/v1/assets/asset-003/thumbnail", headers=anna).json()["type"].endswith("no-preview")


class Shelf:
    """A store of previews in memory; it remembers what was asked of it."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.asked: list[str] = []

    def read(self, key: str) -> bytes | None:
        self.asked.append(key)
        return self.files.get(key)


def kept_asset(root: Path, colour: tuple[int, int, int] = (20, 30, 200)) -> tuple[OneAsset, dict[str, bytes]]:
    """A red photo on disk, whose kept previews are blue."""
    drawn = io.BytesIO()
    Image.new("RGB", (480, 270), colour).save(drawn, "WEBP")
    key = preview_key("a", drawn.getvalue(), 480)
    asset = OneAsset(photo(root / "a.jpg").as_uri())
    asset.previews = {"thumbnail": key, "preview": key}
    return asset, {key: drawn.getvalue()}


def mean_colour(data: bytes) -> tuple[int, ...]:
    """The colour of a picture of one colour."""
    return Image.open(io.BytesIO(data)).convert("RGB").getpixel((5, 5))  # type: ignore[return-value]  # of RGB


def test_what_the_consumer_kept_comes_first(tmp_path: Path) -> None:
    """The kept preview is shown, not the file; where it is gone, the file is; both as JPEG."""
    asset, files = kept_asset(tmp_path)
    limits = {"max_bytes": 10**7, "keep_bytes": 0}
    shown = Previews(asset, PillowDecoder(), [tmp_path], kept=Shelf(files), **limits).of("a", WHO, side=480)
    assert mean_colour(shown.data)[2] > 150
    gone = Previews(asset, PillowDecoder(), [tmp_path], kept=Shelf({}), **limits).of("a", WHO, side=480)
    assert mean_colour(gone.data)[0] > 150


def test_where_faces_are_blurred_the_file_itself_is_never_shown(tmp_path: Path) -> None:
    """Until the blurred preview is kept there is none: the face would be seen in what is made here."""
    asset, files = kept_asset(tmp_path)
    blurred = {"max_bytes": 10**7, "keep_bytes": 0, "only_kept": True}
    assert Previews(asset, PillowDecoder(), [tmp_path], kept=Shelf(files), **blurred).of("a", WHO, side=480).data
    for store in (Shelf({}), None):
        with pytest.raises(NoPreviewError):
            Previews(asset, PillowDecoder(), [tmp_path], kept=store, **blurred).of("a", WHO, side=480)


def test_a_document_cannot_name_the_previews_of_another_asset(tmp_path: Path) -> None:
    """A key that is not this asset's, or leads out of the store, is not even asked for."""
    asset, files = kept_asset(tmp_path)
    for key in (preview_key("b", b"x", 480), "../../etc/passwd", ""):
        asset.previews = {"thumbnail": key, "preview": key}
        shelf = Shelf(files)
        Previews(asset, PillowDecoder(), [tmp_path], kept=shelf, max_bytes=10**7, keep_bytes=0).of("a", WHO, side=480)
        assert shelf.asked == []


def test_kept_previews_are_read_from_a_folder_and_a_bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the consumer's store writes the plugin's reads; what is not there is none; a store that is away is told."""
    with running_object_store() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        for url in ((tmp_path / "kept").as_uri(), f"s3://{BUCKET}/some/where"):
            FilesystemPreviewStore(url).put("ab/cd.webp", b"drawn")
            reader = FilesystemKeptPreviews(url)
            assert reader.read("ab/cd.webp") == b"drawn"
            assert reader.read("ab/other.webp") is None
    with pytest.raises(SearchUnavailableError, match="does not answer"):
        reader.read("ab/cd.webp")
    with pytest.raises(SettingsError, match="DAMSIGHT_PREVIEWS__URL"):
        FilesystemKeptPreviews("nowhere://x")

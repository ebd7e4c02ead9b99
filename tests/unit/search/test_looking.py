"""Searches by pictures and sounds where something is missing or wrong; what works is in tests/contract."""

import dataclasses
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from contract.looking_contract import halves, looking_at, plain
from contract.search_service_contract import PRESS, ids
from damsight_encoders.decode import PillowDecoder
from damsight_encoders.errors import EncoderUnavailableError
from damsight_encoders.ports import Encoders
from damsight_schemas.preview_keys import preview_key
from damsight_schemas.search import SearchRequest
from damsight_schemas.space import IndexSpaces
from damsight_search.errors import AssetNotFoundError, EncoderDownError, PictureRefusedError, RefusedRequestError
from damsight_search.pictures.asset_pictures import AssetPictures
from damsight_search.results.paging import Cursors
from damsight_search.service import SearchService
from damsight_search.vectors.query_encoder import EncodersForQueries
from fakes.audio import FakeAudioEncoder
from fakes.encoders import FakeJointEncoder
from fakes.every_encoder import every_encoder
from fakes.media_library import MEDIA_SPACES, media_library
from fakes.search_index import FakeIndex
from fakes.shelf import MemoryShelf


def filled(spaces: IndexSpaces = MEDIA_SPACES) -> FakeIndex:
    return MemoryShelf.holding(spaces, media_library()).index


def over(index: FakeIndex, encoders: Encoders) -> SearchService:
    return SearchService(index, EncodersForQueries(encoders, PillowDecoder()), Cursors(b"a secret of this test alone"))


class Shelf:
    """A store of previews in memory."""

    def __init__(self, held: dict[str, bytes]) -> None:
        self._held = held

    def read(self, key: str) -> bytes | None:
        return self._held.get(key)


class _Answering(FakeJointEncoder):
    """An encoder that answers what it was told to."""

    def __init__(self, answer: list[float]) -> None:
        super().__init__()
        self._answer = np.array([answer], dtype=np.float32)

    def encode_texts(self, *_given: object, **_named: object) -> Any:
        return self._answer

    def encode_images(self, *_given: object) -> Any:
        return self._answer


class _Silent(FakeAudioEncoder):
    def encode_texts(self, *_given: object, **_named: object) -> Any:
        raise EncoderUnavailableError("the encoder service does not answer")


@pytest.mark.parametrize("answer", [[float("nan")] * 128, [float("inf")] * 128, [0.0] * 128, [1.0, 0.0]], ids=len)
def test_no_impossible_vector_reaches_the_index(answer: list[float]) -> None:
    """Not a number, infinity, zero and a wrong length: the leg is off and it is said; alone it is an error."""
    service = over(filled(), dataclasses.replace(every_encoder(), joint=_Answering(answer), look=None))
    response = service.search(SearchRequest(text="red"), PRESS)
    assert response.hits
    assert "Not searched by what pictures show: fake-joint" in response.degraded[0]
    with pytest.raises(EncoderDownError, match="fake-joint"):
        service.search(SearchRequest(), PRESS, [plain("red")])


def test_what_was_asked_for_and_cannot_be_encoded_is_told() -> None:
    """An index of sounds and looks, and encoders that lack them: words go on, and each reason is said once."""
    bare = dataclasses.replace(every_encoder(), audio=None, look=None)
    response = over(filled(), bare).search(SearchRequest(text="low"), PRESS, [plain("red"), plain("blue")])
    assert [reason.partition(":")[0] for reason in response.degraded] == [
        "Not searched by how pictures look",
        "Not searched by what is heard",
    ]
    down = dataclasses.replace(every_encoder(), audio=_Silent())
    assert "does not answer" in over(filled(), down).search(SearchRequest(text="low"), PRESS).degraded[0]


def test_a_field_that_the_index_lacks_is_missed_only_by_whoever_names_it() -> None:
    """An index without sounds is how it was made; a request that weighs them is told."""
    index = filled(MEDIA_SPACES.model_copy(update={"audio_vector": None, "look_vector": None}))
    service = looking_at(index)
    assert service.search(SearchRequest(text="low"), PRESS, [plain("red")]).degraded == []
    told = service.search(SearchRequest(text="low", weights={"audio": 2, "look": 1}), PRESS, [plain("red")])
    assert [reason.partition(": ")[2] for reason in told.degraded] == [
        "the index holds no look_vector.",
        "the index holds no audio_vector.",
    ]


def test_another_model_for_looks_or_sounds_is_never_compared() -> None:
    """Vectors of two models never meet, in any field."""
    other = dataclasses.replace(every_encoder(), look=FakeJointEncoder("another"), audio=FakeAudioEncoder("other"))
    service = over(filled(), other)
    response = service.search(SearchRequest(text="low", explain=True), PRESS, [plain("red")])
    assert len(response.degraded) == 2
    assert not {"look", "audio"} & {leg.leg for hit in response.hits for leg in hit.legs}


def test_words_are_encoded_once_for_each_space() -> None:
    """The frame leg uses the image leg's vector: three spaces take words, so there are three encodings."""
    index, encoders = filled(), every_encoder()
    over(index, encoders).search(SearchRequest(text="red"), PRESS)
    by_field = {leg["field"]: leg["query_vector"] for leg in index.asked[0]["knn"]}
    assert by_field.keys() == {"image_vector", "frames.vector", "caption_vector", "audio_vector"}
    assert by_field["image_vector"] == by_field["frames.vector"]


def test_the_window_holds_every_legs_full_top() -> None:
    """The more vector legs, the larger the window; the text matches keep their place in it."""
    index = filled()
    looking_at(index).search(SearchRequest(text="red", like=["still-red"]), PRESS)
    body = index.asked[1]
    assert len(body["knn"]) == 6
    assert body["size"] == 100 + sum(leg["k"] for leg in body["knn"])


def test_a_plain_search_costs_no_request_more() -> None:
    """Stored vectors are read only where likes, the unwanted or Manhattan's distance need them."""
    index = filled()
    looking_at(index).search(SearchRequest(text="red"), PRESS)
    assert len(index.asked) == 2
    index.asked.clear()
    request = SearchRequest(like=["still-blue"], unlike=["still-red"], similarity="manhattan")
    looking_at(index).search(request, PRESS)
    assert len(index.asked) == 4


def with_picture(tmp_path: Path, **changes: Any) -> tuple[FakeIndex, AssetPictures]:
    """Return a library whose red still is, in its file, red on the left and green on the right."""
    picture = tmp_path / "halves.png"
    picture.write_bytes(halves("red", "green"))
    index = filled()
    index.documents["still-red"] = {**index.documents["still-red"], "uri": picture.as_uri(), **changes}
    return index, AssetPictures([tmp_path], max_bytes=10**6)


RIGHT = SearchRequest.model_validate(
    {"like": ["still-red"], "examples": {"still-red": {"box": {"x": 0.5, "y": 0, "width": 0.5, "height": 1}}}}
)


def test_a_part_of_an_asset_is_read_from_its_file(tmp_path: Path) -> None:
    """The box counts, and what is stored of the whole does not."""
    index, pictures = with_picture(tmp_path)
    assert ids(looking_at(index, pictures=pictures).search(RIGHT, PRESS))[0] == "still-green"


def test_a_part_of_what_is_elsewhere_comes_from_its_kept_preview(tmp_path: Path) -> None:
    """Where the file is not within reach, or faces are blurred, the kept preview is used; else it is said."""
    stream = io.BytesIO()
    Image.open(io.BytesIO(halves("red", "green"))).save(stream, "WEBP", lossless=True)
    key = preview_key("still-red", stream.getvalue(), 200)
    index, _ = with_picture(tmp_path, uri="https://dam/picture.jpg", preview=key)
    pictures = AssetPictures([], max_bytes=10**6, kept=Shelf({key: stream.getvalue()}))
    assert ids(looking_at(index, pictures=pictures).search(RIGHT, PRESS))[0] == "still-green"


@pytest.mark.parametrize(
    ("uri", "roots"), [("https://dam/picture.jpg", True), (None, True), ("file:///etc/hosts", False)], ids=str
)
def test_where_no_picture_can_be_read_it_is_said(tmp_path: Path, uri: str | None, *, roots: bool) -> None:
    """The box is named, and nothing of where the file lies."""
    index, _ = with_picture(tmp_path, **({"uri": uri} if uri else {}))
    if uri is None:
        del index.documents["still-red"]["uri"]
    pictures = AssetPictures([tmp_path], max_bytes=10**6) if roots else None
    with pytest.raises(RefusedRequestError, match=r"examples\.still-red\.box") as refused:
        looking_at(index, pictures=pictures).search(RIGHT, PRESS)
    assert "hosts" not in str(refused.value)


def test_a_part_of_a_forbidden_asset_is_not_read(tmp_path: Path) -> None:
    """Forbidden and absent are one answer, before any file is opened."""
    index, pictures = with_picture(tmp_path, acl=["user:somebody"])
    with pytest.raises(AssetNotFoundError):
        looking_at(index, pictures=pictures).search(RIGHT, PRESS)


def test_what_is_no_picture_is_refused_among_several() -> None:
    """One file that is none refuses the request: a search by the others would not be what was asked for."""
    with pytest.raises(PictureRefusedError):
        looking_at(filled()).search(SearchRequest(), PRESS, [plain("red"), b"<html>"])


def test_words_and_pictures_share_by_their_weights() -> None:
    """``text_weight`` says how much the words count among the pictures."""
    service = looking_at(filled())
    for weight, first in ((9.0, "still-red"), (0.1, "still-blue")):
        request = SearchRequest(text="red", text_weight=weight, weights=_IMAGE_ALONE)
        assert ids(service.search(request, PRESS, [plain("blue")]))[0] == first


_IMAGE_ALONE: dict[Any, float] = {**dict.fromkeys(("exact", "keyword", "caption", "frame", "look", "audio"), 0.0)}

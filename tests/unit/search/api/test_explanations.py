"""Where in the picture: what goes out, to whom, and what is said where it cannot be told."""

import io
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from contract.search_index_contract import SPACES
from damsight_encoders.decode import PillowDecoder
from damsight_encoders.ports import Encoders
from damsight_search.api.app import create_app
from damsight_search.results.paging import Cursors
from damsight_search.service import SearchService
from damsight_search.settings import load_settings
from damsight_search.vectors.query_encoder import EncodersForQueries
from fakes.encoders import COLOURS, FakeTextEncoder
from fakes.library import document
from fakes.search_app import SECRET, api, bearer
from fakes.search_index import FakeIndex

AS_PICTURE = {"Accept": "image/avif,image/webp,image/apng,image/*,*/*;q=0.8"}
BERT = bearer() | AS_PICTURE


@pytest.fixture
def index(tmp_path: Path) -> FakeIndex:
    pixels = np.zeros((80, 120, 3), dtype=np.uint8)
    pixels[:, :60], pixels[:, 60:] = COLOURS["red"], COLOURS["blue"]
    Image.fromarray(pixels).save(tmp_path / "two.png")
    told = {"uri": (tmp_path / "two.png").as_uri(), "mime_type": "image/png"}
    filled = FakeIndex(SPACES)
    filled.documents = {
        "two/halves": document("two/halves", "red", **told),
        "secret": document("secret", "red", acl=("user:anna",), **told),
        "blue": document("blue", "blue", title="Blue"),
        "sound": document("sound", None, title="Sound"),
        "elsewhere": document("elsewhere", "red", uri="https://dam.example/a.jpg", mime_type="image/jpeg"),
    }
    return filled


@pytest.fixture
def client(index: FakeIndex, tmp_path: Path) -> TestClient:
    return api(index, roots=(tmp_path,))


def lightness(png: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(png)) as drawn:
        assert drawn.format == "PNG"
        # Green: inferno's grows with heat, and neither red nor blue below has much of it.
        return np.asarray(drawn.convert("RGB"))[..., 1].astype(float)


def halves(client: TestClient, query: str) -> tuple[float, float]:
    answer = client.get(f"/api/v1/assets/two/halves/explain?{query}", headers=BERT)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png"), answer.text
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["vary"] == "Accept, Authorization"
    shown = lightness(answer.content)
    assert shown.shape == (80, 120)
    return shown[:, :55].mean(), shown[:, 65:].mean()


def test_words_and_pictures_light_up_their_half(client: TestClient) -> None:
    """The named colour's half is lighter; so is the half that another asset looks like."""
    by_red, by_blue, like_blue = halves(client, "q=red"), halves(client, "q=blue"), halves(client, "like=blue")
    assert by_red[0] > by_red[1] + 50
    assert by_blue[1] > by_blue[0] + 50
    assert like_blue[1] > like_blue[0] + 50


def test_without_a_wish_for_a_picture_the_legs_are_told(client: TestClient) -> None:
    """JSON stays the answer for whoever takes anything, or JSON, and says that it depends on Accept."""
    for accept in ("*/*", "application/json", "application/json, image/png;q=0.5"):
        answer = client.get("/api/v1/assets/two/halves/explain?q=red", headers=bearer() | {"Accept": accept})
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["vary"] == "Accept, Authorization"
        assert answer.json()["asset_id"] == "two/halves"


@pytest.mark.parametrize("query", ["q=red", "like=blue", ""])
def test_what_one_may_not_see_is_as_if_it_were_not_there(client: TestClient, query: str) -> None:
    """A forbidden asset and an unknown one have the same answer, but for the id that was asked for."""
    forbidden = client.get(f"/api/v1/assets/secret/explain?{query}", headers=BERT)
    unknown = client.get(f"/api/v1/assets/nothing/explain?{query}", headers=BERT)
    assert (forbidden.status_code, unknown.status_code) == (404, 404)
    assert forbidden.text.replace("secret", "nothing") == unknown.text
    assert client.get("/api/v1/assets/two/halves/explain?q=red", headers=AS_PICTURE).status_code == 401


def test_a_forbidden_picture_to_be_like_is_unknown_too(client: TestClient) -> None:
    """Nobody learns from a heat map what a picture that they may not see looks like."""
    answers = [
        client.get(f"/api/v1/assets/two/halves/explain?like={name}", headers=BERT) for name in ("secret", "nothing")
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].text.replace("secret", "nothing") == answers[1].text


@pytest.mark.parametrize(
    ("address", "status", "name"),
    [
        ("sound/explain?q=red", 404, "no-preview"),
        ("elsewhere/explain?q=red", 404, "no-preview"),
        ("two/halves/explain", 422, "invalid-request"),
        ("two/halves/explain?q=red&like=blue", 422, "invalid-request"),
        ("two/halves/explain?like=sound", 422, "nothing-to-compare"),
    ],
)
def test_what_cannot_be_drawn_is_a_problem(client: TestClient, address: str, status: int, name: str) -> None:
    """No picture, nothing or two things looked for, or no looks to compare: a problem with what to do."""
    answer = client.get(f"/api/v1/assets/{address}", headers=BERT)
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:damsight:problem:{name}")
    assert answer.json()["fix"]


def test_without_a_model_for_pictures_it_is_not_offered(index: FakeIndex, tmp_path: Path) -> None:
    """A foreign server of embeddings gives no joint model: 501, with the setting that would help."""
    encoder = EncodersForQueries(Encoders(joint=None, caption=FakeTextEncoder()), PillowDecoder())
    service = SearchService(index, encoder, Cursors(b"secret" * 6), timeout_s=30)
    settings = load_settings(auth={"secret": SECRET}, fetch={"roots": [tmp_path]})
    client = TestClient(create_app(service, settings), raise_server_exceptions=False)
    for query in ("q=red", "like=blue"):
        answer = client.get(f"/api/v1/assets/two/halves/explain?{query}", headers=BERT)
        assert (answer.status_code, answer.json()["type"]) == (501, "urn:damsight:problem:not-explainable")
        assert "DAMSIGHT_MODELS__URL" in answer.json()["fix"]

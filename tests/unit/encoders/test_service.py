"""The encoder service answers as OpenAI's API does, keeps its limits, and says what is wrong."""

import base64
import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from numpy.typing import NDArray
from PIL import Image

from damsight_encoders.errors import DeviceError, ModelError
from damsight_encoders.ports import Encoders, TextPurpose, Vectors
from damsight_encoders.service.bootstrap import build_service, serve_encoders
from damsight_encoders.settings import EncoderServiceSettings, EncodeServeSettings
from damsight_encoders.steps import ImageSteps
from damsight_schemas.connections import EncodingLimits, ModelSettings
from fakes.encoders import FakeJointEncoder, FakeTextEncoder


class SteppedJointEncoder(FakeJointEncoder):
    steps = ImageSteps(resize="exact", height=16, width=16, resample=4)


class FullTextEncoder(FakeTextEncoder):
    """Has no memory left for one word."""

    def encode_texts(self, texts: list[str], *, purpose: TextPurpose = "document") -> Vectors:
        if "elephant" in texts:
            raise DeviceError("the device has no memory left for even one item")
        return super().encode_texts(texts, purpose=purpose)


JOINT, CAPTION = SteppedJointEncoder(), FullTextEncoder()
LIMITS = EncoderServiceSettings(max_inputs=8, max_text=200, max_body_mib=1)


def client_of(settings: EncodeServeSettings) -> TestClient:
    return TestClient(serve_encoders(Encoders(joint=JOINT, caption=CAPTION), settings), raise_server_exceptions=False)


@pytest.fixture
def client() -> Iterator[TestClient]:
    with client_of(EncodeServeSettings(encoder=LIMITS, limits=EncodingLimits(max_pixels=10_000))) as client:
        yield client


def picture(colour: str, media_format: str = "PNG", size: tuple[int, int] = (40, 30)) -> str:
    stream = io.BytesIO()
    Image.new("RGB", size, colour).save(stream, media_format)
    text = base64.b64encode(stream.getvalue()).decode()
    return f"data:image/{media_format.lower()};base64,{text}"


def vectors(answer: Any) -> NDArray[np.float32]:
    assert answer.status_code == 200, answer.text
    return np.array([one["embedding"] for one in answer.json()["data"]], dtype=np.float32)


def test_texts_are_answered_as_openai_does(client: TestClient) -> None:
    """The answer has OpenAI's fields, one embedding an input, in order."""
    answer = client.post("/v1/embeddings", json={"model": "fake-caption", "input": ["fox", "dog"]})
    body = answer.json()
    assert (body["object"], body["model"], body["usage"]["total_tokens"]) == ("list", "fake-caption", 2)
    assert [(one["object"], one["index"]) for one in body["data"]] == [("embedding", 0), ("embedding", 1)]
    np.testing.assert_allclose(vectors(answer), CAPTION.encode_texts(["fox", "dog"]), atol=1e-6)


def test_one_text_may_come_without_a_list(client: TestClient) -> None:
    """`input` may be a bare string."""
    answer = client.post("/v1/embeddings", json={"model": "fake-caption", "input": "fox"})
    assert vectors(answer).shape == (1, 256)


def test_base64_carries_the_same_floats(client: TestClient) -> None:
    """encoding_format base64 is little-endian float32, to the bit."""
    request = {"model": "fake-caption", "input": ["fox"], "encoding_format": "base64"}
    text = client.post("/v1/embeddings", json=request).json()["data"][0]["embedding"]
    np.testing.assert_array_equal(np.frombuffer(base64.b64decode(text), "<f4"), CAPTION.encode_texts(["fox"])[0])


@pytest.mark.parametrize("media_format", ["PNG", "JPEG", "WEBP"])
def test_pictures_come_as_data_urls(client: TestClient, media_format: str) -> None:
    """A data URL is decoded, prepared and encoded: a red picture lies where the word red lies."""
    found = vectors(
        client.post("/v1/embeddings", json={"model": "fake-joint", "input": [picture("red", media_format)]})
    )
    assert float(found[0] @ JOINT.encode_texts(["red"])[0]) > 0.9


def test_bare_base64_is_a_picture_where_the_request_says_so(client: TestClient) -> None:
    """With modality image, no data: prefix is needed."""
    request = {"model": "fake-joint", "input": [picture("blue").partition(",")[2]], "modality": "image"}
    assert float(vectors(client.post("/v1/embeddings", json=request))[0] @ JOINT.encode_texts(["blue"])[0]) > 0.9


def test_typed_words_are_never_taken_for_a_picture(client: TestClient) -> None:
    """With modality text, an input that looks like a data URL is a text."""
    typed = "data:image/png;base64,AAAA"
    request = {"model": "fake-joint", "input": [typed], "modality": "text"}
    np.testing.assert_allclose(
        vectors(client.post("/v1/embeddings", json=request)), JOINT.encode_texts([typed]), atol=1e-6
    )


def test_queries_reach_the_model_as_queries(client: TestClient) -> None:
    """The purpose is passed on."""
    CAPTION.purposes.clear()
    client.post("/v1/embeddings", json={"model": "fake-caption", "input": ["fox"], "purpose": "query"})
    assert CAPTION.purposes == ["query"]


def test_the_models_tell_their_spaces(client: TestClient) -> None:
    """GET /v1/models lists each model with its role, its space and how pictures are prepared for it."""
    joint, caption = client.get("/v1/models").json()["data"]
    assert (joint["id"], joint["role"], joint["space"]["dimensions"]) == ("fake-joint", "joint", 128)
    assert joint["image_steps"]["height"] == 16
    assert (caption["id"], caption["role"], caption["image_steps"]) == ("fake-caption", "caption", None)


@pytest.mark.parametrize(
    ("request_body", "status", "problem", "words"),
    [
        ({"model": "other", "input": "x"}, 404, "no-such-model", "fake-joint, fake-caption"),
        ({"model": "fake-caption", "input": ["x"] * 9}, 422, "input-refused", "at most 8"),
        ({"model": "fake-caption", "input": "x" * 201}, 422, "input-refused", "at most 200"),
        ({"model": "fake-caption", "input": []}, 422, "invalid-request", "input"),
        ({"model": "fake-caption", "input": [1, 2, 3]}, 422, "invalid-request", "tokens are not taken"),
        ({"model": "fake-caption"}, 422, "invalid-request", "input"),
        ({"model": "fake-caption", "input": "x", "modalty": "text"}, 422, "invalid-request", "modalty"),
        ({"model": "fake-caption", "input": "x", "dimensions": 12}, 422, "input-refused", "256 dimensions"),
        ({"model": "fake-caption", "input": "x", "modality": "image"}, 422, "input-refused", "texts alone"),
        ({"model": "fake-caption", "input": "elephant"}, 503, "no-memory", "no memory left"),
        ({"model": "fake-joint", "input": ["x", "data:image/png;base64,AAAA"]}, 422, "input-refused", "two requests"),
        ({"model": "fake-joint", "input": "data:image/png,AAAA"}, 422, "input-refused", "base64"),
        ({"model": "fake-joint", "input": "data:image/png;base64,!!"}, 422, "input-refused", "base64"),
        (
            {"model": "fake-joint", "input": "https://a.b/c.jpg", "modality": "image"},
            422,
            "input-refused",
            "not fetched",
        ),
        ({"model": "fake-joint", "input": "data:image/png;base64,aGVsbG8="}, 422, "input-refused", "not a picture"),
        ({"model": "fake-joint", "input": picture("red", size=(200, 90))}, 422, "input-refused", "18,000|200 x 90"),
        ({"model": "fake-joint", "input": picture("red"), "prepared": True}, 422, "input-refused", "prepared=false"),
    ],
)
def test_a_bad_request_is_a_problem_with_its_reason(
    client: TestClient, request_body: dict[str, Any], status: int, problem: str, words: str
) -> None:
    """Each wrong request is answered as problem+json with a stable type, the reason and what to do."""
    answer = client.post("/v1/embeddings", json=request_body)
    body = answer.json()
    assert (answer.status_code, body["status"]) == (status, status)
    assert answer.headers["content-type"] == "application/problem+json"
    assert body["type"] == f"urn:damsight:problem:{problem}"
    assert any(word in body["detail"] for word in words.split("|"))
    assert body["fix"]


def test_one_bad_picture_is_named_by_its_place(client: TestClient) -> None:
    """Of three pictures, the broken second is named as input.1."""
    inputs = [picture("red"), "data:image/png;base64,aGVsbG8=", picture("blue")]
    answer = client.post("/v1/embeddings", json={"model": "fake-joint", "input": inputs})
    assert [one["field"] for one in answer.json()["fields"]] == ["input.1"]


def test_what_is_no_json_is_malformed(client: TestClient) -> None:
    """Broken JSON is a 400, an unknown address a 404, a wrong method a 405: all problems."""
    for answer, status in (
        (client.post("/v1/embeddings", content=b"{", headers={"content-type": "application/json"}), 400),
        (client.get("/v1/nothing"), 404),
        (client.get("/v1/embeddings"), 405),
    ):
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


def test_a_large_body_is_refused_told_or_not(client: TestClient) -> None:
    """Over the body limit: 413, by its stated length or, streamed without one, when the limit is passed."""
    body = b'{"model": "fake-caption", "input": "' + b"x" * (1 << 20) + b'"}'
    stated = client.post("/v1/embeddings", content=body)
    streamed = client.post(
        "/v1/embeddings", content=(body[start : start + 65536] for start in range(0, len(body), 65536))
    )
    assert [stated.status_code, streamed.status_code] == [413, 413]


def test_the_key_is_asked_of_everything_but_health() -> None:
    """With a key set, requests without it are 401; /livez, /readyz and /metrics stay open."""
    with client_of(EncodeServeSettings(models=ModelSettings(api_key="secret-1"))) as client:
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "secret-1"}):
            answer = client.get("/v1/models", headers=headers)
            assert (answer.status_code, answer.json()["type"]) == (401, "urn:damsight:problem:no-key")
            assert answer.headers["www-authenticate"].startswith("Bearer")
        assert client.get("/v1/models", headers={"Authorization": "Bearer secret-1"}).status_code == 200
        assert [client.get(path).status_code for path in ("/livez", "/readyz", "/metrics")] == [200, 200, 200]


def test_requests_and_batches_are_counted(client: TestClient) -> None:
    """/metrics has the requests by route and status, and the batches by model and kind."""
    client.post("/v1/embeddings", json={"model": "fake-caption", "input": ["a", "b", "c"]})
    client.get("/v1/models/with/an/id")
    text = client.get("/metrics").text
    assert 'damsight_encoder_requests_total{route="/v1/embeddings",status="200"} 1.0' in text
    assert 'damsight_encoder_batch_size_sum{kind="document",model="fake-caption"} 3.0' in text
    assert "with/an/id" not in text


def test_a_service_without_models_does_not_start() -> None:
    """Nothing to serve: the message names both settings."""
    with pytest.raises(ModelError, match="DAMSIGHT_MODELS__JOINT"):
        build_service(EncodeServeSettings())


def test_two_models_of_one_name_do_not_start() -> None:
    """Clients choose by name, so two models must not share one."""
    twins = Encoders(joint=SteppedJointEncoder("same"), caption=FakeTextEncoder("same"))
    with pytest.raises(ModelError, match="both models are called 'same'"):
        serve_encoders(twins, EncodeServeSettings())

"""The service beyond OpenAI's interface: priorities, the cache, looks, explanations."""

import base64
import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from damsight_encoders.content import Picture
from damsight_encoders.errors import EncoderBusyError
from damsight_encoders.explain import WindowExplainer
from damsight_encoders.ports import Encoders, TextPurpose, Vectors
from damsight_encoders.service.bootstrap import serve_encoders
from damsight_encoders.service.embedder import Embedder
from damsight_encoders.settings import EncoderServiceSettings, EncodeServeSettings
from damsight_encoders.wire import EmbeddingsRequest
from fakes.encoders import COLOURS, FakeJointEncoder, FakeTextEncoder


class Looks:
    """Pictures alone, and no steps to tell."""

    def __init__(self) -> None:
        inner = FakeJointEncoder("fake-look")
        self.space = inner.space.model_copy(update={"modalities": ("image",)})
        self.input_size = inner.input_size
        self.prepare, self.encode_images = inner.prepare, inner.encode_images


class CountingTextEncoder(FakeTextEncoder):
    def __init__(self) -> None:
        super().__init__()
        self.encoded: list[list[str]] = []

    def encode_texts(self, texts: list[str], *, purpose: TextPurpose = "document") -> Vectors:
        self.encoded.append(texts)
        return super().encode_texts(texts, purpose=purpose)


CAPTION = CountingTextEncoder()


@pytest.fixture
def client() -> Iterator[TestClient]:
    CAPTION.encoded.clear()
    encoders = Encoders(joint=FakeJointEncoder(), caption=CAPTION, look=Looks())
    settings = EncodeServeSettings(encoder=EncoderServiceSettings(max_text=200))
    with TestClient(serve_encoders(encoders, settings), raise_server_exceptions=False) as client:
        yield client


def beside() -> Picture:
    pixels = np.zeros((64, 96, 3), dtype=np.uint8)
    pixels[:, :48], pixels[:, 48:] = COLOURS["red"], COLOURS["blue"]
    return Picture(pixels, (96, 64), "PNG")


def sent(picture: Picture) -> str:
    stream = io.BytesIO()
    Image.fromarray(picture.pixels).save(stream, "PNG")
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()


def embed(client: TestClient, **body: Any) -> Any:
    return client.post("/v1/embeddings", json={"model": "fake-caption", **body})


def test_a_text_is_encoded_once(client: TestClient) -> None:
    """Asked again, alone or among others, twice in one request: only what is new reaches the model, in order."""
    first = embed(client, input=["fox", "dog", "fox"]).json()["data"]
    second = embed(client, input=["cat", "fox"]).json()["data"]
    assert CAPTION.encoded == [["fox", "dog"], ["cat"]]
    assert first[0]["embedding"] == first[2]["embedding"] == second[1]["embedding"]
    text = client.get("/metrics").text
    assert 'damsight_encoder_cache_lookups_total{model="fake-caption",outcome="hit"} 1.0' in text
    assert 'damsight_encoder_cache_lookups_total{model="fake-caption",outcome="miss"} 3.0' in text
    assert "damsight_encoder_cache_bytes" in text


def test_a_query_is_not_taken_for_a_document(client: TestClient) -> None:
    """The purpose is part of what is kept: some models put another prefix before each."""
    embed(client, input="fox")
    embed(client, input="fox", purpose="query")
    assert len(CAPTION.encoded) == 2


@pytest.mark.parametrize(
    ("header", "inputs", "expected"),
    [
        (None, ["a"], "interactive"),
        (None, ["a", "b"], "bulk"),
        ("bulk", ["a"], "bulk"),
        ("interactive", ["a", "b"], "interactive"),
    ],
)
def test_the_priority_is_the_headers_or_by_the_number(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, header: str | None, inputs: list[str], expected: str
) -> None:
    """X-Damsight-Priority decides; without it one input is somebody's search, and several are a backfill."""
    seen = []
    batcher_encode = Embedder._texts

    async def watched(self: Embedder, model: Any, texts: Any, request: EmbeddingsRequest, priority: Any) -> Vectors:
        seen.append(priority)
        return await batcher_encode(self, model, texts, request, priority)

    monkeypatch.setattr(Embedder, "_texts", watched)
    headers = {"X-Damsight-Priority": header} if header else {}
    answer = client.post("/v1/embeddings", json={"model": "fake-caption", "input": inputs}, headers=headers)
    assert (answer.status_code, seen) == (200, [expected])


def test_another_priority_is_refused(client: TestClient) -> None:
    """A word that is none of both is a 422 that names the header."""
    answer = client.post(
        "/v1/embeddings", json={"model": "fake-caption", "input": "a"}, headers={"X-Damsight-Priority": "urgent"}
    )
    assert answer.status_code == 422
    assert "X-Damsight-Priority" in answer.json()["detail"]


def test_overload_is_429_with_when_to_come_again(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too much waits: 429 with Retry-After (RFC 6585), which OpenAI's client obeys."""

    async def full(*_: object) -> Vectors:
        raise EncoderBusyError("90 inputs wait already")

    monkeypatch.setattr(Embedder, "_texts", full)
    answer = embed(client, input="a")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
    assert answer.json()["type"] == "urn:damsight:problem:busy"


@pytest.mark.parametrize("tokens", [[1, 2, 3], [[1, 2], [3]]])
def test_tokens_are_refused_in_plain_words(client: TestClient, tokens: object) -> None:
    """OpenAI's interface knows arrays of tokens; they mean nothing to another model's tokenizer."""
    answer = embed(client, input=tokens)
    assert answer.status_code == 422
    assert "send the texts themselves" in answer.json()["detail"]


def test_it_answers_as_openais_client_asks(client: TestClient) -> None:
    """The official client sends base64 by default and its own headers, and reads data[].embedding and usage."""
    headers = {"Authorization": "Bearer sk-x", "X-Stainless-Lang": "python", "User-Agent": "OpenAI/Python 2.9.0"}
    body = {"input": "fox", "model": "fake-caption", "encoding_format": "base64", "user": "anna"}
    answer = client.post("/v1/embeddings", json=body, headers=headers).json()
    assert np.frombuffer(base64.b64decode(answer["data"][0]["embedding"]), dtype="float32").shape == (256,)
    assert set(answer["usage"]) == {"prompt_tokens", "total_tokens"}


def test_looks_are_served_beside(client: TestClient) -> None:
    """A model of pictures alone is listed by name, takes pictures, and refuses words in plain words."""
    card = client.get("/v1/models").json()["data"][2]
    assert (card["id"], card["role"], card["image_steps"], card["input_size"]) == ("fake-look", "look", None, 16)
    asked = {"model": "fake-look", "input": sent(beside())}
    assert len(client.post("/v1/embeddings", json=asked).json()["data"][0]["embedding"]) == 128
    refused = client.post("/v1/embeddings", json={"model": "fake-look", "input": "fox"})
    assert (refused.status_code, "pictures alone" in refused.json()["detail"]) == (422, True)


def heat_of(answer: Any) -> np.ndarray:
    assert answer.status_code == 200, answer.text
    told = answer.json()
    return np.frombuffer(base64.b64decode(told["heat"]), "<f4").reshape(told["height"], told["width"])


def test_it_tells_where_in_a_picture(client: TestClient) -> None:
    """POST /v1/explain gives the local explainer's heat, by words and by another picture's vector."""
    picture = beside()
    expected = WindowExplainer(FakeJointEncoder()).explain(picture, "red")
    asked = {"model": "fake-joint", "image": sent(picture)}
    np.testing.assert_allclose(heat_of(client.post("/v1/explain", json={**asked, "text": "red"})), expected, atol=1e-6)
    vector = base64.b64encode(FakeJointEncoder().encode_texts(["red"])[0].tobytes()).decode()
    np.testing.assert_allclose(
        heat_of(client.post("/v1/explain", json={**asked, "vector": vector})), expected, atol=1e-6
    )


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"model": "other", "text": "x"}, 404, "there is no model"),
        ({"model": "fake-caption", "text": "x"}, 501, "texts alone"),
        ({"model": "fake-joint", "text": "x", "by": "gradients"}, 501, "by windows"),
        ({"model": "fake-look", "text": "x"}, 422, "by another picture"),
        ({"model": "fake-joint"}, 422, "either text or vector"),
        ({"model": "fake-joint", "text": "x", "vector": "AAAA"}, 422, "either text or vector"),
        ({"model": "fake-joint", "text": "x" * 201}, 422, "at most 200"),
        ({"model": "fake-joint", "vector": "AAAA"}, 422, "vector"),
        ({"model": "fake-joint", "vector": base64.b64encode(bytes(12)).decode()}, 422, "(128,)"),
        ({"model": "fake-joint", "text": "x", "image": "data:image/png;base64,aGVsbG8="}, 422, "picture"),
    ],
)
def test_what_cannot_be_explained_is_a_problem(
    client: TestClient, body: dict[str, Any], status: int, words: str
) -> None:
    """Each wrong request says which part is wrong."""
    answer = client.post("/v1/explain", json={"image": sent(beside()), **body})
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert words in answer.json()["detail"]

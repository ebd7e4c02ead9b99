"""A service that is not there, or is something else, is told apart from a request that it refuses."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from damsight_encoders.errors import EncoderError, EncoderUnavailableError, ModelError
from damsight_encoders.load import load_encoders
from damsight_schemas.connections import ModelSettings

CARD = {
    "id": "minilm",
    "role": "caption",
    "space": {"model": "minilm", "revision": "1", "dimensions": 4, "modalities": ["text"]},
}
MODELS = {"data": [CARD]}


class Answers:
    """What the stand-in service answers, by path."""

    def __init__(self) -> None:
        self.by_path: dict[str, tuple[int, object]] = {"/v1/models": (200, MODELS)}
        self.url = ""


@pytest.fixture
def service() -> Iterator[Answers]:
    answers = Answers()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = answers.by_path[self.path]
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    answers.url = f"http://127.0.0.1:{server.server_port}"
    yield answers
    server.shutdown()
    thread.join(timeout=10)
    server.server_close()


def test_a_service_that_does_not_answer_is_unavailable() -> None:
    """Nobody listens: EncoderUnavailableError names the address and the command to start."""
    with pytest.raises(EncoderUnavailableError, match="damsight encode-serve"):
        load_encoders(ModelSettings(url="http://127.0.0.1:9"))


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_an_overloaded_service_is_unavailable(service: Answers, status: int) -> None:
    """Statuses after which trying again may help are EncoderUnavailableError, with the problem's own words."""
    caption = load_encoders(ModelSettings(url=service.url)).caption
    assert caption is not None
    service.by_path["/v1/embeddings"] = (status, {"detail": "90 inputs wait already"})
    with pytest.raises(EncoderUnavailableError, match="90 inputs wait already"):
        caption.encode_texts(["x"])


def test_a_refused_request_is_no_outage(service: Answers) -> None:
    """A 422 is an EncoderError with the service's reason: trying again would not help."""
    caption = load_encoders(ModelSettings(url=service.url)).caption
    assert caption is not None
    service.by_path["/v1/embeddings"] = (422, {"detail": "too long"})
    with pytest.raises(EncoderError, match="too long") as caught:
        caption.encode_texts(["x"])
    assert not isinstance(caught.value, EncoderUnavailableError)


@pytest.mark.parametrize(
    "data",
    [
        [],
        [{"index": 0, "embedding": "AAAA"}],
        [{"index": 0, "embedding": "!"}],
        [{"index": 0, "embedding": [0.5, 0.5, 0.5, 0.5]}],
        "nonsense",
    ],
)
def test_an_answer_that_is_no_vectors_is_refused(service: Answers, data: object) -> None:
    """Too few, of another length, not base64: EncoderUnavailableError, never a wrong vector."""
    caption = load_encoders(ModelSettings(url=service.url)).caption
    assert caption is not None
    body = {"data": data, "model": "minilm", "usage": {"prompt_tokens": 1, "total_tokens": 1}}
    service.by_path["/v1/embeddings"] = (200, body)
    with pytest.raises(EncoderUnavailableError, match="something else than 1 vectors"):
        caption.encode_texts(["x"])


@pytest.mark.parametrize("body", [{"data": [{"id": "gpt", "object": "model"}]}, {"hello": 1}, ["x"]])
def test_another_service_is_told_from_ours(service: Answers, body: object) -> None:
    """An address that answers, but not with models and spaces, is no encode-serve."""
    service.by_path["/v1/models"] = (200, body)
    with pytest.raises(ModelError, match="is no `damsight encode-serve`"):
        load_encoders(ModelSettings(url=service.url))


def test_a_wrong_key_names_the_setting(service: Answers) -> None:
    """401: the setting for the key is named."""
    service.by_path["/v1/models"] = (401, {})
    with pytest.raises(ModelError, match="DAMSIGHT_MODELS__API_KEY"):
        load_encoders(ModelSettings(url=service.url, api_key="wrong"))


def test_another_model_than_the_settings_name_is_refused(service: Answers) -> None:
    """Where the settings name a model, the service must serve that one; a folder counts by its last part."""
    assert load_encoders(ModelSettings(url=service.url, caption="/models/minilm/")).caption is not None
    with pytest.raises(ModelError, match="serves minilm as caption"):
        load_encoders(ModelSettings(url=service.url, caption="intfloat/multilingual-e5-small"))
    with pytest.raises(ModelError, match="serves none as joint"):
        load_encoders(ModelSettings(url=service.url, joint="google/siglip2-base-patch16-224"))

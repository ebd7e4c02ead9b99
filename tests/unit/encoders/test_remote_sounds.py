"""Words for sounds, encoded by the service; sounds, encoded where their model is."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import uvicorn

from damsight_encoders.content import Sound
from damsight_encoders.errors import EncoderError, ModelError
from damsight_encoders.load import load_encoders, spaces_of_encoders
from damsight_encoders.ports import Encoders
from damsight_encoders.service.bootstrap import serve_encoders
from damsight_encoders.settings import EncodeServeSettings
from damsight_schemas.connections import ModelSettings
from fakes.audio import FakeAudioEncoder

LOCAL = FakeAudioEncoder()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    app = serve_encoders(Encoders(joint=None, caption=None, audio=LOCAL), EncodeServeSettings())
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(timeout=30)


def test_a_search_has_words_for_sounds_from_the_service(url: str) -> None:
    """Without the model, in the same space and with the same vectors as beside it."""
    served = load_encoders(ModelSettings(url=url))
    assert served.audio is not None
    assert spaces_of_encoders(served).audio_vector == LOCAL.space
    words = served.audio.encode_texts(["low", "high"], purpose="query")
    assert np.allclose(words, LOCAL.encode_texts(["low", "high"]), atol=1e-6)


def test_the_service_takes_no_sounds(url: str) -> None:
    """It is said with the setting that loads the model."""
    audio = load_encoders(ModelSettings(url=url)).audio
    assert audio is not None
    for refused in (lambda: audio.prepare(Sound(np.ones(9, np.float32), 8000)), lambda: audio.encode_sounds([])):
        with pytest.raises(EncoderError, match="DAMSIGHT_MODELS__AUDIO"):
            refused()


def test_a_consumer_loads_the_model_of_sounds_itself(url: str, tmp_path: Path) -> None:
    """In bulk sounds are encoded: what the service has is not enough, and a wrong folder is told."""
    assert load_encoders(ModelSettings(url=url), in_bulk=True).audio is None
    with pytest.raises(ModelError, match="nowhere"):
        load_encoders(ModelSettings(url=url, audio=str(tmp_path / "nowhere")), in_bulk=True)


def test_another_model_of_sounds_than_the_settings_name_is_refused(url: str) -> None:
    """Vectors of two models never meet."""
    with pytest.raises(ModelError, match="DAMSIGHT_MODELS__AUDIO=another"):
        load_encoders(ModelSettings(url=url, audio="another"))

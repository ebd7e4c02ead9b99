"""The fakes, the local encoders and the remote ones keep the same contract."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import uvicorn

from contract.encoder_contract import JointEncoderContract, TextEncoderContract, png
from damsight_encoders.decode import PillowDecoder
from damsight_encoders.load import load_encoders, spaces_of_encoders
from damsight_encoders.ports import Encoders, JointEncoder, TextEncoder
from damsight_encoders.service.bootstrap import serve_encoders
from damsight_encoders.settings import EncodeServeSettings
from damsight_schemas.connections import ModelSettings
from fakes.checkpoints import MAKERS, make_bert
from fakes.encoders import FakeJointEncoder, FakeTextEncoder

API_KEY = "a key that only this test knows"


@pytest.fixture(scope="module", params=sorted(MAKERS))
def local(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Encoders:
    folder: Path = tmp_path_factory.mktemp("contract")
    joint = MAKERS[request.param](folder / "tiny-joint")
    caption = make_bert(folder / "tiny-caption", pooling="mean")
    return load_encoders(
        ModelSettings(joint=str(joint), caption=str(caption), device="cpu", dtype="float32", threads=1)
    )


@pytest.fixture(scope="module")
def remote(local: Encoders) -> Iterator[Encoders]:
    settings = EncodeServeSettings(models=ModelSettings(api_key=API_KEY))
    server = uvicorn.Server(uvicorn.Config(serve_encoders(local, settings), port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield load_encoders(ModelSettings(url=f"http://127.0.0.1:{port}", api_key=API_KEY))
    server.should_exit = True
    thread.join(timeout=30)
    assert not thread.is_alive()


class TestFakeJointEncoder(JointEncoderContract):
    @pytest.fixture
    def encoder(self) -> JointEncoder:
        return FakeJointEncoder()


class TestFakeTextEncoder(TextEncoderContract):
    @pytest.fixture
    def encoder(self) -> TextEncoder:
        return FakeTextEncoder()


class TestDualEncoder(JointEncoderContract):
    @pytest.fixture
    def encoder(self, local: Encoders) -> JointEncoder:
        assert local.joint is not None
        return local.joint


class TestTransformerTextEncoder(TextEncoderContract):
    @pytest.fixture
    def encoder(self, local: Encoders) -> TextEncoder:
        assert local.caption is not None
        return local.caption


class TestRemoteJointEncoder(JointEncoderContract):
    @pytest.fixture
    def encoder(self, remote: Encoders) -> JointEncoder:
        assert remote.joint is not None
        return remote.joint

    def test_it_gives_the_local_vectors(self, encoder: JointEncoder, local: Encoders) -> None:
        """A picture prepared here with Pillow and encoded there has the local encoder's vector; so have words."""
        assert local.joint is not None
        picture = PillowDecoder().decode(png((250, 120, 10), (300, 200)), at_least=2 * encoder.input_size)
        here = local.joint.encode_images([local.joint.prepare(picture)])
        there = encoder.encode_images([encoder.prepare(picture)])
        assert float((here * there).sum()) > 0.999
        np.testing.assert_allclose(encoder.encode_texts(["fox"]), local.joint.encode_texts(["fox"]), atol=1e-5)


class TestRemoteTextEncoder(TextEncoderContract):
    @pytest.fixture
    def encoder(self, remote: Encoders) -> TextEncoder:
        assert remote.caption is not None
        return remote.caption


def test_a_remote_encoder_has_the_spaces_of_the_service(local: Encoders, remote: Encoders) -> None:
    """An index made with local encoders is searched with remote ones: their spaces are equal."""
    assert spaces_of_encoders(remote) == spaces_of_encoders(local)

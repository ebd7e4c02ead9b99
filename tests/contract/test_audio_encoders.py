"""The fake and the real encoders of sounds keep the same contract."""

from pathlib import Path

import pytest

from contract.audio_contract import AudioEncoderContract, tone
from damsight_encoders.load import load_audio
from damsight_encoders.ports import AudioEncoder
from damsight_schemas.connections import ModelSettings
from fakes.audio import FakeAudioEncoder
from fakes.sound_checkpoints import make_clap


@pytest.fixture(scope="module", params=[False, True], ids=["unfused", "fused"])
def clap(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AudioEncoder:
    folder: Path = make_clap(tmp_path_factory.mktemp("clap") / "tiny-clap", fused=request.param)
    encoder = load_audio(ModelSettings(audio=str(folder), device="cpu", dtype="float32", threads=1))
    assert encoder is not None
    return encoder


class TestFakeAudioEncoder(AudioEncoderContract):
    @pytest.fixture
    def encoder(self) -> AudioEncoder:
        return FakeAudioEncoder()

    def test_words_lie_where_such_sounds_lie(self, encoder: AudioEncoder) -> None:
        """The word "low" finds the low tone and "high" the high one."""
        low, high = encoder.encode_sounds([encoder.prepare(tone(1.0, encoder.rate, hertz)) for hertz in (300, 3600)])
        for word, meant, other in (("low", low, high), ("a high tone", high, low)):
            vector = encoder.encode_texts([word])[0]
            assert vector @ meant > vector @ other + 0.2


class TestClapEncoder(AudioEncoderContract):
    @pytest.fixture
    def encoder(self, clap: AudioEncoder) -> AudioEncoder:
        return clap

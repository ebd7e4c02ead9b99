"""Our vectors of sounds and words are those of transformers' own processor and model, with nothing left to chance."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from numpy.typing import NDArray

from contract.audio_contract import tone
from damsight_encoders.content import Sound
from damsight_encoders.errors import ModelError
from damsight_encoders.load import load_audio
from damsight_encoders.ports import AudioEncoder
from damsight_encoders.sound_windows import MOST_WINDOWS, SoundSteps, prepare_sound
from damsight_schemas.connections import ModelSettings
from fakes.sound_checkpoints import RATE, WINDOW_S, make_clap

WINDOW = RATE * WINDOW_S
SHORT = [1, 90, 3000, 5000, WINDOW - 1, WINDOW]


def load(folder: Path) -> AudioEncoder:
    encoder = load_audio(ModelSettings(audio=str(folder), device="cpu", dtype="float32", threads=1))
    assert encoder is not None
    return encoder


class Reference:
    """The plain path: the checkpoint's own processor and model, in float32, one sound at a time."""

    def __init__(self, folder: Path) -> None:
        self.processor: Any = transformers.AutoProcessor.from_pretrained(folder)
        self.model: Any = transformers.AutoModel.from_pretrained(folder).eval()

    @torch.inference_mode()
    def sound(self, samples: NDArray[np.float32], *, longer: bool = False) -> NDArray[np.float32]:
        inputs = self.processor(audio=samples, sampling_rate=RATE, return_tensors="pt")
        # The extractor sets this at random where no sound is longer; see ClapEncoder.
        inputs["is_longer"] = torch.tensor([[longer]])
        row: NDArray[np.float32] = self.model.get_audio_features(**inputs).pooler_output[0].numpy()
        return row

    @torch.inference_mode()
    def texts(self, texts: list[str]) -> NDArray[np.float32]:
        inputs = self.processor(text=texts, padding="max_length", truncation=True, max_length=77, return_tensors="pt")
        rows: NDArray[np.float32] = self.model.get_text_features(**inputs).pooler_output.numpy()
        return rows


@pytest.mark.parametrize("padding", ["repeatpad", "repeat", "pad"])
@pytest.mark.parametrize("fused", [False, True])
def test_short_sounds_equal_the_plain_path(tmp_path: Path, padding: str, fused: bool) -> None:
    """Sounds of at most one window, padded as the extractor says, have transformers' own vectors."""
    folder = make_clap(tmp_path / "clap", fused=fused, padding=padding)
    encoder, reference = load(folder), Reference(folder)
    sounds = [tone(length / RATE, RATE, 60.0 * (number + 1), number) for number, length in enumerate(SHORT)]
    theirs = np.stack([reference.sound(sound.samples) for sound in sounds])
    ours = encoder.encode_sounds([encoder.prepare(sound) for sound in sounds])
    np.testing.assert_allclose(ours, theirs, atol=1e-5)
    assert (theirs @ theirs.T)[~np.eye(len(SHORT), dtype=bool)].min() < 0.999


def test_a_long_sound_is_the_mean_of_its_windows(tmp_path: Path) -> None:
    """Of an unfused CLAP: windows at even distances, each as transformers encodes it, and their mean."""
    folder = make_clap(tmp_path / "clap")
    encoder, reference = load(folder), Reference(folder)
    for seconds, starts in [(1.5, [0, 4000]), (3.0, [0, 8000, 16000]), (11.0, range(0, 80_001, 16_000))]:
        sound = tone(seconds, RATE)
        windows = [reference.sound(sound.samples[start : start + WINDOW]) for start in starts]
        mean = np.mean(windows, axis=0)
        ours = encoder.encode_sounds([encoder.prepare(sound)])[0]
        np.testing.assert_allclose(ours, mean / np.linalg.norm(mean), atol=1e-5)


def test_a_fused_clap_takes_a_long_sound_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Shrunk, and with a chunk of each third: transformers' own, where its random choice falls on the middle."""
    folder = make_clap(tmp_path / "clap", fused=True)
    encoder, reference = load(folder), Reference(folder)
    monkeypatch.setattr(np.random, "choice", lambda places: places[len(places) // 2])
    for length in (WINDOW + 40, WINDOW + 100, WINDOW + 500, 30_000, 200_001):
        sound = tone(length / RATE, RATE)
        theirs = reference.sound(sound.samples, longer=length >= WINDOW + 100)
        ours = encoder.encode_sounds([encoder.prepare(sound)])[0]
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_texts_equal_the_plain_path(tmp_path: Path) -> None:
    """Words, none, other scripts and long texts, cut at the 77 tokens that CLAP was trained on."""
    folder = make_clap(tmp_path / "clap")
    texts = ["a dog barks", "", "rain on a tin roof " * 30, "Hundegebell", "犬の声"]
    theirs = Reference(folder).texts(texts)
    np.testing.assert_allclose(load(folder).encode_texts(texts), theirs, atol=1e-5)
    assert theirs[0] @ theirs[2] < 0.999


@pytest.mark.parametrize(("length", "windows"), [(1, 1), (8000, 1), (8001, 2), (20_000, 3), (10**6, MOST_WINDOWS)])
def test_windows_cover_a_sound_from_end_to_end(length: int, windows: int) -> None:
    """The first window begins with the sound and the last ends with it, and no sound has more than the most."""
    samples = np.arange(1, length + 1, dtype=np.float32)
    prepared = prepare_sound(Sound(samples, 8000), SoundSteps(8000, 8000, "repeatpad", whole=False))
    assert prepared.shape == (windows * 8000,)
    assert prepared[0] == 1
    assert prepared[-1] == length


def test_a_checkpoint_that_hears_nothing_is_refused(clip_folder: Path, bert_folder: Path) -> None:
    """A CLIP or a BERT as the model for sounds is refused, and told what to take."""
    for folder in (clip_folder, bert_folder):
        with pytest.raises(ModelError, match="does not put sounds and words into one space; take a CLAP") as caught:
            load(folder)
        assert str(caught.value).startswith("DAMSIGHT_MODELS__AUDIO=tiny-")

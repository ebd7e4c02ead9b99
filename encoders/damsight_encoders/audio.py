"""Sounds and words into one space: CLAP (Wu et al. 2023, arXiv:2211.06687), through transformers' ClapModel."""

from typing import Any, Final

import numpy as np
import torch

from damsight_encoders.batches import encode_within_memory
from damsight_encoders.checkpoint import Checkpoint, find_checkpoint
from damsight_encoders.content import Sound
from damsight_encoders.device import Placement, choose_placement
from damsight_encoders.errors import ModelError
from damsight_encoders.mel import LogMel
from damsight_encoders.ports import AudioEncoder, PreparedSound, TextPurpose, Vectors
from damsight_encoders.pretrained import load_feature_extractor, load_model, load_tokenizer, read_config
from damsight_encoders.registry import is_plugin, load_audio_plugin
from damsight_encoders.scaling import normalised
from damsight_encoders.sound_windows import SoundSteps, prepare_sound
from damsight_encoders.tokens import Tokens, most_tokens
from damsight_schemas.connections import ModelSettings
from damsight_schemas.space import Space

_SETTING: Final = "DAMSIGHT_MODELS__AUDIO"
_FITTING: Final = "a CLAP checkpoint, for example laion/clap-htsat-unfused"
_MOST_TOKENS: Final = 77
"""What its authors cut texts at, in training and after (LAION-AI/CLAP, hook.py)."""
_FAILURES: Final = (RuntimeError, ValueError, IndexError, TypeError, AttributeError)


def open_audio(settings: ModelSettings) -> AudioEncoder:
    """Load the model for sounds that the settings name.

    Raises:
        ModelError: The checkpoint is missing, incomplete, of the wrong kind or not safe to load.
        DeviceError: The device that was asked for is not there.
    """
    name = settings.audio or ""
    if is_plugin(name):
        return load_audio_plugin(name, settings, setting=_SETTING)
    checkpoint = find_checkpoint(name, settings.audio_revision, setting=_SETTING)
    return ClapEncoder(checkpoint, choose_placement(settings))


class ClapEncoder:
    """Implements AudioEncoder. Resampling and mixing down are the decoder's part, mel bands are made here on the CPU.

    Args:
        checkpoint: Of a CLAP, fused or not.
        placement: Where to compute, in what.

    Raises:
        ModelError: The checkpoint is of another kind, or not whole.
    """

    def __init__(self, checkpoint: Checkpoint, placement: Placement) -> None:
        config, model_class = read_config(checkpoint, fitting=_FITTING)
        if not (hasattr(model_class, "get_audio_features") and hasattr(model_class, "get_text_features")):
            raise ModelError(
                f"{checkpoint}: a {config.model_type} checkpoint does not put sounds and words into one space; "
                f"take {_FITTING}"
            )
        self._placement = placement
        self._steps, self._mel = _read_extractor(load_feature_extractor(checkpoint), checkpoint)
        tokenizer = load_tokenizer(checkpoint, config.text_config.vocab_size)
        self._tokens = Tokens(tokenizer, most_tokens(config.text_config, tokenizer, _MOST_TOKENS), placement.device)
        self._model = load_model(checkpoint, placement.dtype, placement.device)
        self._space = Space(
            model=checkpoint.name,
            revision=checkpoint.revision,
            dimensions=self._probe(checkpoint),
            modalities=("audio", "text"),
        )

    @property
    def space(self) -> Space:
        """The space that sounds and words share."""
        return self._space

    @property
    def rate(self) -> int:
        """Samples a second that `prepare` wants."""
        return self._steps.rate

    def prepare(self, sound: Sound) -> PreparedSound:
        """Pad a short sound, cut windows of a long one, as `sound_windows` says. CPU, safe in any thread.

        Raises:
            MediaError: The sound has another rate, or no sample.
        """
        return prepare_sound(sound, self._steps)

    def encode_sounds(self, prepared: list[PreparedSound]) -> Vectors:
        """Return one vector a sound, in order: the mean of its windows' vectors.

        Raises:
            DeviceError: Not even one window fits in the device's memory.
        """
        parts = [self._parts(one) for one in prepared]
        windows = [window for windows in parts for window in windows]
        vectors = encode_within_memory(self._sounds, windows, self._space.dimensions, self._placement)
        if not prepared:
            return vectors
        starts = np.cumsum([0, *(len(windows) for windows in parts[:-1])])
        means = np.add.reduceat(vectors, starts, axis=0)
        return np.asarray(means / np.linalg.norm(means, axis=1, keepdims=True), dtype=np.float32)

    def encode_texts(self, texts: list[str], *, purpose: TextPurpose = "document") -> Vectors:  # noqa: ARG002 - the port's
        """Return one vector a text, in order; a text is cut at the model's limit. The purpose makes no difference.

        Raises:
            DeviceError: Not even one text fits in the device's memory.
        """
        return encode_within_memory(self._texts, texts, self._space.dimensions, self._placement)

    def _parts(self, prepared: PreparedSound) -> list[PreparedSound]:
        return [prepared] if self._steps.whole else list(prepared.reshape(-1, self._steps.window))

    @torch.inference_mode()
    def _sounds(self, windows: list[PreparedSound]) -> Vectors:
        window, hop = self._steps.window, self._mel.hop
        mels = [torch.from_numpy(self._mel(one)) for one in windows]
        # A sound that ends within the hop after the window has no frame more than the window.
        longer = [len(mel) > window // hop + 1 for mel in mels]
        if self._steps.whole:
            features = torch.stack([_fused(mel, window // hop + 1) for mel in mels])
        else:
            features = torch.stack(mels).unsqueeze(1)
        # transformers' extractor calls a random short sound longer where none is: that is for training on several GPUs.
        outputs = self._model.get_audio_features(
            input_features=features.to(self._placement.device, self._placement.dtype),
            is_longer=torch.tensor(longer, device=self._placement.device).unsqueeze(1),
        )
        return normalised(outputs.pooler_output)

    @torch.inference_mode()
    def _texts(self, texts: list[str]) -> Vectors:
        return normalised(self._model.get_text_features(**self._tokens(texts)).pooler_output)

    def _probe(self, checkpoint: Checkpoint) -> int:
        """Encode one tone and one word: learns the dimensions, and finds a broken checkpoint now."""
        tone = np.sin(np.arange(self.rate // 10, dtype=np.float32) / 10)
        try:
            sound, word = self._sounds(self._parts(self.prepare(Sound(tone, self.rate)))), self._texts(["sound"])
        except _FAILURES as error:
            raise ModelError(
                f"{checkpoint}: a trial sound and word could not be encoded ({error}); its tokenizer, "
                f"preprocessor_config.json and weights do not belong together: download it again"
            ) from error
        if sound.shape != word.shape or not (np.isfinite(sound).all() and np.isfinite(word).all()):
            raise ModelError(
                f"{checkpoint}: sounds give {sound.shape[1]} numbers and words {word.shape[1]}, or not all are "
                f"finite; take a checkpoint whose sounds and words share one space"
            )
        return int(sound.shape[1])


def _read_extractor(extractor: Any, checkpoint: Checkpoint) -> tuple[SoundSteps, LogMel]:
    """Read the numbers of transformers' ClapFeatureExtractor; which filters go with which truncation is its rule."""
    if type(extractor).__name__ != "ClapFeatureExtractor":
        raise ModelError(
            f"{checkpoint}: its feature extractor is a {type(extractor).__name__}, which damsight does not compute; "
            f"compare preprocessor_config.json with the original's"
        )
    whole = extractor.truncation == "fusion"
    steps = SoundSteps(extractor.sampling_rate, int(extractor.nb_max_samples), extractor.padding, whole)
    filters = extractor.mel_filters if whole else extractor.mel_filters_slaney
    return steps, LogMel(filters, extractor.fft_window_size, extractor.hop_length)


def _fused(mel: torch.Tensor, frames: int) -> torch.Tensor:
    """Return (4, frames, bands): a longer sound shrunk whole, and a chunk of each of its thirds; else it four times.

    CLAP takes each chunk from a random place of its third; we take the middle of the third.
    """
    spare = len(mel) - frames
    if spare <= 0:
        return mel.expand(4, -1, -1)
    shrunk = torch.nn.functional.interpolate(mel[None, None], size=(frames, mel.shape[1]), mode="bilinear")[0, 0]
    thirds = [third if len(third) else np.array([0]) for third in np.array_split(np.arange(spare + 1), 3)]
    starts = [int(third[len(third) // 2]) for third in thirds]
    return torch.stack([shrunk, *(mel[start : start + frames] for start in starts)])

"""Whatever is wrong with a checkpoint, each setting that names one refuses it, says what is wrong and what to do."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from damsight_encoders.errors import DeviceError, EncoderError, ModelError
from damsight_encoders.load import load_encoders
from damsight_schemas.connections import ModelSettings
from fakes.captioner_checkpoints import make_blip
from fakes.checkpoints import MAKERS, make_bert
from fakes.sound_checkpoints import make_clap

Make = Callable[[Path], Path]
Copied = Callable[[Path], Path]
MAKE: dict[str, Make] = {
    "joint": MAKERS["clip"],
    "caption": make_bert,
    "audio": make_clap,
    "captioner": make_blip,
}
ANOTHER = {"joint": "caption", "caption": "joint", "audio": "joint", "captioner": "caption"}
PREPARING = [role for role in MAKE if role != "caption"]
TOKENIZER_FILES = ("tokenizer*", "vocab*", "merges*", "special_tokens*")


@dataclass(frozen=True)
class Whole:
    """A setting, and a checkpoint that it takes."""

    role: str
    folder: Path

    def refusal_of(self, name: Path | str, device: str = "cpu") -> str:
        """What is said where the setting names this; every message begins with the setting, and names its value."""
        with pytest.raises(EncoderError) as caught:
            load_encoders(ModelSettings.model_validate({self.role: str(name), "device": device}))
        assert type(caught.value) is (ModelError if device == "cpu" else DeviceError)
        words = str(caught.value)
        if device == "cpu":
            assert words.startswith(f"DAMSIGHT_MODELS__{self.role.upper()}=")
            assert f"{name.name if isinstance(name, Path) else name}: " in words
        return words


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    made: dict[str, Path] = {}

    def folder(role: str) -> Path:
        if role not in made:
            made[role] = MAKE[role](tmp_path_factory.mktemp("safety") / f"tiny-{role}")
        return made[role]

    return folder


@pytest.fixture(params=sorted(MAKE))
def whole(request: pytest.FixtureRequest, folders: Callable[[str], Path]) -> Whole:
    return Whole(request.param, folders(request.param))


@pytest.fixture
def preparing(request: pytest.FixtureRequest, folders: Callable[[str], Path]) -> Whole:
    return Whole(request.param, folders(request.param))


def edited(folder: Path, file: str, **values: object) -> None:
    content = json.loads((folder / file).read_text())
    (folder / file).write_text(json.dumps({**content, **values}))


def test_a_missing_folder(whole: Whole, tmp_path: Path) -> None:
    """A path that does not exist: give one that does, or a hub id."""
    assert "there is no such folder; give a folder that exists, or a hub id" in whole.refusal_of(tmp_path / "gone")


def test_a_hub_that_cannot_be_reached(whole: Whole, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Offline and not in the cache: download it elsewhere and give the folder."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    words = whole.refusal_of("someone/some-model")
    assert "cannot be reached" in words
    assert f"give its folder: DAMSIGHT_MODELS__{whole.role.upper()}=/path/to/folder" in words


@pytest.mark.parametrize("keep", [4, -1])
def test_a_download_that_was_cut_off(whole: Whole, copied: Copied, keep: int) -> None:
    """Weights that end early, by their header or within it: download again."""
    weights = copied(whole.folder) / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:keep])
    assert "download the checkpoint again" in whole.refusal_of(weights.parent)


def test_a_missing_shard(whole: Whole, copied: Copied) -> None:
    """An index whose second file is not there: that file is named."""
    folder = copied(whole.folder)
    (folder / "model.safetensors").rename(folder / "model-00001-of-00002.safetensors")
    shards = {"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(shards))
    words = whole.refusal_of(folder)
    assert "model-00002-of-00002.safetensors is missing; download the checkpoint again" in words


@pytest.mark.parametrize("shape", [(7, 7), None])
def test_weights_that_do_not_fit(whole: Whole, copied: Copied, shape: tuple[int, ...] | None) -> None:
    """A tensor of another shape, or none: it would be random, so it is refused."""
    weights = copied(whole.folder) / "model.safetensors"
    tensors = load_file(weights)
    name = next(name for name in sorted(tensors) if tensors[name].ndim == 2 and "att" in name)
    del tensors[name]
    save_file(tensors if shape is None else {**tensors, name: torch.zeros(shape)}, weights, metadata={"format": "pt"})
    words = whole.refusal_of(weights.parent)
    assert "download it again" in words or "download the checkpoint again" in words
    assert shape is not None or f"{name} are missing" in words


def test_pickled_weights(whole: Whole, copied: Copied) -> None:
    """Weights as a pickle alone: refused unopened, and how to convert them is told."""
    folder = copied(whole.folder)
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(b"this is not even a pickle")
    words = whole.refusal_of(folder)
    assert "pickles (pytorch_model.bin), which can run code" in words
    assert "safe_serialization=True" in words


def test_another_architecture(whole: Whole, folders: Callable[[str], Path]) -> None:
    """A whole checkpoint of another kind: what it is, and what to take in its place."""
    words = whole.refusal_of(folders(ANOTHER[whole.role]))
    assert "checkpoint" in words
    assert "; take a" in words or "; give it as" in words


def test_a_decoder_of_text(whole: Whole, copied: Copied) -> None:
    """A language model's configuration, whatever the weights: refused before any weight is read."""
    folder = copied(whole.folder)
    (folder / "config.json").write_text(json.dumps({"model_type": "gpt2"}))
    assert "gpt2 checkpoint" in whole.refusal_of(folder)


@pytest.mark.parametrize("content", ["{", "[]", '{"model_type": 3}', "\x00\x01", '{"model_type": "no-such-model"}'])
def test_a_config_that_cannot_be_read(whole: Whole, copied: Copied, content: str) -> None:
    """A config.json that is no JSON, or names no model that is known: what is wrong with it."""
    folder = copied(whole.folder)
    (folder / "config.json").write_text(content)
    words = whole.refusal_of(folder)
    assert "config.json" in words or "does not know the model type 'no-such-model'" in words


@pytest.mark.parametrize("kind", ["their-model", None])
@pytest.mark.parametrize("file", ["config.json", "tokenizer_config.json"])
def test_code_in_a_checkpoint_is_not_run(whole: Whole, copied: Copied, kind: str | None, file: str) -> None:
    """Code that config.json or the tokenizer's points at stays unread; where nothing else fits, that is told."""
    folder = copied(whole.folder)
    ran = folder / "ran"
    (folder / "theirs.py").write_text(f"open({str(ran)!r}, 'w')")
    classes = ("AutoModel", "AutoConfig", "AutoTokenizer", "AutoProcessor", "AutoModelForImageTextToText")
    edited(folder, file, auto_map=dict.fromkeys(classes, "theirs.Theirs"))
    if kind is None:
        load_encoders(ModelSettings.model_validate({whole.role: str(folder), "device": "cpu"}))
    elif file == "config.json":
        edited(folder, file, model_type=kind)
        assert "brings its own code, which damsight does not run; take" in whole.refusal_of(folder)
    assert not ran.exists()


def test_a_missing_tokenizer(whole: Whole, copied: Copied) -> None:
    """Without its files no word would be known: download again."""
    folder = copied(whole.folder)
    for pattern in TOKENIZER_FILES:
        for file in folder.glob(pattern):
            file.unlink()
    words = whole.refusal_of(folder)
    assert "tokenizer" in words or "processor" in words
    assert "download it again" in words or "download the checkpoint again" in words


@pytest.mark.parametrize("preparing", PREPARING, indirect=True)
def test_missing_preprocessing(preparing: Whole, copied: Copied) -> None:
    """Without the numbers to prepare pictures or sounds with: which file is missing."""
    folder = copied(preparing.folder)
    for pattern in ("preprocessor_config.json", "processor_config.json"):
        (folder / pattern).unlink(missing_ok=True)
    words = preparing.refusal_of(folder)
    assert "processor" in words
    assert "download it again" in words or "download the checkpoint again" in words


def test_a_gpu_that_is_not_there(whole: Whole) -> None:
    """A CUDA device beyond those there are: what torch sees, and what to set."""
    words = whole.refusal_of(whole.folder, device="cuda:99")
    assert "DAMSIGHT_MODELS__DEVICE=cuda:99 was asked for" in words
    assert "or set DAMSIGHT_MODELS__DEVICE=auto" in words


def test_a_folder_that_is_empty(whole: Whole, tmp_path: Path) -> None:
    """A folder without config.json: give the one that holds it."""
    words = whole.refusal_of(tmp_path)
    assert "no config.json, so it is no checkpoint; give the folder that holds it" in words


def test_a_whole_checkpoint_is_taken(whole: Whole, tmp_path: Path) -> None:
    """The same checkpoints, unspoilt and in another place, load: the refusals above are for what was spoilt."""
    folder = shutil.copytree(whole.folder, tmp_path / "elsewhere")
    encoders = load_encoders(ModelSettings.model_validate({whole.role: str(folder), "device": "cpu"}))
    assert getattr(encoders, whole.role) is not None

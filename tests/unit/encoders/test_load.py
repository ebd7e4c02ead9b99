"""A checkpoint that is missing, incomplete, unsafe or of the wrong kind is refused, with what to do."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from damsight_encoders.checkpoint import find_checkpoint
from damsight_encoders.errors import DeviceError, ModelError
from damsight_encoders.load import load_encoders, load_joint, spaces_of_encoders
from damsight_schemas.connections import ModelSettings
from damsight_schemas.space import IndexSpaces

Copied = Callable[[Path], Path]


def refusal(folder: Path | str, role: str = "joint") -> str:
    settings = ModelSettings.model_validate({role: str(folder), "device": "cpu"})
    with pytest.raises(ModelError) as caught:
        load_encoders(settings)
    return str(caught.value)


def test_encoders_are_loaded_from_folders(clip_folder: Path, bert_folder: Path) -> None:
    """Both models load, and their spaces carry the folder's name, a digest and the dimensions."""
    encoders = load_encoders(ModelSettings(joint=str(clip_folder), caption=str(bert_folder), device="cpu"))
    spaces = spaces_of_encoders(encoders)
    assert spaces.image_vector is not None
    assert spaces.caption_vector is not None
    assert (spaces.image_vector.model, spaces.image_vector.dimensions) == ("tiny-clip", 24)
    assert spaces.image_vector.modalities == ("image", "text")
    assert (spaces.caption_vector.model, spaces.caption_vector.dimensions) == ("tiny-bert", 32)
    assert spaces.caption_vector.modalities == ("text",)
    assert len(spaces.image_vector.revision) == 12


def test_a_model_that_is_not_named_is_off() -> None:
    """Without names there are no encoders and no spaces."""
    encoders = load_encoders(ModelSettings())
    assert (encoders.joint, encoders.caption) == (None, None)
    assert spaces_of_encoders(encoders) == IndexSpaces()


def test_the_revision_follows_the_content(clip_folder: Path, copied: Copied) -> None:
    """The same files anywhere have the same revision; one other byte of weights or settings gives another one."""
    copy = copied(clip_folder)
    first = find_checkpoint(str(clip_folder), None, setting="X")
    assert find_checkpoint(str(copy), None, setting="X") == type(first)(first.name, first.revision, copy, "X")
    (copy / "README.md").write_text("words about it")
    assert find_checkpoint(str(copy), None, setting="X").revision == first.revision
    settings = json.loads((copy / "preprocessor_config.json").read_text())
    (copy / "preprocessor_config.json").write_text(json.dumps({**settings, "resample": 2}))
    assert find_checkpoint(str(copy), None, setting="X").revision != first.revision


@pytest.mark.parametrize("name", ["/nowhere/at/all", "./nowhere", "~/nowhere", "a/b/c", "two words"])
def test_a_folder_that_is_not_there_is_named(name: str) -> None:
    """A path that does not exist, or a name that no hub takes, says so and names the setting."""
    assert refusal(name).startswith(f"DAMSIGHT_MODELS__JOINT={name}: there is no such folder")


def test_a_hub_that_cannot_be_reached_asks_for_a_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Offline and not in the cache: the message says to give a folder."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    words = refusal("google/siglip2-base-patch16-224")
    assert "cannot be reached" in words
    assert "DAMSIGHT_MODELS__JOINT=/path/to/folder" in words


def test_an_empty_folder_is_no_checkpoint(tmp_path: Path) -> None:
    """Without config.json: told to give the folder that holds it."""
    assert "no config.json" in refusal(tmp_path)


def test_pickles_are_refused(clip_folder: Path, copied: Copied) -> None:
    """Weights as .bin, .pt or .pkl alone are refused, and the way to convert them is told."""
    folder = copied(clip_folder)
    torch.save({"w": torch.zeros(1)}, folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    words = refusal(folder)
    assert "pytorch_model.bin" in words
    assert "can run code" in words
    assert "safe_serialization=True" in words


def test_a_pickle_beside_safetensors_is_not_touched(clip_folder: Path, copied: Copied) -> None:
    """Where both are there, safetensors are loaded and the pickle is never opened."""
    folder = copied(clip_folder)
    (folder / "pytorch_model.bin").write_bytes(b"this would not unpickle")
    assert load_joint(ModelSettings(joint=str(folder), device="cpu")) is not None


def test_missing_weights_are_refused(clip_folder: Path, copied: Copied) -> None:
    """Configuration without weights: download again."""
    folder = copied(clip_folder)
    (folder / "model.safetensors").unlink()
    assert "no model.safetensors" in refusal(folder)


@pytest.mark.parametrize("keep", [0, 4, 200, -1])
def test_a_half_downloaded_file_is_refused(clip_folder: Path, copied: Copied, keep: int) -> None:
    """Weights cut off anywhere, also by one byte, are noticed before anything is loaded."""
    weights = copied(clip_folder) / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:keep])
    assert "download the checkpoint again" in refusal(weights.parent)


def test_a_missing_shard_is_named(clip_folder: Path, copied: Copied) -> None:
    """An index whose second file is absent names that file."""
    folder = copied(clip_folder)
    (folder / "model.safetensors").rename(folder / "model-00001-of-00002.safetensors")
    index = {"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    assert "model-00002-of-00002.safetensors is missing" in refusal(folder)
    (folder / "model.safetensors.index.json").write_text("{")
    assert "cannot be read" in refusal(folder)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"a": "../../etc/passwd"}}))
    assert "../../etc/passwd is missing" in refusal(folder)


def test_no_layer_is_silently_random(clip_folder: Path, copied: Copied) -> None:
    """A checkpoint that lacks one tensor is refused, and the tensor is named."""
    weights = copied(clip_folder) / "model.safetensors"
    tensors = load_file(weights)
    del tensors["visual_projection.weight"]
    save_file(tensors, weights, metadata={"format": "pt"})
    words = refusal(weights.parent)
    assert "visual_projection.weight" in words
    assert "would be random" in words


def test_a_tensor_of_another_shape_is_refused(clip_folder: Path, copied: Copied) -> None:
    """Weights that do not fit config.json are refused."""
    weights = copied(clip_folder) / "model.safetensors"
    tensors = load_file(weights)
    tensors["visual_projection.weight"] = torch.zeros(7, 7)
    save_file(tensors, weights, metadata={"format": "pt"})
    assert "download it again" in refusal(weights.parent)


def test_a_checkpoint_with_its_own_code_is_refused(clip_folder: Path, copied: Copied, tmp_path: Path) -> None:
    """A model type that only the checkpoint's own code knows is refused, and the code does not run."""
    folder = copied(clip_folder)
    ran = tmp_path / "ran"
    (folder / "modeling.py").write_text(f"open({str(ran)!r}, 'w')")
    config = json.loads((folder / "config.json").read_text())
    config |= {"model_type": "their_clip", "auto_map": {"AutoModel": "modeling.Model", "AutoConfig": "modeling.Config"}}
    (folder / "config.json").write_text(json.dumps(config))
    words = refusal(folder)
    assert "its own code, which damsight does not run" in words
    assert not ran.exists()


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"model_type": 3}', '{"model_type": "no-such-model"}'])
def test_a_config_that_says_nothing_is_refused(clip_folder: Path, copied: Copied, content: str) -> None:
    """A config.json that is no JSON or names no known model type is refused."""
    folder = copied(clip_folder)
    (folder / "config.json").write_text(content)
    assert "DAMSIGHT_MODELS__JOINT=tiny-clip" in refusal(folder)


def test_a_sentence_model_is_no_joint_model(bert_folder: Path) -> None:
    """A BERT as the joint model is refused, and told where it belongs."""
    words = refusal(bert_folder)
    assert "does not put pictures and words into one space" in words
    assert "DAMSIGHT_MODELS__CAPTION" in words


def test_a_joint_model_is_no_caption_model(clip_folder: Path) -> None:
    """A CLIP as the caption model is refused, and told where it belongs."""
    words = refusal(clip_folder, role="caption")
    assert "DAMSIGHT_MODELS__JOINT" in words
    assert words.startswith("DAMSIGHT_MODELS__CAPTION=tiny-clip")


@pytest.mark.parametrize("file", ["preprocessor_config.json", "tokenizer.json"])
def test_a_checkpoint_without_its_preprocessing_is_refused(clip_folder: Path, copied: Copied, file: str) -> None:
    """Without an image processor or a tokenizer no vector would be right."""
    folder = copied(clip_folder)
    (folder / file).unlink()
    assert "tiny-clip" in refusal(folder)


def test_an_image_processor_that_does_more_is_refused(clip_folder: Path, copied: Copied) -> None:
    """A processor with steps that we do not carry out is refused by name, not approximated."""
    folder = copied(clip_folder)
    settings = json.loads((folder / "preprocessor_config.json").read_text())
    settings["image_processor_type"] = "VideoMAEImageProcessor"
    (folder / "preprocessor_config.json").write_text(json.dumps(settings))
    assert "does more than resize, crop, scale and normalise" in refusal(folder)


def test_a_tokenizer_of_another_model_is_refused(clip_folder: Path, copied: Copied) -> None:
    """Token ids that the model has no embedding for are found while loading, not at the first query."""
    weights = copied(clip_folder) / "model.safetensors"
    config = json.loads((weights.parent / "config.json").read_text())
    config["text_config"]["vocab_size"] = 20
    (weights.parent / "config.json").write_text(json.dumps(config))
    tensors = load_file(weights)
    tensors["text_model.embeddings.token_embedding.weight"] = tensors["text_model.embeddings.token_embedding.weight"][
        :20
    ]
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, weights, metadata={"format": "pt"})
    assert "do not belong together" in refusal(weights.parent)


def test_a_gpu_that_is_not_there_is_told(clip_folder: Path) -> None:
    """Asked for a CUDA device beyond those there are: DeviceError, with what to set."""
    with pytest.raises(DeviceError, match="DAMSIGHT_MODELS__DEVICE=auto"):
        load_joint(ModelSettings(joint=str(clip_folder), device="cuda:99"))

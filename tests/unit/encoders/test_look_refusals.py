"""What cannot be an encoder of pictures alone is refused, with what to do."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from damsight_encoders.errors import ModelError
from damsight_encoders.look import open_look
from damsight_encoders.ports import ImageEncoder
from damsight_schemas.connections import ModelSettings
from fakes.vision_checkpoints import make_convnext, make_torchvision, make_vit
from fakes.vocabularies import make_vocabulary

Copied = Callable[[Path], Path]


def opened(name: object) -> ImageEncoder:
    return open_look(ModelSettings(look=str(name), device="cpu", dtype="float32", threads=1))


def refusal(name: object) -> str:
    with pytest.raises(ModelError) as caught:
        opened(name)
    assert str(caught.value).startswith("DAMSIGHT_MODELS__LOOK=")
    return str(caught.value)


@pytest.fixture(scope="module")
def resnet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_torchvision("resnet18", tmp_path_factory.mktemp("weights") / "resnet18.safetensors")


def test_no_name_is_told() -> None:
    """Asked to open without a name: the setting is named."""
    with pytest.raises(ModelError, match="DAMSIGHT_MODELS__LOOK is not set"):
        open_look(ModelSettings())


@pytest.mark.parametrize("name", ["handcrafted:", "handcrafted:taste", "handcrafted:colour:x"])
def test_an_unknown_handcrafted_encoder_is_refused(name: str) -> None:
    """The names that there are, are told."""
    assert "name colour, edges or words:FILE" in refusal(name)


@pytest.mark.parametrize("network", ["", "alexnet", "resnet19", "resnet", "vit_b_16"])
def test_an_unknown_network_is_refused(network: str) -> None:
    """A network that torchvision has not, or that is of another kind: told which there are."""
    assert "name vgg16, resnet50, inception_v3" in refusal(f"torchvision:{network}:/nowhere.safetensors")


def test_unknown_weights_are_refused(resnet: Path) -> None:
    """Weights that torchvision never published: those that it did are told."""
    assert "resnet18.IMAGENET1K_V1" in refusal(f"torchvision:resnet18.IMAGENET22K:{resnet}")


@pytest.mark.parametrize("name", ["torchvision:resnet18:", "torchvision:resnet18", "torchvision:resnet18:/no/file"])
def test_a_missing_file_of_weights_is_told(name: str) -> None:
    """No file, or none named: told how to come by one."""
    words = refusal(name)
    assert "there is no file" in words
    assert "save_file(torch.load('FILE.pth', weights_only=True)" in words


@pytest.mark.parametrize("legacy", [False, True])
def test_a_pickle_is_refused_unread(legacy: bool, tmp_path: Path) -> None:
    """What torch.save wrote, in either format, is named a pickle and not loaded; told how to convert it."""
    file = tmp_path / "resnet18.pth"
    torch.save({"fc.weight": torch.zeros(1)}, file, _use_new_zipfile_serialization=not legacy)
    for name in (f"torchvision:resnet18:{file}", f"handcrafted:words:{file}"):
        assert "resnet18.pth is a pickle, which can run code when it is loaded, and is refused" in refusal(name)
    assert "weights_only=True" in refusal(f"torchvision:resnet18:{file}")


@pytest.mark.parametrize("keep", [0, 5, 3000, -1])
def test_half_a_file_is_refused(keep: int, resnet: Path, tmp_path: Path) -> None:
    """Weights and vocabularies that were cut off anywhere, also by one byte, are noticed."""
    words = make_vocabulary(tmp_path / "words.safetensors")
    for whole, name in ((resnet, "torchvision:resnet18"), (words, "handcrafted:words")):
        half = tmp_path / "half.safetensors"
        half.write_bytes(whole.read_bytes()[:keep])
        assert "half.safetensors is no whole safetensors file" in refusal(f"{name}:{half}")


def test_another_networks_weights_are_refused(resnet: Path, tmp_path: Path) -> None:
    """A ResNet-18's file given as a ResNet-34's or a VGG's, and one that lacks a layer: no layer is left random."""
    assert "weights are missing" in refusal(f"torchvision:resnet34:{resnet}")
    assert "weights are missing" in refusal(f"torchvision:vgg11:{resnet}")
    assert "another network's weights" in refusal(f"torchvision:resnet50:{resnet}")
    lacking = tmp_path / "lacking.safetensors"
    save_file({name: one for name, one in load_file(resnet).items() if name != "layer2.0.conv1.weight"}, lacking)
    assert "layer2.0.conv1.weight" in refusal(f"torchvision:resnet18:{lacking}")


def test_the_classifier_may_be_there_or_not(resnet: Path, tmp_path: Path) -> None:
    """A file with the classifier's weights, as torchvision publishes it, gives the same space but for the revision."""
    whole = tmp_path / "whole.safetensors"
    save_file({**load_file(resnet), "fc.weight": torch.zeros(1000, 512), "fc.bias": torch.zeros(1000)}, whole)
    first, second = opened(f"torchvision:resnet18:{resnet}").space, opened(f"torchvision:resnet18:{whole}").space
    assert (first.model, first.dimensions) == (second.model, second.dimensions)
    assert first.revision != second.revision


def test_weights_that_are_not_finite_are_refused(resnet: Path, tmp_path: Path) -> None:
    """A trial picture finds them while loading, not at the first asset."""
    tensors = load_file(resnet)
    tensors["conv1.weight"][:] = float("nan")
    save_file(tensors, tmp_path / "nan.safetensors")
    assert "must be finite" in refusal(f"torchvision:resnet18:{tmp_path / 'nan.safetensors'}")


def test_a_joint_model_and_a_sentence_model_are_refused(clip_folder: Path, bert_folder: Path) -> None:
    """Both are told that they make no vector of a picture alone, and which do."""
    for folder, kind in ((clip_folder, "clip"), (bert_folder, "bert")):
        words = refusal(folder)
        assert f"how a {kind} checkpoint makes one vector of a picture" in words
        assert "dinov2" in words


def test_no_layer_of_a_checkpoint_is_random(tmp_path: Path) -> None:
    """A ViT that lacks its last layer norm is refused by that name; one that lacks the unused pooler is not."""
    folder = make_vit(tmp_path / "vit")
    assert not any(name.startswith("pooler") for name in load_file(folder / "model.safetensors"))
    assert opened(folder).space.dimensions == 32
    tensors = load_file(folder / "model.safetensors")
    del tensors["layernorm.weight"]
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    assert "layernorm.weight" in refusal(folder)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"crop_pct": None}, "make no sense together"),
        ({"do_center_crop": True, "crop_size": {"height": 8, "width": 8}}, "make no sense together"),
        ({"size": {"height": 64, "width": 64}}, "make no sense together"),
        ({"do_resize": False}, "no resize"),
        ({"image_processor_type": "PoolFormerImageProcessor"}, "does more than resize"),
    ],
)
def test_preprocessing_that_cannot_be_carried_out_is_refused(
    change: dict[str, object], told: str, tmp_path: Path
) -> None:
    """Settings that ConvNeXt's processor does not take, or another's steps: refused, not approximated."""
    folder = make_convnext(tmp_path / "convnext")
    file = folder / "preprocessor_config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **change}))
    assert told in refusal(folder)


def test_a_picture_size_that_the_model_does_not_take_is_refused(tmp_path: Path) -> None:
    """A ViT of 32 pixels whose processor makes 48: found while loading."""
    folder = make_vit(tmp_path / "vit")
    file = folder / "preprocessor_config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "size": {"height": 48, "width": 48}}))
    assert "do not belong together" in refusal(folder)

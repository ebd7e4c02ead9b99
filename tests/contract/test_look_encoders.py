"""Every encoder of pictures alone keeps the contract."""

from pathlib import Path

import pytest

from contract.encoder_contract import ImageEncoderContract
from damsight_encoders.look import open_look
from damsight_encoders.ports import ImageEncoder
from damsight_schemas.connections import ModelSettings
from fakes.vision_checkpoints import VISION_MAKERS, make_torchvision
from fakes.vocabularies import make_vocabulary

_NAMES = ("vit", "convnext", "torchvision", "colour", "edges", "words-sift", "words-orb")


def look_name(kind: str, folder: Path) -> str:
    if kind in VISION_MAKERS:
        return str(VISION_MAKERS[kind](folder / f"tiny-{kind}"))
    if kind == "torchvision":
        return f"torchvision:resnet18:{make_torchvision('resnet18', folder / 'resnet18.safetensors')}"
    if kind.startswith("words"):
        return f"handcrafted:words:{make_vocabulary(folder / 'words.safetensors', kind.removeprefix('words-'))}"
    return f"handcrafted:{kind}"


@pytest.fixture(scope="module", params=_NAMES)
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> ImageEncoder:
    name = look_name(request.param, tmp_path_factory.mktemp("look"))
    return open_look(ModelSettings(look=name, device="cpu", dtype="float32", threads=1))


class TestLookEncoders(ImageEncoderContract):
    @pytest.fixture
    def encoder(self, opened: ImageEncoder) -> ImageEncoder:
        return opened

    def test_the_space_is_of_pictures_alone(self, encoder: ImageEncoder) -> None:
        """Words have no place in it, and its model and revision say what made it."""
        assert encoder.space.modalities == ("image",)
        assert encoder.space.model
        assert encoder.space.revision

"""Further families of joint models give transformers' own vectors, with their authors' own limits of length."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from numpy.typing import NDArray
from PIL import Image

from contract.encoder_contract import JointEncoderContract, png
from damsight_encoders.decode import PillowDecoder
from damsight_encoders.errors import ModelError
from damsight_encoders.load import load_joint
from damsight_encoders.ports import JointEncoder
from damsight_schemas.connections import ModelSettings
from fakes.joint_checkpoints import FAMILIES, make_align

TEXTS = ["the dog in the snow", "一只狗在雪地里", "", "ein Hund läuft im Schnee", "ships and cranes " * 40]
LENGTHS = {"chinese-clip": 52, "altclip": 77, "metaclip-2": 20, "align": 64, "vision-text-dual-encoder": 20}
COLOURS = [(200, 30, 30), (20, 160, 90), (30, 40, 200), (240, 240, 200)]
SHAPES = [(320, 213), (60, 90), (33, 31), (16, 64)]


def load(folder: Path) -> JointEncoder:
    encoder = load_joint(ModelSettings(joint=str(folder), device="cpu", dtype="float32", threads=1))
    assert encoder is not None
    return encoder


@pytest.fixture(scope="module", params=sorted(FAMILIES))
def family(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def folder(family: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return FAMILIES[family](tmp_path_factory.mktemp("families") / f"tiny-{family}")


@pytest.fixture(scope="module")
def loaded(folder: Path) -> JointEncoder:
    return load(folder)


class TestFamilies(JointEncoderContract):
    @pytest.fixture
    def encoder(self, loaded: JointEncoder) -> JointEncoder:
        return loaded


@torch.inference_mode()
def texts_of_transformers(folder: Path, texts: list[str], length: int) -> NDArray[np.float32]:
    tokenizer: Any = transformers.AutoTokenizer.from_pretrained(folder)
    model: Any = transformers.AutoModel.from_pretrained(folder).eval()
    inputs = tokenizer(texts, padding=True, truncation=True, max_length=length, return_tensors="pt")
    return torch.nn.functional.normalize(model.get_text_features(**inputs).pooler_output, dim=-1).numpy()


@torch.inference_mode()
def pictures_of_transformers(folder: Path, images: list[Image.Image]) -> NDArray[np.float32]:
    processor: Any = transformers.AutoImageProcessor.from_pretrained(folder)
    model: Any = transformers.AutoModel.from_pretrained(folder).eval()
    features = model.get_image_features(**processor(images=images, return_tensors="pt"))
    return torch.nn.functional.normalize(features.pooler_output, dim=-1).numpy()


def test_texts_equal_the_plain_path(loaded: JointEncoder, folder: Path, family: str) -> None:
    """Words, none, other scripts and a text beyond the length that the model was trained with, as transformers' own."""
    theirs = texts_of_transformers(folder, TEXTS, LENGTHS[family])
    np.testing.assert_allclose(loaded.encode_texts(TEXTS), theirs, atol=1e-5)
    assert (theirs @ theirs.T)[~np.eye(len(TEXTS), dtype=bool)].max() < 0.999


def test_pictures_equal_the_plain_path(loaded: JointEncoder, folder: Path) -> None:
    """Pictures of several shapes have a cosine of 0.9999 or more with transformers' own."""
    files = [png(colour, shape) for colour, shape in zip(COLOURS, SHAPES, strict=True)]
    pictures = [PillowDecoder().decode(file, at_least=2 * loaded.input_size) for file in files]
    ours = loaded.encode_images([loaded.prepare(picture) for picture in pictures])
    theirs = pictures_of_transformers(folder, [Image.fromarray(picture.pixels) for picture in pictures])
    assert (ours * theirs).sum(axis=1).min() >= 0.9999
    assert (theirs @ theirs.T)[~np.eye(len(files), dtype=bool)].max() < 0.999


@pytest.mark.parametrize("kind", ["clipseg", "owlvit", "owlv2", "blip-2"])
def test_a_model_for_something_else_is_refused(tmp_path: Path, kind: str) -> None:
    """A checkpoint that finds regions or speaks has features of both kinds too, and is told from one for searching."""
    folder = make_align(tmp_path / "tiny")
    (folder / "config.json").write_text(json.dumps({"model_type": kind}))
    with pytest.raises(ModelError, match=f"a {kind} checkpoint .*; take a CLIP, SigLIP"):
        load(folder)

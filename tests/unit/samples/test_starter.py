import io
import json
import random
from pathlib import Path
from typing import Any

import pytest
import torch
from damsight_samples.render import as_jpeg
from damsight_samples.starter.evaluation import library_pictures, measure_names
from damsight_samples.starter.lessons import LessonBook
from damsight_samples.starter.measure import Starter, recall
from damsight_samples.words import folded
from PIL import Image
from transformers import AutoModel, CLIPModel


@pytest.fixture(scope="module")
def folder(samples: Path) -> Path:
    return samples / "starter" / "checkpoint"


@pytest.fixture(scope="module")
def starter(folder: Path) -> Starter:
    return Starter(folder)


@pytest.fixture(scope="module")
def book(samples: Path) -> LessonBook:
    return LessonBook.read(samples / "starter" / "lessons.jsonl")


@pytest.fixture(scope="module")
def pictures(samples: Path, book: LessonBook) -> list[Image.Image]:
    return library_pictures(samples / "library", book)


@pytest.fixture(scope="module")
def vectors(starter: Starter, pictures: list[Image.Image]) -> torch.Tensor:
    return starter.pictures(pictures)


@pytest.fixture(scope="module")
def claimed(samples: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((samples / "starter" / "evaluation.json").read_text("utf-8"))
    return found


def test_the_checkpoint_is_weights_and_configuration_only(folder: Path) -> None:
    """No pickle and no code lie in the folder, and it loads as an ordinary CLIP in float32."""
    assert {path.suffix for path in folder.iterdir()} <= {".json", ".safetensors"}
    model = AutoModel.from_pretrained(folder, use_safetensors=True, trust_remote_code=False)
    assert isinstance(model, CLIPModel)
    assert model.dtype == torch.float32
    assert sum(path.stat().st_size for path in folder.iterdir()) < 16_000_000


def test_names_find_the_library_pictures_as_the_card_says(
    starter: Starter, vectors: torch.Tensor, book: LessonBook, claimed: dict[str, Any]
) -> None:
    """On the library's pictures each language's recall@10 is the card's, but for rounding between processors."""
    measured = measure_names(starter, vectors, book)
    for language, figures in claimed["names_library_pictures"].items():
        assert measured[language]["recall_at_10"] == pytest.approx(figures["recall_at_10"], abs=0.01)
    assert measured["en"]["recall_at_10"] >= 0.90


def test_names_find_pictures_made_anew(
    starter: Starter, pictures: list[Image.Image], vectors: torch.Tensor, book: LessonBook
) -> None:
    """200 pictures turned, scaled, recoloured and compressed again are found by name among all: recall@10 >= 0.85.

    The card measures newly drawn pictures, which needs the font; this needs none, and turns each picture further.
    """
    chance = random.Random(11)  # noqa: S311 - reproducible, nothing secret
    rows = chance.sample(range(len(pictures)), 200)
    candidates = vectors.clone()
    candidates[rows] = starter.pictures([made_anew(pictures[row], chance) for row in rows])
    names = [names["en"] for names in book.names]
    wanted = [{other for other, name in enumerate(names) if folded(name) == folded(names[row])} for row in rows]
    assert recall(starter.texts([names[row] for row in rows]), candidates, wanted, depth=10) >= 0.85


def test_taught_words_find_pictures_whose_metadata_lacks_them(
    starter: Starter, vectors: torch.Tensor, claimed: dict[str, Any]
) -> None:
    """The card's claim about English words that stand in nobody's metadata is well above chance (10 of 1,572)."""
    assert claimed["taught_words_library_pictures"]["en"]["recall_at_10"] > 0.3


def test_a_text_has_one_vector_whatever_its_neighbours(starter: Starter) -> None:
    """Padding beside longer texts changes no vector."""
    alone = starter.texts(["red apple"])
    beside = starter.texts(["red apple", "smiling face with heart-eyes and a very long name besides"])[:1]
    assert torch.allclose(alone, beside, atol=1e-5)


def made_anew(picture: Image.Image, chance: random.Random) -> Image.Image:
    corner = picture.getpixel((2, 2))
    turned = picture.rotate(chance.uniform(-10, 10), resample=Image.Resampling.BICUBIC, fillcolor=corner)
    side = chance.randrange(100, 500)
    resized = turned.resize((side, round(side * turned.height / turned.width)), Image.Resampling.BILINEAR)
    tinted = Image.blend(resized, Image.new("RGB", resized.size, (chance.randrange(256),) * 3), 0.12)
    return Image.open(io.BytesIO(as_jpeg(tinted, chance.randrange(40, 80)))).convert("RGB")

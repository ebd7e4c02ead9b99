"""Our vectors are those of transformers' own processor and model."""

import functools
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from numpy.typing import NDArray
from PIL import Image

from damsight_encoders.content import Picture
from damsight_encoders.decode import PillowDecoder
from damsight_encoders.load import load_joint
from damsight_encoders.ports import JointEncoder
from damsight_schemas.connections import ModelSettings

TEXTS = [
    "two dogs run along the beach",
    "fox",
    "",
    "a very long line about ships and cranes and containers and harbours and lemons and hats and bridges and trains "
    * 3,
    "Ein Hund im Schnee, une femme au chapeau bleu",
    "日本語の写真",
]
SHAPES = [(640, 427), (427, 640), (33, 31), (20, 24), (300, 60), (1600, 1067)]


@pytest.fixture(scope="module")
def encoder(joint_folder: Path) -> JointEncoder:
    loaded = load_joint(ModelSettings(joint=str(joint_folder), device="cpu", dtype="float32", threads=1))
    assert loaded is not None
    return loaded


@pytest.fixture(scope="module")
def reference(joint_folder: Path) -> Any:
    """The plain path: the checkpoint's own processor and model, in float32."""
    processor = transformers.AutoProcessor.from_pretrained(joint_folder)
    model = transformers.AutoModel.from_pretrained(joint_folder).eval()
    padding = "max_length" if model.config.model_type.startswith("siglip") else True
    length = model.config.text_config.max_position_embeddings

    class Reference:
        @torch.inference_mode()
        def images(self, images: list[Image.Image]) -> NDArray[np.float32]:
            # Not processor(images=...): Siglip2Processor would put its own patch size over the checkpoint's.
            inputs = [processor.image_processor(images=one, return_tensors="pt") for one in images]
            rows = [model.get_image_features(**one) for one in inputs]
            return torch.nn.functional.normalize(torch.cat([row.pooler_output for row in rows]), dim=-1).numpy()

        @torch.inference_mode()
        def texts(self, texts: list[str]) -> NDArray[np.float32]:
            inputs = processor(text=texts, padding=padding, truncation=True, max_length=length, return_tensors="pt")
            return torch.nn.functional.normalize(model.get_text_features(**inputs).pooler_output, dim=-1).numpy()

    return Reference()


def photograph(width: int, height: int, seed: int = 0) -> Image.Image:
    """Something with the spectrum of a photograph: noise at four scales."""
    chance = np.random.default_rng(seed)
    layers = [chance.normal(0, 40, (max(2, height // scale), max(2, width // scale), 3)) for scale in (2, 8, 32, 128)]
    total = np.full((height, width, 3), 120.0)
    for layer in layers:
        channels = [Image.fromarray(layer[..., channel].astype(np.float32)) for channel in range(3)]
        total += np.stack([np.asarray(one.resize((width, height), Image.Resampling.BICUBIC)) for one in channels], -1)
    return Image.fromarray(np.clip(total, 0, 255).astype(np.uint8))


def encoded(image: Image.Image, media_format: str) -> bytes:
    stream = io.BytesIO()
    image.save(stream, media_format, quality=92)
    return stream.getvalue()


@functools.cache
def camera_jpeg(width: int, height: int) -> bytes:
    return encoded(photograph(width, height, 7), "JPEG")


def cosines(ours: NDArray[np.float32], theirs: NDArray[np.float32]) -> NDArray[np.float32]:
    return (ours * theirs).sum(axis=1)


def assert_told_apart(vectors: NDArray[np.float32]) -> None:
    """Equality says something only where different inputs give different vectors."""
    alike = vectors @ vectors.T - 2 * np.eye(len(vectors))
    assert alike.max() < 0.999


def test_texts_equal_the_plain_path(encoder: JointEncoder, reference: Any) -> None:
    """Every text's vector has a cosine of 0.9999 or more with transformers' own, long and empty ones included."""
    lowered = [text.lower() for text in TEXTS]
    theirs = reference.texts(lowered)
    assert cosines(encoder.encode_texts(lowered), theirs).min() >= 0.9999
    assert_told_apart(theirs)


def test_pictures_equal_the_plain_path(encoder: JointEncoder, reference: Any) -> None:
    """Pictures of any shape, decoded in full, have a cosine of 0.9999 or more with transformers' own."""
    images = [photograph(*shape, seed) for seed, shape in enumerate(SHAPES)]
    decoder = PillowDecoder()
    pictures = [decoder.decode(encoded(image, "PNG"), at_least=2 * encoder.input_size) for image in images]
    ours = encoder.encode_images([encoder.prepare(picture) for picture in pictures])
    theirs = reference.images(images)
    assert cosines(ours, theirs).min() >= 0.9999
    assert_told_apart(theirs)


@pytest.mark.parametrize("size", [(1163, 1600), (2563, 1601), (4928, 3281)])
def test_jpegs_decoded_smaller_look_the_same_to_the_model(encoder: JointEncoder, size: tuple[int, int]) -> None:
    """A camera-sized JPEG decoded at a fraction differs from its full decode by noise of at most -50 dB."""
    file = camera_jpeg(*size)
    smaller = PillowDecoder().decode(file, at_least=2 * encoder.input_size)
    assert smaller.pixels.shape[1] < smaller.original_size[0] / 3
    full = Picture(np.asarray(Image.open(io.BytesIO(file))), smaller.original_size, "JPEG")
    difference = encoder.prepare(smaller).astype(float) - encoder.prepare(full)
    assert 10 * np.log10(255**2 / np.mean(difference**2)) >= 50


def test_a_vector_does_not_depend_on_its_batch(encoder: JointEncoder) -> None:
    """Texts and pictures give the same vectors alone as in a batch, and in the order that they came in."""
    together, alone = encoder.encode_texts(TEXTS), [encoder.encode_texts([text])[0] for text in TEXTS]
    np.testing.assert_allclose(together, np.stack(alone), atol=2e-5)
    decoder = PillowDecoder()
    prepared = [
        encoder.prepare(decoder.decode(encoded(photograph(*shape, seed), "PNG"), at_least=64))
        for seed, shape in enumerate(SHAPES)
    ]
    singles = np.stack([encoder.encode_images([one])[0] for one in prepared])
    np.testing.assert_allclose(encoder.encode_images(prepared), singles, atol=2e-5)
    np.testing.assert_allclose(encoder.encode_images(prepared[::-1]), singles[::-1], atol=2e-5)


def test_a_very_long_strip_costs_no_more_than_a_picture(encoder: JointEncoder) -> None:
    """A line of 1 x 60,000 pixels is prepared to the model's size, without an intermediate of gigabytes."""
    strip = np.random.default_rng(3).integers(0, 255, (1, 60_000, 3), dtype=np.uint8)
    for pixels in (strip, strip.transpose(1, 0, 2)):
        picture = PillowDecoder().decode(encoded(Image.fromarray(pixels), "PNG"), at_least=64)
        prepared = encoder.prepare(picture)
        assert prepared.size <= 25 * 8 * 8 * 3
        assert np.isfinite(encoder.encode_images([prepared])).all()

"""Captions are those of transformers' own path, word by word; what cannot write them is refused."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from PIL import Image
from safetensors.torch import load_file, save_file
from transformers.models.smolvlm import processing_smolvlm

from damsight_encoders.captioner import GenerativeCaptioner, open_captioner
from damsight_encoders.content import Picture
from damsight_encoders.errors import DeviceError, ModelError
from damsight_schemas.connections import ModelSettings
from fakes.captioner_checkpoints import MAKERS, make_smolvlm

Copied = Callable[[Path], Path]
_REQUEST = {"type": "text", "text": "Describe this picture in one sentence."}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("captioners")
    return {kind: make(folder / f"tiny-{kind}") for kind, make in MAKERS.items()}


def opened(folder: Path) -> GenerativeCaptioner:
    captioner = open_captioner(ModelSettings(captioner=str(folder), device="cpu", dtype="float32", threads=1))
    assert isinstance(captioner, GenerativeCaptioner)
    return captioner


def refusal(folder: Path) -> str:
    with pytest.raises(ModelError) as caught:
        opened(folder)
    return str(caught.value)


def noise(width: int, height: int) -> Picture:
    pixels = np.random.default_rng(width).integers(0, 256, (height // 4, width // 4, 3), dtype=np.uint8)
    image = Image.fromarray(pixels).resize((width, height), Image.Resampling.BICUBIC)
    return Picture(np.array(image), (width, height), "PNG")


def plain_tokens(folder: Path, pixels: np.ndarray) -> list[int]:
    """What a model's page tells to do: processor, then generate, on the picture as it is."""
    processor = transformers.AutoProcessor.from_pretrained(folder)
    model = transformers.AutoModelForImageTextToText.from_pretrained(folder).eval()
    asked: dict[str, Any] = {"images": Image.fromarray(pixels), "return_tensors": "pt"}
    if "florence2" in folder.name:
        asked["text"] = "<CAPTION>"
    elif "blip" not in folder.name:
        chat = [{"role": "user", "content": [{"type": "image"}, _REQUEST]}]
        asked["text"] = processor.apply_chat_template(chat, add_generation_prompt=True)
        asked["do_image_splitting"] = False
    inputs = processor(**asked)
    with torch.inference_mode():
        tokens = model.generate(**inputs, do_sample=False, num_beams=1, max_new_tokens=64)[0]
    echoed = inputs["input_ids"].shape[1] if "do_image_splitting" in asked else 0
    return [int(token) for token in tokens[echoed:]]


@pytest.mark.parametrize("size", [(64, 48), (40, 60)])
@pytest.mark.parametrize("kind", sorted(MAKERS))
def test_the_tokens_are_those_of_transformers(folders: dict[str, Path], kind: str, size: tuple[int, int]) -> None:
    """BLIP, Florence-2 and Idefics3 write the tokens that processor and generate write, and no prompt."""
    captioner, picture = opened(folders[kind]), noise(*size)
    tokens = captioner._generate([captioner.prepare(picture)], 64)[0]
    expected = plain_tokens(folders[kind], picture.pixels)
    assert [int(token) for token in tokens] == expected
    assert len(expected) > 1
    words = transformers.AutoProcessor.from_pretrained(folders[kind]).decode(expected, skip_special_tokens=True)
    assert captioner.describe([captioner.prepare(picture)]) == [" ".join(words.split())]


def test_smolvlm2_writes_the_tokens_of_transformers(tmp_path: Path) -> None:
    """SmolVLM2 too, whose processor counts frames in words."""
    folder, picture = make_smolvlm(tmp_path / "tiny-smolvlm"), noise(64, 48)
    captioner = opened(folder)
    tokens = captioner._generate([captioner.prepare(picture)], 64)[0]
    assert [int(token) for token in tokens] == plain_tokens(folder, picture.pixels)


def test_a_package_that_a_processor_needs_is_named(
    folders: dict[str, Path], copied: Copied, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without num2words SmolVLM2's processor does not load: the refusal says what to install, not to download again."""
    monkeypatch.setattr(processing_smolvlm, "num2words", None)
    folder = copied(folders["idefics3"])
    for name in ("config.json", "processor_config.json", "tokenizer_config.json"):
        text = (folder / name).read_text().replace("Idefics3", "SmolVLM").replace("idefics3", "smolvlm")
        (folder / name).write_text(text)
    settings = json.loads((folder / "processor_config.json").read_text())
    settings["video_processor"] = {"video_processor_type": "SmolVLMVideoProcessor"}
    (folder / "processor_config.json").write_text(json.dumps(settings))
    assert "pip install num2words" in refusal(folder)


def test_chance_and_beams_are_not_asked(folders: dict[str, Path], copied: Copied) -> None:
    """A generation_config.json that draws lots, or follows several beams, changes no caption."""
    folder = copied(folders["idefics3"])
    file = folder / "generation_config.json"
    chance = {"do_sample": True, "temperature": 5.0, "top_k": 50, "top_p": 0.9, "num_beams": 3, "early_stopping": True}
    file.write_text(json.dumps({**json.loads(file.read_text()), **chance}))
    first, second = opened(folders["idefics3"]), opened(folder)
    prepared = first.prepare(noise(64, 48))
    captions = first.describe([prepared])
    assert captions == second.describe([prepared]) == second.describe([prepared])


def test_the_name_is_the_model_and_its_revision(folders: dict[str, Path]) -> None:
    """The folder's name and the digest of its files."""
    name, revision = opened(folders["blip"]).name.split("@")
    assert (name, len(revision)) == ("tiny-blip", 12)


def test_a_large_picture_is_made_smaller_first(folders: dict[str, Path]) -> None:
    """A processor that we do not carry out ourselves gets twice what the model sees at most, in the picture's shape."""
    captioner = opened(folders["idefics3"])
    assert captioner.prepare(noise(800, 400)).shape == (32, 64, 3)
    cornered = Picture(noise(80, 40).pixels, (158, 79), "JPEG", box=(0.0, 0.0, 79.0, 39.5))
    assert captioner.prepare(cornered).shape == (32, 64, 3)
    assert captioner.prepare(noise(20, 12)).shape == (12, 20, 3)
    assert opened(folders["florence2"]).prepare(noise(800, 400)).shape == (64, 64, 3)


def test_a_batch_that_does_not_fit_is_halved(folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """A device with room for two pictures gets 5, then 2 at a time; the captions are the same, in order."""
    captioner = opened(folders["blip"])
    prepared = [captioner.prepare(noise(32 + 4 * number, 32)) for number in range(5)]
    expected = captioner.describe(prepared)
    generate, tried = captioner._model.generate, []

    def with_little_room(pixel_values: torch.Tensor, **options: Any) -> torch.Tensor:
        tried.append(len(pixel_values))
        if len(pixel_values) > 2:
            raise torch.OutOfMemoryError("out of memory")
        tokens: torch.Tensor = generate(pixel_values, **options)
        return tokens

    monkeypatch.setattr(captioner._model, "generate", with_little_room)
    assert captioner.describe(prepared) == expected
    assert tried == [5, 2, 2, 1]


def test_no_room_for_one_picture_is_a_device_error(folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even one picture fits: DeviceError, with what to do."""
    captioner = opened(folders["blip"])

    def without_room(**options: Any) -> torch.Tensor:
        raise torch.OutOfMemoryError("out of memory")

    monkeypatch.setattr(captioner._model, "generate", without_room)
    with pytest.raises(DeviceError, match="no memory left for even one item"):
        captioner.describe([captioner.prepare(noise(32, 32))])


def test_nothing_but_special_tokens_is_nothing_to_say(folders: dict[str, Path], copied: Copied) -> None:
    """A model that ends at once gives an empty caption."""
    folder = copied(folders["blip"])
    weights = load_file(folder / "model.safetensors")
    weights["text_decoder.cls.predictions.bias"][3] = 1e6
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    captioner = opened(folder)
    assert captioner.describe([captioner.prepare(noise(32, 32))] * 2) == ["", ""]


def test_encoders_are_no_captioners(clip_folder: Path, bert_folder: Path) -> None:
    """A CLIP or a BERT is refused by its kind, with the setting and what to take."""
    for folder, kind in ((clip_folder, "clip"), (bert_folder, "bert")):
        words = refusal(folder)
        assert words.startswith("DAMSIGHT_MODELS__CAPTIONER=")
        assert f"a {kind} checkpoint writes no captions; take a BLIP, Florence-2" in words


def test_weights_of_another_task_are_refused(folders: dict[str, Path], copied: Copied) -> None:
    """A BLIP without the decoder that captions are written by: its weights would be random."""
    folder = copied(folders["blip"])
    weights = load_file(folder / "model.safetensors")
    kept = {name: value for name, value in weights.items() if not name.startswith("text_decoder.")}
    save_file(kept, folder / "model.safetensors", metadata={"format": "pt"})
    assert "would be random" in refusal(folder)


def test_a_model_that_cannot_be_asked_is_refused(folders: dict[str, Path], copied: Copied) -> None:
    """A chat model without its template."""
    folder = copied(folders["idefics3"])
    (folder / "chat_template.jinja").unlink()
    assert "without a chat template cannot be asked" in refusal(folder)


@pytest.mark.parametrize("names", [("processor_config.json",), ("tokenizer.json", "tokenizer_config.json")])
def test_a_checkpoint_that_lacks_files_is_refused(
    folders: dict[str, Path], copied: Copied, names: tuple[str, ...]
) -> None:
    """Without a processor or a tokenizer the refusal says to download it again."""
    folder = copied(folders["florence2"])
    for name in names:
        (folder / name).unlink()
    assert "download" in refusal(folder)


def test_parts_that_do_not_belong_together_are_refused(folders: dict[str, Path], copied: Copied) -> None:
    """A processor of another size than the model's is found when the model is opened, not at the first picture."""
    folder = copied(folders["florence2"])
    file = folder / "processor_config.json"
    settings = json.loads(file.read_text())
    settings["image_processor"]["image_seq_length"] = 9
    file.write_text(json.dumps(settings))
    assert "a trial picture could not be described" in refusal(folder)


def test_pickles_are_refused(folders: dict[str, Path], copied: Copied) -> None:
    """Weights that could run code are not loaded."""
    folder = copied(folders["blip"])
    shutil.move(folder / "model.safetensors", folder / "pytorch_model.bin")
    assert "its weights are pickles" in refusal(folder)

"""Captions that a model writes: BLIP, Florence-2, and models that chat about pictures (SmolVLM, Idefics3, ...).

BLIP: Li et al. 2022, arXiv:2201.12086. Florence-2: Xiao et al. 2023, arXiv:2311.06242. Idefics3: Laurençon et al. 2024,
arXiv:2408.12637. SmolVLM: Marafioti et al. 2025, arXiv:2504.05299.
"""

from typing import Any, Final

import numpy as np
import torch
import transformers
from PIL import Image

from damsight_encoders.batches import compute_within_memory
from damsight_encoders.bound import bound_picture
from damsight_encoders.checkpoint import Checkpoint, find_checkpoint
from damsight_encoders.content import Picture
from damsight_encoders.device import Placement, choose_placement
from damsight_encoders.errors import ModelError
from damsight_encoders.ports import Captioner, Prepared
from damsight_encoders.preprocess import prepare_picture
from damsight_encoders.pretrained import load_model, load_processor, read_config
from damsight_encoders.processor_steps import read_steps
from damsight_encoders.registry import is_plugin, load_captioner_plugin
from damsight_encoders.resample import resample_fast
from damsight_encoders.steps import ImageSteps
from damsight_schemas.connections import ModelSettings

_SETTING: Final = "DAMSIGHT_MODELS__CAPTIONER"
_FITTING: Final = "a BLIP, Florence-2 (florence-community's), SmolVLM or Idefics3 checkpoint"
_MOST_TOKENS: Final = 64
"""Of one caption: a sentence has 10 to 30."""
_MOST_TOGETHER: Final = 16
"""Pictures at once: what is kept for each token while a model writes takes more memory than an encoder's work does."""
_REQUEST: Final = "Describe this picture in one sentence."
_TASK: Final = "<CAPTION>"
# The likeliest word each time: the same picture has the same caption, whatever a checkpoint's generation_config.json
# says of chance and of beams.
_GREEDY: Final[dict[str, Any]] = {
    "do_sample": False,
    "num_beams": 1,
    "early_stopping": False,
    "temperature": None,
    "top_p": None,
    "top_k": None,
}


def open_captioner(settings: ModelSettings) -> Captioner:
    """Load the model that the settings name to write captions.

    Raises:
        ModelError: The checkpoint is missing, incomplete, of the wrong kind or not safe to load.
        DeviceError: The device that was asked for is not there.
    """
    if settings.captioner is None:
        raise ModelError(f"{_SETTING} names no model; take {_FITTING}")
    if is_plugin(settings.captioner):
        return load_captioner_plugin(settings.captioner, settings, setting=_SETTING)
    checkpoint = find_checkpoint(settings.captioner, settings.captioner_revision, setting=_SETTING)
    return GenerativeCaptioner(checkpoint, choose_placement(settings))


class GenerativeCaptioner:
    """Implements Captioner. `prepare` resizes on the CPU; the checkpoint's own processor does the rest.

    A model that would cut a picture into tiles sees it whole, once: a sentence needs no more, and SmolVLM's tiles, up
    to 17, take as many times the work.

    Args:
        checkpoint: Of a model that turns pictures and words into words.
        placement: Where to compute, in what.

    Raises:
        ModelError: The checkpoint is of another kind, or not whole.
    """

    def __init__(self, checkpoint: Checkpoint, placement: Placement) -> None:
        config, _ = read_config(checkpoint, fitting=_FITTING)
        if type(config) not in transformers.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING:
            raise ModelError(f"{checkpoint}: a {config.model_type} checkpoint writes no captions; take {_FITTING}")
        self._checkpoint = checkpoint
        self._placement = placement
        self._processor = load_processor(checkpoint, config.get_text_config().vocab_size)
        self._processor.image_processor.do_image_splitting = False
        # Words are written after the last position, so what is shorter is filled up before its first.
        self._processor.tokenizer.padding_side = "left"
        self._prompt = _prompt(config.model_type, self._processor, checkpoint)
        # A decoder on its own goes on from the prompt, and gives it back with what it wrote.
        self._repeats_prompt = self._prompt is not None and not config.is_encoder_decoder
        self._steps = _steps(self._processor.image_processor, checkpoint)
        self._input_size = self._steps.input_size if self._steps else _side(self._processor.image_processor)
        self._model = load_model(
            checkpoint, placement.dtype, placement.device, head=transformers.AutoModelForImageTextToText
        )
        self._probe()

    @property
    def name(self) -> str:
        """The model and its revision."""
        return f"{self._checkpoint.name}@{self._checkpoint.revision}"

    @property
    def input_size(self) -> int:
        """The side in pixels of what the model sees."""
        return self._input_size

    def prepare(self, picture: Picture) -> Prepared:
        """Resize as the checkpoint's own preprocessing does, or to twice what the model sees at most. Any thread."""
        if self._steps is not None:
            return prepare_picture(picture, self._steps, resample_fast)
        return bound_picture(picture, 2 * self._input_size, resample_fast)

    def describe(self, prepared: list[Prepared]) -> list[str]:
        """Return one sentence a picture, in order; empty where the model has nothing to say.

        Raises:
            DeviceError: Not even one picture fits in the device's memory.
        """
        together = min(self._placement.batch, _MOST_TOGETHER)
        return [caption for batch in compute_within_memory(self._describe, prepared, together) for caption in batch]

    def _describe(self, prepared: list[Prepared]) -> list[str]:
        tokens = self._generate(prepared, _MOST_TOKENS)
        captions = self._processor.batch_decode(tokens, skip_special_tokens=True)
        return [" ".join(caption.split()) for caption in captions]

    @torch.inference_mode()
    def _generate(self, prepared: list[Prepared], most_tokens: int) -> torch.Tensor:
        """Return what the model wrote after the prompt: (n, tokens), padded."""
        inputs = self._inputs(prepared).to(self._placement.device, self._placement.dtype)
        tokens: torch.Tensor = self._model.generate(**inputs, **_GREEDY, max_new_tokens=most_tokens)
        return tokens[:, inputs["input_ids"].shape[1] :] if self._repeats_prompt else tokens

    def _inputs(self, prepared: list[Prepared]) -> Any:
        # Pillow's images, because the processor would take an array of height 3 for one of three channels.
        images = [Image.fromarray(one) for one in prepared]
        resized = {"do_resize": False, "do_center_crop": False} if self._steps else {}
        if self._prompt is None:
            return self._processor(images=images, return_tensors="pt", **resized)
        return self._processor(
            images=[[image] for image in images],
            text=[self._prompt] * len(images),
            padding=True,
            return_tensors="pt",
            **resized,
        )

    def _probe(self) -> None:
        """Begin a caption of one grey picture: finds a broken checkpoint now."""
        side = self._input_size
        grey = Picture(np.full((side, side, 3), 128, dtype=np.uint8), (side, side), "probe")
        try:
            self._generate([self.prepare(grey)], 2)
        except (RuntimeError, ValueError, IndexError, TypeError, KeyError, AttributeError) as error:
            words = str(error).strip().splitlines() or [type(error).__name__]
            raise ModelError(
                f"{self._checkpoint}: a trial picture could not be described ({words[0]}); its processor's files and "
                f"its weights do not belong together: download it again, or take {_FITTING}"
            ) from error


def _prompt(model_type: str, processor: Any, checkpoint: Checkpoint) -> str | None:
    """Return how this kind of model is asked; None: it is shown the picture alone."""
    if model_type == "blip":
        return None
    if model_type == "florence2":
        return _TASK
    if not getattr(processor, "chat_template", None):
        raise ModelError(
            f"{checkpoint}: a {model_type} checkpoint without a chat template cannot be asked for a caption; "
            f"take {_FITTING}"
        )
    asked = [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": _REQUEST}]}]
    return str(processor.apply_chat_template(asked, add_generation_prompt=True, tokenize=False))


def _steps(image_processor: Any, checkpoint: Checkpoint) -> ImageSteps | None:
    """Return what the processor does to a picture; None where that is more than we carry out ourselves."""
    try:
        return read_steps(image_processor, checkpoint)[0]
    except ModelError:
        return None


def _side(image_processor: Any) -> int:
    """The side of what the model sees, of processors that cut, pad or keep the shape."""
    sizes = [getattr(image_processor, name, None) for name in ("max_image_size", "size")]
    sides = [
        size[name] for size in sizes if size for name in ("longest_edge", "shortest_edge", "height") if size.get(name)
    ]
    return int(sides[0]) if sides else 384

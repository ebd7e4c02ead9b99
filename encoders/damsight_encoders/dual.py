"""Pictures and words into one space: CLIP, SigLIP and their kin, in any language, through transformers' AutoModel."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from damsight_encoders.batches import encode_within_memory
from damsight_encoders.checkpoint import Checkpoint
from damsight_encoders.class_token import class_token_alone
from damsight_encoders.content import Picture
from damsight_encoders.device import Placement
from damsight_encoders.errors import ModelError
from damsight_encoders.few_tokens import few_tokens
from damsight_encoders.padded import PaddedBatches
from damsight_encoders.ports import Prepared, TextPurpose, Vectors
from damsight_encoders.preprocess import prepare_picture
from damsight_encoders.pretrained import load_image_processor, load_model, load_tokenizer, read_config
from damsight_encoders.processor_steps import read_steps
from damsight_encoders.quick_gelu import fold_quick_gelu
from damsight_encoders.resample import resample_fast
from damsight_encoders.scaling import Scale, normalised, unit_length
from damsight_encoders.steps import ImageSteps
from damsight_encoders.tokens import Tokens, most_tokens
from damsight_schemas.space import Space

_LOWERED: Final = ("siglip", "siglip2")
"""Both SigLIPs were trained on lower case alone, and checkpoints of SigLIP 2 that name Gemma's tokenizer do not lower
it (Tschannen et al. 2025, arXiv:2502.14786)."""
_FULL_LENGTH: Final = ("siglip", "siglip2", "tipsv2")
"""SigLIP reads its answer from the last position and was trained without a mask (Zhai et al. 2023, arXiv:2303.15343):
a text padded to less than the full length gives another vector. TIPSv2 marks no beginning and no end, so an empty text
has no token but padding."""
_MOST_TOKENS: Final = {"chinese_clip": 52, "altclip": 77, "align": 64}
"""What a model was trained with, where its text part could take more: Chinese-CLIP (Yang et al. 2022, arXiv:2211.01335,
cn_clip's `tokenize`), AltCLIP (Chen et al. 2022, arXiv:2211.06679, FlagAI's AltCLIPProcess), ALIGN (transformers'
AlignProcessor)."""
_OTHER_USES: Final = {
    "clipseg": "finds regions of a picture",
    "owlvit": "finds things in a picture",
    "owlv2": "finds things in a picture",
    "blip-2": "has a language model for its text part",
}


class DualEncoder:
    """Implements JointEncoder. `prepare` is the CPU's part; scaling and normalising run on the device with the model.

    Args:
        checkpoint: Of a model with image and text features in one space.
        placement: Where to compute, in what.

    Raises:
        ModelError: The checkpoint is of another kind, or not whole.
    """

    def __init__(self, checkpoint: Checkpoint, placement: Placement) -> None:
        config, model_class = read_config(checkpoint)
        _require_joint_model(config.model_type, model_class, checkpoint)
        self._placement = placement
        self._steps, scaling = read_steps(load_image_processor(checkpoint), checkpoint)
        self._tokens = _read_tokens(config, checkpoint, placement)
        self._model = load_model(checkpoint, placement.dtype, placement.device)
        fold_quick_gelu(self._model, placement)
        self._few_tokens = few_tokens(self._model, placement)
        self._pictures = class_token_alone(self._model)
        self._scale = Scale(scaling, placement)
        self._dimensions = 0
        self._dimensions = self._probe(checkpoint)
        self._space = Space(
            model=checkpoint.name,
            revision=checkpoint.revision,
            dimensions=self._dimensions,
            modalities=("image", "text"),
        )
        self._padded = None
        if placement.padded and self._steps.resize != "patches":
            self._padded = PaddedBatches(self._forward, placement)
            self._padded.warm(self._steps.shape)

    @property
    def space(self) -> Space:
        """The space that pictures and words share."""
        return self._space

    @property
    def input_size(self) -> int:
        """The side in pixels of what the model sees."""
        return self._steps.input_size

    @property
    def steps(self) -> ImageSteps:
        """What `prepare` does, as data: remote clients do the same."""
        return self._steps

    @property
    def forward(self) -> Callable[[torch.Tensor], torch.Tensor] | None:
        """Maps (n, height, width, 3) pixels of 0 to 255 to (n, dimensions), L2-normalised; it can be differentiated.

        None where each picture has patches of its own number (NaFlex).
        """
        return None if self._steps.resize == "patches" else self._forward

    def prepare(self, picture: Picture) -> Prepared:
        """Resize and crop as the checkpoint's image processor does. CPU, safe in any thread."""
        return prepare_picture(picture, self._steps, resample_fast)

    def encode_images(self, prepared: list[Prepared]) -> Vectors:
        """Return one vector a picture, in order.

        Raises:
            DeviceError: Not even one picture fits in the device's memory.
        """
        if self._padded is not None and prepared:
            return self._padded(prepared)
        return encode_within_memory(self._images, prepared, self._dimensions, self._placement)

    def encode_texts(self, texts: list[str], *, purpose: TextPurpose = "document") -> Vectors:
        """Return one vector a text, in order; a text is cut at the model's limit. The purpose changes no word.

        Raises:
            DeviceError: Not even one text fits in the device's memory.
        """
        return encode_within_memory(partial(self._texts, purpose=purpose), texts, self._dimensions, self._placement)

    @torch.inference_mode()
    def _images(self, prepared: list[Prepared]) -> Vectors:
        inputs = self._patches(prepared) if self._steps.resize == "patches" else self._pixels(prepared)
        return _vectors(self._pictures.get_image_features(**inputs))

    @torch.inference_mode()
    def _texts(self, texts: list[str], *, purpose: TextPurpose = "document") -> Vectors:
        inputs = self._tokens(texts)
        if self._few_tokens is not None and self._few_tokens.takes(inputs["input_ids"], purpose):
            return self._few_tokens.compute(lambda model: _vectors(model.get_text_features(**inputs)), purpose)
        return _vectors(self._model.get_text_features(**inputs))

    def _forward(self, pixels: torch.Tensor) -> torch.Tensor:
        features = self._model.get_image_features(pixel_values=self._scale(pixels).permute(0, 3, 1, 2))
        return unit_length(_features(features))

    def _pixels(self, prepared: list[Prepared]) -> dict[str, torch.Tensor]:
        batch = torch.from_numpy(np.stack(prepared)).to(self._placement.device, non_blocking=True)
        return {"pixel_values": self._scale(batch).permute(0, 3, 1, 2)}

    def _patches(self, prepared: list[Prepared]) -> dict[str, torch.Tensor]:
        """Cut into patches, rows first, padded to the full number with a mask (SigLIP 2 NaFlex)."""
        side, most = self._steps.patch_size, self._steps.max_patches
        grids = [(picture.shape[0] // side, picture.shape[1] // side) for picture in prepared]
        patches = np.zeros((len(prepared), most, side * side * 3), dtype=np.uint8)
        mask = torch.zeros((len(prepared), most), dtype=torch.int32)
        for number, (picture, (rows, columns)) in enumerate(zip(prepared, grids, strict=True)):
            patches[number, : rows * columns] = _cut(picture, side)
            mask[number, : rows * columns] = 1
        device = self._placement.device
        scaled = self._scale(torch.from_numpy(patches).to(device).view(len(prepared), most, -1, 3)).flatten(2)
        return {
            "pixel_values": scaled,
            "pixel_attention_mask": mask.to(device),
            "spatial_shapes": torch.tensor(grids, device=device),
        }

    def _probe(self, checkpoint: Checkpoint) -> int:
        """Encode one grey picture and one word: learns the dimensions, and finds a broken checkpoint now."""
        side = self.input_size
        grey = Picture(np.full((side, side, 3), 128, dtype=np.uint8), (side, side), "probe")
        try:
            picture, word = self._images([self.prepare(grey)]), self._texts(["picture"])
        except (RuntimeError, ValueError, IndexError, TypeError, AttributeError) as error:
            raise ModelError(
                f"{checkpoint}: a trial picture and word could not be encoded ({error}); its tokenizer, "
                f"preprocessor_config.json and weights do not belong together: download it again"
            ) from error
        if picture.shape != word.shape or not (np.isfinite(picture).all() and np.isfinite(word).all()):
            raise ModelError(
                f"{checkpoint}: pictures give {picture.shape[1]} numbers and words {word.shape[1]}, or not all are "
                f"finite; take a checkpoint whose pictures and words share one space"
            )
        return int(picture.shape[1])


def _cut(picture: Prepared, side: int) -> NDArray[np.uint8]:
    rows, columns = picture.shape[0] // side, picture.shape[1] // side
    grid = picture.reshape(rows, side, columns, side, 3).transpose(0, 2, 1, 3, 4)
    return grid.reshape(rows * columns, side * side * 3)


def _require_joint_model(kind: str, model_class: type, checkpoint: Checkpoint) -> None:
    if kind in _OTHER_USES:
        other = _OTHER_USES[kind]
    elif hasattr(model_class, "get_image_features") and hasattr(model_class, "get_text_features"):
        return
    else:
        other = "does not put pictures and words into one space"
    raise ModelError(
        f"{checkpoint}: a {kind} checkpoint {other}; take a CLIP, SigLIP, SigLIP 2, Chinese-CLIP or AltCLIP checkpoint "
        f"(a sentence model goes to DAMSIGHT_MODELS__CAPTION)"
    )


def _read_tokens(config: Any, checkpoint: Checkpoint, placement: Placement) -> Tokens:
    tokenizer = load_tokenizer(checkpoint, config.text_config.vocab_size)
    return Tokens(
        tokenizer,
        most_tokens(config.text_config, tokenizer, _MOST_TOKENS.get(config.model_type)),
        placement.device,
        full_length=config.model_type in _FULL_LENGTH,
        lower_case=config.model_type in _LOWERED,
    )


def _vectors(features: Any) -> Vectors:
    return normalised(_features(features))


def _features(given: Any) -> torch.Tensor:
    features: torch.Tensor = given if isinstance(given, torch.Tensor) else given.pooler_output
    return features

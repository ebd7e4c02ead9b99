"""Sentences into a space of their own: BERT-like models, pooled and prefixed as they were trained."""

from functools import partial
from typing import Any, Final

import numpy as np
import torch
import transformers

from damsight_encoders.batches import encode_within_memory
from damsight_encoders.checkpoint import Checkpoint
from damsight_encoders.device import Placement
from damsight_encoders.errors import ModelError
from damsight_encoders.few_tokens import few_tokens
from damsight_encoders.ports import TextPurpose, Vectors
from damsight_encoders.pretrained import load_model, load_tokenizer, read_config
from damsight_encoders.scaling import normalised
from damsight_encoders.sentence_recipe import read_recipe
from damsight_encoders.tokens import Tokens, most_tokens
from damsight_schemas.space import Space

_NEEDED: Final = ("max_position_embeddings", "vocab_size", "hidden_size")


class TransformerTextEncoder:
    """Implements TextEncoder.

    Args:
        checkpoint: Of a BERT-like model.
        placement: Where to compute, in what.

    Raises:
        ModelError: The checkpoint is of another kind, not whole, or pooled in a way that is not known.
    """

    def __init__(self, checkpoint: Checkpoint, placement: Placement) -> None:
        config, model_class = read_config(checkpoint)
        _require_sentence_model(config, model_class, checkpoint)
        self._recipe = read_recipe(checkpoint)
        self._placement = placement
        tokenizer = load_tokenizer(checkpoint, config.vocab_size)
        self._tokens = Tokens(tokenizer, most_tokens(config, tokenizer, self._recipe.most_tokens), placement.device)
        self._model = load_model(checkpoint, placement.dtype, placement.device, unused=("pooler.",))
        self._few_tokens = few_tokens(self._model, placement)
        self._space = Space(
            model=checkpoint.name,
            revision=checkpoint.revision,
            dimensions=config.hidden_size,
            modalities=("text",),
        )

    @property
    def space(self) -> Space:
        """The space that the vectors are in."""
        return self._space

    def encode_texts(self, texts: list[str], *, purpose: TextPurpose = "document") -> Vectors:
        """Return one vector a text, in order; a text is cut at the model's limit. Texts of like length go together.

        Raises:
            DeviceError: Not even one text fits in the device's memory.
        """
        prompt = self._recipe.prompts.get(purpose, "")
        order = sorted(range(len(texts)), key=lambda index: len(texts[index]), reverse=True)
        by_length = [prompt + texts[index] for index in order]
        encoded = encode_within_memory(
            partial(self._encode, purpose=purpose), by_length, self._space.dimensions, self._placement
        )
        vectors = np.empty_like(encoded)
        vectors[order] = encoded
        return vectors

    @torch.inference_mode()
    def _encode(self, texts: list[str], *, purpose: TextPurpose) -> Vectors:
        inputs = self._tokens(texts)
        if self._few_tokens is not None and self._few_tokens.takes(inputs["input_ids"], purpose):
            return self._few_tokens.compute(lambda model: self._vectors(model, inputs), purpose)
        return self._vectors(self._model, inputs)

    def _vectors(self, model: Any, inputs: dict[str, torch.Tensor]) -> Vectors:
        hidden = model(**inputs).last_hidden_state
        return normalised(_mean(hidden, inputs["attention_mask"]) if self._recipe.pooling == "mean" else hidden[:, 0])


def _require_sentence_model(config: Any, model_class: type, checkpoint: Checkpoint) -> None:
    if hasattr(model_class, "get_image_features"):
        raise ModelError(
            f"{checkpoint}: a {config.model_type} checkpoint encodes pictures too; give it as DAMSIGHT_MODELS__JOINT, "
            f"and a sentence model (BERT-like) here"
        )
    continues_text = type(config) in transformers.MODEL_FOR_CAUSAL_LM_MAPPING
    fills_gaps = type(config) in transformers.MODEL_FOR_MASKED_LM_MAPPING
    encodes = not getattr(config, "is_encoder_decoder", False) and (fills_gaps or not continues_text)
    if not encodes or not all(hasattr(config, name) for name in _NEEDED):
        raise ModelError(
            f"{checkpoint}: a {config.model_type} checkpoint is no sentence encoder; take a BERT-like sentence model"
        )


def _mean(tokens: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    weights = mask.unsqueeze(-1).float()
    return (tokens.float() * weights).sum(dim=1) / weights.sum(dim=1).clamp(min=1e-9)

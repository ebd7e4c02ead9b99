"""Sentences into a space of their own: BERT-like models, pooled as sentence-transformers' files say."""

import threading
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import torch

from damsight_encoders.checkpoint import Checkpoint
from damsight_encoders.device import Placement, encode_within_memory
from damsight_encoders.errors import ModelError
from damsight_encoders.ports import TextPurpose, Vectors
from damsight_encoders.pretrained import load_model, load_tokenizer, read_config
from damsight_schemas.space import Space

_NEEDED: Final = ("max_position_embeddings", "vocab_size", "hidden_size")
Pooling = Literal["mean", "cls"]
_POOLINGS: Final[dict[str, Pooling]] = {"pooling_mode_mean_tokens": "mean", "pooling_mode_cls_token": "cls"}
_PROMPT_NAMES: Final[dict[TextPurpose, tuple[str, ...]]] = {
    "query": ("query",),
    "document": ("document", "passage"),
}
_COUNT_AFTER_PADDING: Final = ("roberta", "xlm-roberta", "xlm-roberta-xl", "camembert", "mpnet", "data2vec-text")
_KNOWN_MODULES: Final = ("Transformer", "Pooling", "Normalize")


@dataclass(frozen=True)
class SentenceRecipe:
    """How sentence-transformers turns token vectors into one.

    Attributes:
        pooling: The mean over the tokens that are not padding, or the first token's vector.
        most_tokens: Longer texts are cut here; None where only the model's own limit holds.
        prompts: What is put before a text, by purpose.
    """

    pooling: Pooling
    most_tokens: int | None
    prompts: dict[TextPurpose, str]


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
        self._tokenizer = load_tokenizer(checkpoint, config.vocab_size)
        self._tokenizing = threading.Lock()
        self._length = min(_positions(config), self._tokenizer.model_max_length, self._recipe.most_tokens or 1 << 30)
        self._model = load_model(checkpoint, placement.dtype, placement.device, unused=("pooler.",))
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
        encoded = encode_within_memory(self._encode, by_length, self._space.dimensions, self._placement.batch)
        vectors = np.empty_like(encoded)
        vectors[order] = encoded
        return vectors

    @torch.inference_mode()
    def _encode(self, texts: list[str]) -> Vectors:
        # The tokenizer keeps its padding as state, so two threads must not meet in it.
        with self._tokenizing:
            inputs = self._tokenizer(texts, padding=True, truncation=True, max_length=self._length, return_tensors="pt")
        on_device = {name: tensor.to(self._placement.device) for name, tensor in inputs.items()}
        tokens = self._model(**on_device).last_hidden_state
        pooled = _mean(tokens, on_device["attention_mask"]) if self._recipe.pooling == "mean" else tokens[:, 0].float()
        vectors: Vectors = torch.nn.functional.normalize(pooled, dim=-1).cpu().numpy()
        return vectors


def read_recipe(checkpoint: Checkpoint) -> SentenceRecipe:
    """Read sentence-transformers' files where there are any; without them: mean pooling, no prompts.

    Raises:
        ModelError: The files ask for a step that is not one of transformer, mean or CLS pooling, normalise.
    """
    modules = checkpoint.read_json("modules.json") or []
    folders = {str(module.get("type", "")).rpartition(".")[2]: str(module.get("path", "")) for module in modules}
    others = [kind for kind in folders if kind not in _KNOWN_MODULES]
    if others:
        raise ModelError(
            f"{checkpoint}: modules.json asks for {', '.join(others)}, which damsight does not compute; "
            f"take a sentence model of transformer, pooling and normalise alone"
        )
    pooling = checkpoint.read_json(f"{folders['Pooling']}/config.json") if "Pooling" in folders else None
    limits = checkpoint.read_json("sentence_bert_config.json") or {}
    names = (checkpoint.read_json("config_sentence_transformers.json") or {}).get("prompts") or {}
    prompts: dict[TextPurpose, str] = {
        purpose: str(names[name])
        for purpose, candidates in _PROMPT_NAMES.items()
        for name in reversed(candidates)
        if names.get(name)
    }
    return SentenceRecipe(_pooling(pooling or {}, checkpoint), limits.get("max_seq_length"), prompts)


def _pooling(config: dict[str, Any], checkpoint: Checkpoint) -> Pooling:
    chosen = [name for name, on in config.items() if name.startswith("pooling_mode_") and on is True]
    if isinstance(config.get("pooling_mode"), str):
        chosen = [config["pooling_mode"]]
    known = [_POOLINGS.get(name, name) for name in chosen] or ["mean"]
    for pooling in ("mean", "cls"):
        if known == [pooling]:
            return pooling
    raise ModelError(f"{checkpoint}: it is pooled by {', '.join(known)}; take a sentence model pooled by mean or cls")


def _require_sentence_model(config: Any, model_class: type, checkpoint: Checkpoint) -> None:
    if hasattr(model_class, "get_image_features"):
        raise ModelError(
            f"{checkpoint}: a {config.model_type} checkpoint encodes pictures too; give it as DAMSIGHT_MODELS__JOINT, "
            f"and a sentence model (BERT-like) here"
        )
    if getattr(config, "is_encoder_decoder", False) or not all(hasattr(config, name) for name in _NEEDED):
        raise ModelError(
            f"{checkpoint}: a {config.model_type} checkpoint is no sentence encoder; take a BERT-like sentence model"
        )


def _positions(config: Any) -> int:
    """How many tokens have a position: RoBERTa's kin begin to count after the padding's own index."""
    offset = config.pad_token_id + 1 if config.model_type in _COUNT_AFTER_PADDING else 0
    return int(config.max_position_embeddings) - offset


def _mean(tokens: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    weights = mask.unsqueeze(-1).float()
    return (tokens.float() * weights).sum(dim=1) / weights.sum(dim=1).clamp(min=1e-9)

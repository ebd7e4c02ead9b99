"""Texts to the token tensors that a model takes, cut and padded as it was trained."""

import threading
from typing import Any, Final

import torch

_COUNT_AFTER_PADDING: Final = (
    "roberta",
    "xlm-roberta",
    "xlm-roberta-xl",
    "camembert",
    "mpnet",
    "data2vec-text",
    "altclip_text_model",
    "clap_text_model",
)
_NO_LIMIT: Final = 1 << 30


class Tokens:
    """Tokenizes a batch. Any thread.

    Args:
        tokenizer: The checkpoint's own.
        length: Tokens at most, those of beginning and end included; longer texts are cut.
        device: Where the tensors go.
        full_length: Pad every text to ``length``, and not only to the batch's longest.
        lower_case: Lower the texts first.
    """

    def __init__(
        self,
        tokenizer: Any,
        length: int,
        device: torch.device,
        *,
        full_length: bool = False,
        lower_case: bool = False,
    ) -> None:
        self._tokenizer = tokenizer
        self._length = length
        self._device = device
        self._padding: str | bool = "max_length" if full_length else True
        self._lower_case = lower_case
        self._tokenizing = threading.Lock()

    def __call__(self, texts: list[str]) -> dict[str, torch.Tensor]:
        """Return (n, tokens) tensors by the names of the model's arguments, on the device."""
        given = [text.lower() for text in texts] if self._lower_case else texts
        # The tokenizer keeps its padding as state, so two threads must not meet in it.
        with self._tokenizing:
            inputs = self._tokenizer(
                given, padding=self._padding, truncation=True, max_length=self._length, return_tensors="pt"
            )
        return {name: tensor.to(self._device) for name, tensor in inputs.items()}


def most_tokens(config: Any, tokenizer: Any, limit: int | None = None) -> int:
    """Return how many tokens a model takes.

    Args:
        config: Of the model's text part.
        tokenizer: The checkpoint's own; it may name a limit.
        limit: That it was trained with, where it is less.
    """
    positions = getattr(config, "max_position_embeddings", None) or _NO_LIMIT
    # RoBERTa's kin begin to count positions after the padding's own index.
    if config.model_type in _COUNT_AFTER_PADDING:
        positions -= config.pad_token_id + 1
    return int(min(positions, tokenizer.model_max_length, limit or _NO_LIMIT))

"""Tiny multilingual sentence checkpoints with random weights, in the real format."""

from pathlib import Path
from typing import Any

import transformers

from fakes.checkpoints import TEXT, save_checkpoint, sentence_files


def make_xlm_roberta(folder: Path, *, pooling: str | None = None, prompts: dict[str, str] | None = None) -> Path:
    """An XLM-RoBERTa, as multilingual E5 and BGE-M3 are: 18 tokens, counted after the padding's own index."""
    tokenizer = unigram_tokenizer(18)
    config = transformers.XLMRobertaConfig(
        **{**TEXT, "num_hidden_layers": 1},
        vocab_size=len(tokenizer),
        max_position_embeddings=20,
        type_vocab_size=1,
        bos_token_id=0,
        pad_token_id=1,
        eos_token_id=2,
    )
    save_checkpoint(folder, transformers.XLMRobertaModel, config, None, tokenizer)
    if pooling is not None:
        sentence_files(folder, pooling, prompts or {})
    return folder


def unigram_tokenizer(length: int) -> Any:
    """XLM-RoBERTa's kind of tokenizer, of letters of several scripts and some pieces of words."""
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    letters = [chr(code) for code in range(33, 127)] + list("äöüßéè日本語写真中文狗在雪地里собакняегу")
    pieces = ["▁", "▁a", "▁the", "ing", "er", "en", "▁query", "▁passage", ":"]
    units = list(dict.fromkeys([*special, *pieces, *letters, "<mask>"]))
    vocabulary = [(unit, 0.0 if unit in special else -1.0 - number / 50) for number, unit in enumerate(units)]
    return transformers.XLMRobertaTokenizer(vocab=vocabulary, model_max_length=length)

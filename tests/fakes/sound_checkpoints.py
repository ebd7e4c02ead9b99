"""Tiny CLAP checkpoints with random weights, in the real format."""

from pathlib import Path
from typing import Any

import transformers
from tokenizers.pre_tokenizers import ByteLevel

from fakes.checkpoints import save_checkpoint

RATE = 8000
WINDOW_S = 1


def make_clap(folder: Path, *, fused: bool = False, padding: str = "repeatpad") -> Path:
    """CLAP that hears one second at 8 kHz in 64 mel bands; ``fused`` takes longer sounds whole."""
    tokenizer = _roberta_tokenizer()
    config = transformers.ClapConfig(
        text_config={
            "vocab_size": len(tokenizer),
            "hidden_size": 32,
            "intermediate_size": 32,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "max_position_embeddings": 102,
            "projection_dim": 16,
        },
        audio_config={
            "spec_size": 128,
            "num_mel_bins": 64,
            "window_size": 4,
            "depths": [1, 1],
            "num_attention_heads": [2, 2],
            "num_hidden_layers": 2,
            "patch_embeds_hidden_size": 16,
            "hidden_size": 32,
            "projection_dim": 16,
            "enable_fusion": fused,
            "fusion_type": "aff_2d" if fused else None,
        },
        projection_dim=16,
    )
    extractor = transformers.ClapFeatureExtractor(
        feature_size=64,
        sampling_rate=RATE,
        hop_length=80,
        max_length_s=WINDOW_S,
        fft_window_size=256,
        frequency_min=50,
        frequency_max=3900,
        truncation="fusion" if fused else "rand_trunc",
        padding=padding,
    )
    return save_checkpoint(folder, transformers.ClapModel, config, extractor, tokenizer)


def _roberta_tokenizer() -> Any:
    pairs = [("t", "h"), ("i", "n"), ("th", "e")]
    units = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", *sorted(ByteLevel.alphabet()), "th", "in", "the"]
    return transformers.RobertaTokenizer(
        vocab={unit: number for number, unit in enumerate(units)}, merges=pairs, model_max_length=512
    )

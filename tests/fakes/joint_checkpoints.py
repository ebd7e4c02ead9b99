"""Tiny checkpoints of more families that put pictures and words together, with random weights, in the real format."""

from pathlib import Path
from typing import Any

import transformers

from fakes.checkpoints import TEXT, VISION, save_checkpoint
from fakes.sentence_checkpoints import unigram_tokenizer

_SMALL_TEXT = {**TEXT, "num_hidden_layers": 1}
_SMALL_VISION = {**VISION, "num_hidden_layers": 1, "image_size": 32, "patch_size": 8}
_SIDE = {"height": 32, "width": 32}


def make_chinese_clip(folder: Path) -> Path:
    """Chinese-CLIP: a BERT of Chinese characters beside CLIP's eye; pictures are squeezed, not cropped."""
    tokenizer = _bert_tokenizer()
    config = transformers.ChineseCLIPConfig(
        text_config={**_SMALL_TEXT, "vocab_size": len(tokenizer), "max_position_embeddings": 80},
        vision_config=_SMALL_VISION,
        projection_dim=24,
    )
    processor = transformers.ChineseCLIPImageProcessor(size=_SIDE, do_center_crop=False)
    return save_checkpoint(folder, transformers.ChineseCLIPModel, config, processor, tokenizer)


def make_altclip(folder: Path) -> Path:
    """AltCLIP: an XLM-RoBERTa that was taught CLIP's words."""
    tokenizer = unigram_tokenizer(512)
    config = transformers.AltCLIPConfig(
        text_config={
            **_SMALL_TEXT,
            "vocab_size": len(tokenizer),
            "max_position_embeddings": 82,
            "project_dim": 24,
        },
        vision_config={**_SMALL_VISION, "projection_dim": 24},
        projection_dim=24,
    )
    return save_checkpoint(folder, transformers.AltCLIPModel, config, _clip_processor(), tokenizer)


def make_metaclip2(folder: Path) -> Path:
    """MetaCLIP 2 worldwide: CLIP with XLM-V's tokenizer; the answer is read where the text ends."""
    tokenizer = unigram_tokenizer(512)
    config = transformers.MetaClip2Config(
        text_config={
            **_SMALL_TEXT,
            "vocab_size": len(tokenizer),
            "max_position_embeddings": 20,
            "bos_token_id": 0,
            "pad_token_id": 1,
            "eos_token_id": 2,
        },
        vision_config=_SMALL_VISION,
        projection_dim=24,
    )
    return save_checkpoint(folder, transformers.MetaClip2Model, config, _clip_processor(), tokenizer)


def make_align(folder: Path) -> Path:
    """ALIGN: a BERT beside an EfficientNet, whose processor takes 1 off what it rescaled."""
    tokenizer = _bert_tokenizer()
    config = transformers.AlignConfig(
        text_config={**_SMALL_TEXT, "vocab_size": len(tokenizer), "max_position_embeddings": 80},
        vision_config={
            "image_size": 32,
            "width_coefficient": 1.0,
            "depth_coefficient": 1.0,
            "kernel_sizes": [3],
            "in_channels": [32],
            "out_channels": [24],
            "strides": [2],
            "num_block_repeats": [1],
            "expand_ratios": [2],
            "hidden_dim": 24,
        },
        projection_dim=24,
    )
    processor = transformers.EfficientNetImageProcessor(
        size={"height": 40, "width": 40},
        crop_size=_SIDE,
        do_center_crop=True,
        rescale_factor=1 / 127.5,
        rescale_offset=True,
        do_normalize=False,
        include_top=False,
        resample=2,
    )
    return save_checkpoint(folder, transformers.AlignModel, config, processor, tokenizer)


def make_vision_text(folder: Path) -> Path:
    """A ViT and a BERT that were tied together afterwards, as CLIP-Italian was; EfficientNet's way of scaling."""
    tokenizer = _bert_tokenizer()
    config = transformers.VisionTextDualEncoderConfig(
        vision_config={"model_type": "vit", **_SMALL_VISION},
        text_config={
            "model_type": "bert",
            **_SMALL_TEXT,
            "vocab_size": len(tokenizer),
            "max_position_embeddings": 20,
        },
        projection_dim=24,
    )
    processor = transformers.EfficientNetImageProcessor(size=_SIDE, include_top=True)
    return save_checkpoint(folder, transformers.VisionTextDualEncoderModel, config, processor, tokenizer)


FAMILIES = {
    "chinese-clip": make_chinese_clip,
    "altclip": make_altclip,
    "metaclip-2": make_metaclip2,
    "align": make_align,
    "vision-text-dual-encoder": make_vision_text,
}


def _clip_processor() -> Any:
    return transformers.CLIPImageProcessor(size={"shortest_edge": 32}, crop_size=_SIDE)


def _bert_tokenizer() -> Any:
    letters = [mark + chr(code) for code in range(ord("a"), ord("z") + 1) for mark in ("", "##")]
    characters = [*"0123456789,;", *"日本語写真中文一只狗在雪地里红色的狐狸"]
    words = ["the", "dog", "snow", "fox", "ships", "and", "cranes"]
    units = dict.fromkeys(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *characters, *words])
    return transformers.BertTokenizer(vocab={unit: number for number, unit in enumerate(units)}, model_max_length=512)

"""Tiny checkpoints with random weights, in the real formats: what save_pretrained writes, with tokenizers that work."""

import io
import json
from pathlib import Path
from typing import Any

import sentencepiece
import torch
import transformers
from tokenizers.pre_tokenizers import ByteLevel

CORPUS = [
    "a photograph of a red fox in the snow",
    "two dogs run along the beach at sunset",
    "the minister opens a new railway bridge",
    "a bowl of oranges and lemons on a wooden table",
    "children play football in the street, summer 1974",
    "aerial view of a harbour with cranes and container ships",
    "portrait of a woman with a blue hat; studio light",
    "ein Hund im Schnee, une femme au chapeau bleu",
] * 8
VISION = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
TEXT = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}


def make_clip(folder: Path) -> Path:
    """CLIP at 32 pixels (patch 8): shortest edge, then centre crop; byte-level BPE."""
    tokenizer = _clip_tokenizer()
    config = transformers.CLIPConfig(
        text_config={
            **TEXT,
            "vocab_size": len(tokenizer),
            "max_position_embeddings": 24,
            "bos_token_id": tokenizer.bos_token_id,
            "eos_token_id": tokenizer.eos_token_id,
            "pad_token_id": tokenizer.pad_token_id,
        },
        vision_config={**VISION, "image_size": 32, "patch_size": 8},
        projection_dim=24,
    )
    processor = transformers.CLIPImageProcessor(
        size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}, do_center_crop=True
    )
    return save_checkpoint(folder, transformers.CLIPModel, config, processor, tokenizer)


def make_siglip(folder: Path) -> Path:
    """SigLIP at 32 pixels (patch 8): resized whatever the shape; SentencePiece."""
    tokenizer = _sentencepiece_tokenizer(folder)
    config = _siglip_config(transformers.SiglipConfig, tokenizer, {"image_size": 32})
    processor = transformers.SiglipImageProcessor(size={"height": 32, "width": 32})
    return save_checkpoint(folder, transformers.SiglipModel, config, processor, tokenizer)


def make_siglip2(folder: Path) -> Path:
    """SigLIP 2 of fixed resolution: a SigLIP model with Gemma's kind of tokenizer."""
    tokenizer = _gemma_tokenizer(transformers.GemmaTokenizer)
    config = _siglip_config(transformers.SiglipConfig, tokenizer, {"image_size": 32})
    processor = transformers.SiglipImageProcessor(size={"height": 32, "width": 32}, resample=2)
    return save_checkpoint(folder, transformers.SiglipModel, config, processor, tokenizer)


def make_siglip2_naflex(folder: Path) -> Path:
    """SigLIP 2 NaFlex: any shape, at most 25 patches of 8 pixels."""
    tokenizer = _gemma_tokenizer(transformers.Siglip2Tokenizer)
    config = _siglip_config(transformers.Siglip2Config, tokenizer, {"num_patches": 25})
    processor = transformers.Siglip2ImageProcessor(patch_size=8, max_num_patches=25)
    return save_checkpoint(folder, transformers.Siglip2Model, config, processor, tokenizer)


def make_bert(folder: Path, *, pooling: str | None = None, prompts: dict[str, str] | None = None) -> Path:
    """A BERT; with ``pooling`` ("mean" or "cls") also the files of sentence-transformers."""
    words = sorted({word.strip(",;") for line in CORPUS for word in line.lower().split()})
    letters = [mark + chr(code) for code in range(ord("a"), ord("z") + 1) for mark in ("", "##")]
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(word for word in words if len(word) > 1)]
    tokenizer = transformers.BertTokenizer(
        vocab={word: number for number, word in enumerate(vocabulary)}, model_max_length=16
    )
    config = transformers.BertConfig(**TEXT, vocab_size=len(tokenizer), max_position_embeddings=20)
    save_checkpoint(folder, transformers.BertModel, config, None, tokenizer)
    if pooling is not None:
        sentence_files(folder, pooling, prompts or {})
    return folder


MAKERS = {
    "clip": make_clip,
    "siglip": make_siglip,
    "siglip2": make_siglip2,
    "siglip2-naflex": make_siglip2_naflex,
}


def save_checkpoint(folder: Path, model_class: Any, config: Any, processor: Any, tokenizer: Any) -> Path:
    """Save a model of random weights with what goes with it, as save_pretrained writes them."""
    folder.mkdir(parents=True, exist_ok=True)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(20261121)
        model = model_class(config)
        for name, parameter in model.named_parameters():
            _randomise(name, parameter)
    transformers.logging.disable_progress_bar()
    model.save_pretrained(folder)
    if processor is not None:
        processor.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _randomise(name: str, parameter: torch.Tensor) -> None:
    """Weights under which every input matters: with a checkpoint's usual beginnings all vectors would be nearly one."""
    if parameter.ndim > 1 and "embedding" not in name:
        torch.nn.init.normal_(parameter, std=2 / parameter[0].numel() ** 0.5)
    elif "norm" in name.lower() and name.endswith("weight"):
        torch.nn.init.normal_(parameter, mean=1.0, std=0.2)
    else:
        torch.nn.init.normal_(parameter, std=0.5)


def _siglip_config(config_class: Any, tokenizer: Any, vision: dict[str, int]) -> Any:
    return config_class(
        text_config={
            **TEXT,
            "vocab_size": len(tokenizer),
            "max_position_embeddings": 64,
            "projection_size": 32,
            "bos_token_id": 1,
            "eos_token_id": 1,
            "pad_token_id": tokenizer.pad_token_id,
        },
        vision_config={**VISION, "patch_size": 8, **vision},
    )


def _clip_tokenizer() -> Any:
    letters = sorted(ByteLevel.alphabet())
    pairs = [("t", "h"), ("i", "n"), ("a", "n"), ("o", "n</w>"), ("th", "e</w>"), ("o", "f</w>"), ("s", "t")]
    units = [*letters, *(letter + "</w>" for letter in letters), *("".join(pair) for pair in pairs)]
    units += ["<|startoftext|>", "<|endoftext|>"]
    return transformers.CLIPTokenizer(
        vocab={unit: number for number, unit in enumerate(units)}, merges=pairs, model_max_length=24
    )


def _sentencepiece_tokenizer(folder: Path) -> Any:
    folder.mkdir(parents=True, exist_ok=True)
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(line.lower() for line in CORPUS),
        model_writer=model,
        vocab_size=160,
        bos_id=-1,
        eos_id=1,
        unk_id=2,
        pad_id=0,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    file = folder / "spiece.model"
    file.write_bytes(model.getvalue())
    return transformers.SiglipTokenizer(str(file), model_max_length=64, model_input_names=["input_ids"])


def _gemma_tokenizer(tokenizer_class: Any) -> Any:
    special = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"]
    byte_pieces = [f"<0x{number:02X}>" for number in range(256)]
    letters = [chr(code) for code in range(33, 127)]
    pairs = [("t", "h"), ("th", "e"), ("▁", "a"), ("i", "n"), ("o", "n")]
    units = [*special, *byte_pieces, "▁", *letters, *("".join(pair) for pair in pairs)]
    return tokenizer_class(
        vocab={unit: number for number, unit in enumerate(units)},
        merges=pairs,
        model_max_length=64,
        model_input_names=["input_ids"],
        padding_side="right",
        add_bos_token=False,
        add_eos_token=True,
    )


def sentence_files(folder: Path, pooling: str, prompts: dict[str, str]) -> None:
    """Write the files that sentence-transformers puts beside a model."""
    modules = [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
        {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"},
    ]
    modes = {"pooling_mode_cls_token": pooling == "cls", "pooling_mode_mean_tokens": pooling == "mean"}
    (folder / "1_Pooling").mkdir(exist_ok=True)
    _write(folder / "1_Pooling" / "config.json", {"word_embedding_dimension": TEXT["hidden_size"], **modes})
    _write(folder / "modules.json", modules)
    _write(folder / "config_sentence_transformers.json", {"prompts": prompts})


def _write(file: Path, value: object) -> None:
    file.write_text(json.dumps(value), encoding="utf-8")

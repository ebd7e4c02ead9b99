"""The starter's shape: transformers' own CLIPModel, small, with a tokenizer trained on the lessons."""

from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import CLIPConfig, CLIPImageProcessorPil, CLIPModel, PreTrainedTokenizerFast

SIDE = 64
DIMENSIONS = 192
LONGEST_TEXT = 32
_VOCABULARY = 8000
_PAD, _UNKNOWN, _BEGIN, _END = "<pad>", "<unk>", "<bos>", "<eos>"


def train_tokenizer(texts: list[str]) -> PreTrainedTokenizerFast:
    """A lower-casing unigram tokenizer over the lessons' texts; <eos> is where CLIP reads a text's vector."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=_VOCABULARY,
        special_tokens=[_PAD, _UNKNOWN, _BEGIN, _END],
        unk_token=_UNKNOWN,
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    ends = [(name, tokenizer.token_to_id(name)) for name in (_BEGIN, _END)]
    tokenizer.post_processor = processors.TemplateProcessing(single=f"{_BEGIN} $A {_END}", special_tokens=ends)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=LONGEST_TEXT,
        pad_token=_PAD,
        unk_token=_UNKNOWN,
        bos_token=_BEGIN,
        eos_token=_END,
    )


def build_model(tokenizer: PreTrainedTokenizerFast) -> CLIPModel:
    """A CLIPModel with random weights: 64 pixels in patches of 16, 4 layers; text 2 layers; 192 dimensions."""
    tower = {
        "hidden_size": DIMENSIONS,
        "intermediate_size": 4 * DIMENSIONS,
        "num_attention_heads": 3,
        "hidden_act": "gelu",
        "projection_dim": DIMENSIONS,
    }
    text = {
        **tower,
        "num_hidden_layers": 2,
        "vocab_size": len(tokenizer),
        "max_position_embeddings": LONGEST_TEXT,
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
    }
    vision = {**tower, "num_hidden_layers": 4, "image_size": SIDE, "patch_size": 16}
    return CLIPModel(CLIPConfig(text_config=text, vision_config=vision, projection_dim=DIMENSIONS))


def image_processor() -> CLIPImageProcessorPil:
    """Shortest edge to 64, centre crop, values in [-1, 1]."""
    return CLIPImageProcessorPil(
        size={"shortest_edge": SIDE},
        crop_size={"height": SIDE, "width": SIDE},
        image_mean=[0.5, 0.5, 0.5],
        image_std=[0.5, 0.5, 0.5],
    )


def save_checkpoint(
    folder: Path, model: CLIPModel, tokenizer: PreTrainedTokenizerFast, weights: dict[str, torch.Tensor]
) -> None:
    """Write what from_pretrained reads. Weights are stored as float16; config.json names float32, so they load so."""
    folder.mkdir(parents=True, exist_ok=True)
    model.config.architectures = ["CLIPModel"]
    model.config.dtype = torch.float32
    model.config.save_pretrained(folder)
    stored = {name: value.detach().to(torch.float16).contiguous() for name, value in weights.items()}
    save_file(stored, folder / "model.safetensors", metadata={"format": "pt"})
    tokenizer.save_pretrained(folder)
    image_processor().save_pretrained(folder)

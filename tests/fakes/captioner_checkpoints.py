"""Tiny checkpoints with random weights of models that write captions, in the real formats, tokenizers included."""

from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers.pre_tokenizers import ByteLevel

_CHAT = (
    "<|im_start|>{% for message in messages %}{{ message['role'] | capitalize }}:"
    "{% for part in message['content'] %}{% if part['type'] == 'image' %}<image>{% else %}{{ part['text'] }}{% endif %}"
    "{% endfor %}<end_of_utterance>\n{% endfor %}{% if add_generation_prompt %}Assistant:{% endif %}"
)
_CHAT_TOKENS = {
    "fake_image_token": "<fake_token_around_image>",
    "image_token": "<image>",
    "end_of_utterance_token": "<end_of_utterance>",
    "global_image_token": "<global-img>",
}
_CHAT_ENDS = {
    "bos_token": "<|im_start|>",
    "eos_token": "<end_of_utterance>",
    "pad_token": "<|endoftext|>",
    "unk_token": "<|endoftext|>",
}
_LAYERS = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 4}
_WORDS = ["a", "the", "red", "fox", "dog", "snow", "on", "in", "bridge", "two", "of", "picture", "blue", "sea", "hat"]
_SIDE = 32


def make_blip(folder: Path) -> Path:
    """BLIP at 32 pixels: a picture into a BERT that attends to it (Li et al. 2022, arXiv:2201.12086)."""
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[DEC]"]
    words = [*special, *_WORDS]
    tokenizer = transformers.BertTokenizer(
        vocab={word: number for number, word in enumerate(words)},
        additional_special_tokens=["[DEC]"],
        model_max_length=32,
    )
    config = transformers.BlipConfig(
        text_config={
            **_LAYERS,
            "encoder_hidden_size": 32,
            "projection_dim": 32,
            "vocab_size": len(tokenizer),
            "max_position_embeddings": 96,
            "bos_token_id": 5,
            "eos_token_id": 2,
            "sep_token_id": 3,
            "pad_token_id": 0,
        },
        vision_config={**_LAYERS, "image_size": _SIDE, "patch_size": 8, "projection_dim": 32},
        projection_dim=32,
    )
    images = transformers.BlipImageProcessor(size={"height": _SIDE, "width": _SIDE})
    processor = transformers.BlipProcessor(images, tokenizer)
    return _save(folder, transformers.BlipForConditionalGeneration, config, processor)


def make_florence2(folder: Path) -> Path:
    """Florence-2 at 64 pixels: DaViT and BART, asked by a task (Xiao et al. 2023, arXiv:2311.06242)."""
    units = ["<s>", "<pad>", "</s>", "<unk>", *_byte_units()]
    tokenizer = transformers.BartTokenizer(
        vocab={unit: number for number, unit in enumerate(units)},
        merges=[],
        model_max_length=128,
        extra_special_tokens={"image_token": "<image>"},
    )
    config = transformers.Florence2Config(
        text_config={
            "model_type": "bart",
            "d_model": 32,
            "encoder_layers": 1,
            "decoder_layers": 1,
            "encoder_attention_heads": 2,
            "decoder_attention_heads": 2,
            "encoder_ffn_dim": 32,
            "decoder_ffn_dim": 32,
            "max_position_embeddings": 128,
            "vocab_size": len(tokenizer),
            "bos_token_id": 0,
            "pad_token_id": 1,
            "eos_token_id": 2,
            "decoder_start_token_id": 2,
            "forced_eos_token_id": 2,
        },
        vision_config={
            "embed_dim": (8, 8, 8, 8),
            "depths": (1, 1, 1, 1),
            "num_heads": (1, 1, 1, 1),
            "num_groups": (1, 1, 1, 1),
            "window_size": 4,
            "projection_dim": 32,
            "max_position_embeddings": 8,
            "max_temporal_embeddings": 4,
        },
        image_token_id=tokenizer.image_token_id,
    )
    images = transformers.CLIPImageProcessor(size={"height": 64, "width": 64}, do_center_crop=False)
    # (64 / 32) squared patches, and their mean: image_seq_length as the published checkpoints have it.
    images.image_seq_length = 5
    processor = transformers.Florence2Processor(images, tokenizer, post_processor_config={"pure_text": {}})
    return _save(folder, transformers.Florence2ForConditionalGeneration, config, processor)


def make_idefics3(folder: Path) -> Path:
    """Idefics3, which the first SmolVLM is too: SigLIP and a Llama that chats (Laurençon et al., arXiv:2408.12637)."""
    tokenizer = _chat_tokenizer()
    config = transformers.Idefics3Config(**_chat_config(tokenizer))
    processor = transformers.Idefics3Processor(
        transformers.Idefics3ImageProcessor(**_IMAGES), tokenizer, image_seq_len=4, chat_template=_CHAT
    )
    return _save(folder, transformers.Idefics3ForConditionalGeneration, config, processor)


def make_smolvlm(folder: Path) -> Path:
    """SmolVLM2: Idefics3 that also takes videos (Marafioti et al. 2025, arXiv:2504.05299)."""
    tokenizer = _chat_tokenizer()
    config = transformers.SmolVLMConfig(**_chat_config(tokenizer))
    processor = transformers.SmolVLMProcessor(
        transformers.SmolVLMImageProcessor(**_IMAGES),
        tokenizer,
        transformers.SmolVLMVideoProcessor(),
        image_seq_len=4,
        chat_template=_CHAT,
    )
    return _save(folder, transformers.SmolVLMForConditionalGeneration, config, processor)


_IMAGES: dict[str, Any] = {"size": {"longest_edge": 2 * _SIDE}, "max_image_size": {"longest_edge": _SIDE}}


def _chat_tokenizer() -> Any:
    units = ["<|endoftext|>", "<|im_start|>", *_CHAT_TOKENS.values(), *_byte_units()]
    return transformers.GPT2Tokenizer(
        vocab={unit: number for number, unit in enumerate(units)},
        merges=[],
        **_CHAT_ENDS,
        extra_special_tokens=_CHAT_TOKENS,
        model_max_length=512,
        padding_side="right",
    )


def _chat_config(tokenizer: Any) -> dict[str, Any]:
    return {
        "text_config": {
            "model_type": "llama",
            **_LAYERS,
            "vocab_size": len(tokenizer),
            "max_position_embeddings": 512,
            "pad_token_id": tokenizer.pad_token_id,
            "bos_token_id": tokenizer.bos_token_id,
            "eos_token_id": tokenizer.eos_token_id,
        },
        "vision_config": {**_LAYERS, "image_size": _SIDE, "patch_size": 8},
        "scale_factor": 2,
        "image_token_id": tokenizer.convert_tokens_to_ids("<image>"),
    }


def _byte_units() -> list[str]:
    return sorted(ByteLevel.alphabet())


def _save(folder: Path, model_class: Any, config: Any, processor: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(20261121)
        model = model_class(config)
        # Large weights, so that what is seen changes what is said.
        for name, parameter in model.named_parameters():
            mean = 1.0 if "norm" in name.lower() and name.endswith("weight") else 0.0
            torch.nn.init.normal_(parameter, mean=mean, std=0.2 if parameter.ndim == 1 else 0.5)
    transformers.logging.disable_progress_bar()
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


MAKERS = {"blip": make_blip, "florence2": make_florence2, "idefics3": make_idefics3}
"""SmolVLM2's processor needs the package num2words besides."""

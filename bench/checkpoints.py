"""Checkpoints of published shapes with random weights, made once into the user's cache: speed does not need more."""

import json
import shutil
from pathlib import Path

import torch
import transformers
from platformdirs import user_cache_path

from damsight_cli.demonstration.samples import find_samples

# Vision tower by the papers: Radford et al. 2021 (CLIP); Zhai et al. 2023, Alabdulmohsin et al. 2023 (SO400M).
_VISION = {
    "ViT-B-32": {"patch_size": 32, "image_size": 224, "hidden_size": 768, "intermediate_size": 3072,
                 "num_hidden_layers": 12, "num_attention_heads": 12},
    "ViT-B-16": {"patch_size": 16, "image_size": 224, "hidden_size": 768, "intermediate_size": 3072,
                 "num_hidden_layers": 12, "num_attention_heads": 12},
    "SO400M-14-384": {"patch_size": 14, "image_size": 384, "hidden_size": 1152, "intermediate_size": 4304,
                      "num_hidden_layers": 27, "num_attention_heads": 16},
}  # fmt: skip
_TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt", "special_tokens_map.json")


def random_checkpoint(name: str) -> Path:
    """Return the folder of a CLIP checkpoint of that vision tower and a small text tower, in the hub's format."""
    folder = user_cache_path("damsight") / "bench" / name
    if (folder / "complete").exists():
        return folder
    starter = find_samples().starter
    text = transformers.AutoConfig.from_pretrained(starter).text_config.to_dict()
    vision = _VISION[name]
    config = transformers.CLIPConfig(text_config=text, vision_config=vision, projection_dim=512)
    torch.manual_seed(1)
    transformers.CLIPModel(config).save_pretrained(folder, safe_serialization=True)
    side = vision["image_size"]
    transformers.CLIPImageProcessor(
        size={"shortest_edge": side}, crop_size={"height": side, "width": side}
    ).save_pretrained(folder)
    for file in _TOKENIZER:
        if (starter / file).exists():
            shutil.copy(starter / file, folder / file)
    # transformers 4, which peers use, does not know the name that transformers 5 gives to any fast tokenizer.
    told = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    told["tokenizer_class"] = "PreTrainedTokenizerFast"
    (folder / "tokenizer_config.json").write_text(json.dumps(told), encoding="utf-8")
    (folder / "complete").touch()
    return folder


def forward_flops(name: str) -> float:
    """Return the multiply-adds times two of one picture through a vision tower: products of matrices alone."""
    vision = _VISION[name]
    width, depth, inner = vision["hidden_size"], vision["num_hidden_layers"], vision["intermediate_size"]
    patches = (vision["image_size"] // vision["patch_size"]) ** 2
    tokens = patches + 1
    layer = tokens * width * (4 * width + 2 * inner) + 2 * tokens * tokens * width
    return 2.0 * (depth * layer + patches * 3 * vision["patch_size"] ** 2 * width + width * 512)

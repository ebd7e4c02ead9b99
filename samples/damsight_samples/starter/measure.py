"""Measures text -> picture search with image vectors alone: recall, and nDCG on the judged keywords."""

import math
from collections.abc import Sequence
from pathlib import Path

import torch
from PIL import Image
from torch.nn import functional
from transformers import AutoImageProcessor, AutoModel, AutoTokenizer

_BATCH = 256


class Starter:
    """A checkpoint folder, loaded as any CLIP checkpoint is: safetensors only, no code from the folder."""

    def __init__(self, folder: Path) -> None:
        self._model = AutoModel.from_pretrained(folder, use_safetensors=True, trust_remote_code=False).eval()
        self._tokenizer = AutoTokenizer.from_pretrained(folder)
        self._processor = AutoImageProcessor.from_pretrained(folder)

    def pictures(self, pictures: Sequence[Image.Image]) -> torch.Tensor:
        """Unit vectors of shape (pictures, dimensions), float32."""
        found = []
        with torch.inference_mode():
            for start in range(0, len(pictures), _BATCH):
                pixels = self._processor(list(pictures[start : start + _BATCH]), return_tensors="pt")["pixel_values"]
                found.append(
                    functional.normalize(self._model.get_image_features(pixel_values=pixels).pooler_output, dim=1)
                )
        return torch.cat(found)

    def texts(self, texts: Sequence[str]) -> torch.Tensor:
        """Unit vectors of shape (texts, dimensions), float32."""
        found = []
        with torch.inference_mode():
            for start in range(0, len(texts), _BATCH):
                tokens = self._tokenizer(
                    list(texts[start : start + _BATCH]), padding=True, truncation=True, return_tensors="pt"
                )
                features = self._model.get_text_features(tokens["input_ids"], attention_mask=tokens["attention_mask"])
                found.append(functional.normalize(features.pooler_output, dim=1))
        return torch.cat(found)


def recall(texts: torch.Tensor, pictures: torch.Tensor, relevant: Sequence[set[int]], *, depth: int) -> float:
    """The share of queries with a relevant picture among the first `depth` (one relevant each: plain recall)."""
    top = (texts @ pictures.T).topk(depth, dim=1).indices.tolist()
    return sum(bool(set(row) & wanted) for row, wanted in zip(top, relevant, strict=True)) / len(relevant)


def mean_recall(texts: torch.Tensor, pictures: torch.Tensor, relevant: Sequence[set[int]], *, depth: int) -> float:
    """The mean share of each query's relevant pictures found among the first `depth`, over min(depth, relevant)."""
    top = (texts @ pictures.T).topk(depth, dim=1).indices.tolist()
    shares = [len(set(row) & wanted) / min(depth, len(wanted)) for row, wanted in zip(top, relevant, strict=True)]
    return sum(shares) / len(shares)


def ndcg(texts: torch.Tensor, pictures: torch.Tensor, relevant: Sequence[set[int]], *, depth: int) -> float:
    """Mean nDCG with binary gains (Järvelin and Kekäläinen, 2002)."""
    total = 0.0
    top = (texts @ pictures.T).topk(depth, dim=1).indices.tolist()
    for row, wanted in zip(top, relevant, strict=True):
        gained = sum(1 / math.log2(place + 2) for place, picture in enumerate(row) if picture in wanted)
        total += gained / sum(1 / math.log2(place + 2) for place in range(min(depth, len(wanted))))
    return total / len(relevant)

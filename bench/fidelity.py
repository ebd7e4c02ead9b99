"""How near the fast path's vectors are to the plain transformers path's, on JPEGs of real and varied sizes.

Both go through the same checkpoint: the starter, which was trained, so that its vectors mean something (random weights
put all pictures in one place). The plain path decodes whole with Pillow and lets the checkpoint's own processor do the
rest, in float32; the fast path is measured in float32 and in bfloat16.

Usage: python bench/fidelity.py [--pictures 510] [--check]
With --check the exit code is 1 where a floor is missed.
"""

import argparse
import io
import sys

import numpy as np
import torch
import transformers
from camera import varied
from numpy.typing import NDArray
from PIL import Image
from report import write

from damsight_cli.demonstration.samples import find_samples
from damsight_encoders.decode import FileDecoder
from damsight_encoders.load import load_joint
from damsight_schemas.connections import EncodingLimits, ModelSettings

FLOORS = {"float32": 0.999, "bfloat16": 0.995}
OVERLAP = 0.97
BATCH = 32
NEAREST = 10


def reference(folder: str, pictures: list[bytes]) -> NDArray[np.float32]:
    """Return the plain path's vectors."""
    processor = transformers.AutoImageProcessor.from_pretrained(folder)
    model = transformers.AutoModel.from_pretrained(folder).eval()
    rows = []
    with torch.inference_mode():
        for start in range(0, len(pictures), BATCH):
            images = [Image.open(io.BytesIO(data)).convert("RGB") for data in pictures[start : start + BATCH]]
            features = model.get_image_features(**processor(images=images, return_tensors="pt")).pooler_output
            rows.append(torch.nn.functional.normalize(features, dim=-1).numpy())
    return np.concatenate(rows)


def fast(folder: str, pictures: list[bytes], dtype: str) -> NDArray[np.float32]:
    """Return the fast path's."""
    joint = load_joint(ModelSettings(joint=folder, device="cpu", dtype=dtype))  # type: ignore[arg-type]  # one of its words
    if joint is None:
        raise SystemExit("the model was not loaded")
    decoder = FileDecoder(EncodingLimits())
    prepared = [joint.prepare(decoder.decode(data, at_least=2 * joint.input_size)) for data in pictures]
    return joint.encode_images(prepared)


def overlap(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    """Return the mean share of each picture's nearest ten that both agree on."""

    def nearest(vectors: NDArray[np.float32]) -> list[set[int]]:
        scores = vectors @ vectors.T
        np.fill_diagonal(scores, -2)
        return [set(row) for row in np.argsort(-scores, axis=1)[:, :NEAREST].tolist()]

    pairs = zip(nearest(first), nearest(second), strict=True)
    return float(np.mean([len(one & other) / NEAREST for one, other in pairs]))


def main() -> int:
    """Measure, tell and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=510)
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args()
    pictures = varied(given.pictures)
    folder = str(find_samples().starter)
    plain = reference(folder, pictures)
    figures: dict[str, dict[str, float]] = {}
    for dtype in FLOORS:
        vectors = fast(folder, pictures, dtype)
        cosines = (vectors * plain).sum(axis=1)
        figures[dtype] = {
            "cosine_p1": round(float(np.percentile(cosines, 1)), 5),
            "cosine_min": round(float(cosines.min()), 5),
            "cosine_median": round(float(np.median(cosines)), 6),
            "top10_overlap": round(overlap(vectors, plain), 4),
        }
        print(dtype, figures[dtype], flush=True)
    path = write("fidelity", {"pictures": len(pictures), "floors": {**FLOORS, "overlap": OVERLAP}, **figures})
    print(f"written to {path}")
    missed = any(
        figures[dtype]["cosine_p1"] < floor or figures[dtype]["top10_overlap"] < OVERLAP
        for dtype, floor in FLOORS.items()
    )
    return int(given.check and missed)


if __name__ == "__main__":
    sys.exit(main())

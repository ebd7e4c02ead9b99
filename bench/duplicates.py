"""How well duplicates are told: changed pictures of the sample library, false matches among its own, and the time.

Usage: python bench/duplicates.py [--changed N]
"""

import argparse
import io
import time
from collections.abc import Iterator

import numpy as np
import report
from numpy.typing import NDArray
from PIL import Image, ImageEnhance

from damsight_cli.demonstration.models import offline_models
from damsight_cli.demonstration.samples import find_samples
from damsight_encoders.content import Picture
from damsight_encoders.decode import PillowDecoder
from damsight_encoders.load import load_encoders
from damsight_encoders.perceptual_hash import perceptual_hash
from damsight_encoders.ports import JointEncoder
from damsight_schemas.perceptual_hash import NEAR
from damsight_search.duplication.fingerprints import SAME_LOOKS
from damsight_search.duplication.near_hashes import near_pairs

AT_ONCE = 64
LARGE = 100_000


def main() -> None:
    """Measure, and write bench/results/duplicates.json."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--changed", type=int, default=200, help="how many pictures are changed in each way")
    most = arguments.parse_args().changed
    samples = find_samples()
    joint = load_encoders(offline_models(samples.starter)).joint
    if joint is None:
        raise SystemExit("the starter checkpoint is no joint model")
    files = sorted((samples.library.parent / "pictures").glob("*.jpg"))
    decoder = PillowDecoder()
    pictures = [decoder.decode(file.read_bytes(), at_least=2 * joint.input_size) for file in files]
    began = time.process_time()
    told = [perceptual_hash(picture) for picture in pictures]
    hashing_ms = 1000 * (time.process_time() - began) / len(pictures)
    vectors = encoded(joint, pictures)
    figures = {
        "pictures": len(files),
        "without_a_hash": told.count(None),
        "hashing_ms": round(hashing_ms, 3),
        "among_the_library": among(told, vectors),
        "changed": changed_pictures(joint, pictures[:: max(1, len(pictures) // most)]),
        "near_pairs_of_100000_random_hashes_s": round(large(), 2),
    }
    report.write("duplicates", figures)


def encoded(joint: JointEncoder, pictures: list[Picture]) -> NDArray[np.float32]:
    """Return the image vectors, (n, dimensions)."""
    rows = [
        joint.encode_images([joint.prepare(one) for one in pictures[start : start + AT_ONCE]])
        for start in range(0, len(pictures), AT_ONCE)
    ]
    return np.concatenate(rows)


def among(told: list[str | None], vectors: NDArray[np.float32]) -> dict[str, object]:
    """Return how many pairs of different pictures are taken for the same, by hash, by vector, and by both."""
    known = [number for number, one in enumerate(told) if one is not None]
    bits = np.array([int(told[number] or "0", 16) for number in known], dtype=np.uint64)
    upper = np.triu_indices(len(known), 1)
    apart = np.bitwise_count(bits[:, None] ^ bits[None, :])[upper]
    cosines = (vectors[known] @ vectors[known].T)[upper]
    return {
        "pairs": len(apart),
        "near_by_hash": {f"<= {most}": int((apart <= most).sum()) for most in (0, 3, 5, NEAR, 9, 11)},
        "near_by_vector": {f">= {least}": int((cosines >= least).sum()) for least in (0.85, SAME_LOOKS, 0.95)},
        "near_by_both": int(((apart <= NEAR) & (cosines >= SAME_LOOKS)).sum()),
        "cosines_of_those_near_by_hash": [round(float(one), 3) for one in np.sort(cosines[apart <= NEAR])][:40],
    }


def changed_pictures(joint: JointEncoder, originals: list[Picture]) -> dict[str, dict[str, float]]:
    """Return for each way of changing how many pictures are still taken for the same."""
    images = [Image.fromarray(one.pixels) for one in originals]
    hashes = [perceptual_hash(one) for one in originals]
    before = encoded(joint, originals)
    figures = {}
    for how, after in ways(images):
        pictures = [Picture(np.asarray(one), one.size, "PNG") for one in after]
        apart = np.array(
            [
                (int(one, 16) ^ int(other, 16)).bit_count() if one and other else 64
                for one, other in zip(hashes, map(perceptual_hash, pictures), strict=True)
            ]
        )
        cosines = np.einsum("nd,nd->n", before, encoded(joint, pictures))
        figures[how] = {
            "near_by_hash": round(float((apart <= NEAR).mean()), 3),
            "near_by_vector": round(float((cosines >= SAME_LOOKS).mean()), 3),
            "told_the_same": round(float(((apart <= NEAR) & (cosines >= SAME_LOOKS)).mean()), 3),
            "bits_at_most": int(apart.max()),
            "least_cosine": round(float(cosines.min()), 3),
            "cosine_of_1_percent": round(float(np.percentile(cosines, 1)), 3),
        }
    return figures


def ways(images: list[Image.Image]) -> Iterator[tuple[str, list[Image.Image]]]:
    """Yield each way of changing with the changed pictures."""
    yield "JPEG of quality 30", [jpeg(one, 30) for one in images]
    yield (
        "a fifth as large",
        [one.resize((one.width // 5, one.height // 5), Image.Resampling.LANCZOS) for one in images],
    )
    for share in (0.01, 0.02, 0.05):
        yield f"cut by {share:.0%} at each edge", [cut(one, share) for one in images]
    yield "brighter by 15 %", [ImageEnhance.Brightness(one).enhance(1.15) for one in images]
    yield "less contrast (70 %)", [ImageEnhance.Contrast(one).enhance(0.7) for one in images]
    yield "more colour (140 %)", [ImageEnhance.Color(one).enhance(1.4) for one in images]
    yield "without colour", [one.convert("L").convert("RGB") for one in images]


def cut(image: Image.Image, share: float) -> Image.Image:
    """Return a picture without its edges."""
    across, down = round(image.width * share), round(image.height * share)
    return image.crop((across, down, image.width - across, image.height - down))


def jpeg(image: Image.Image, quality: int) -> Image.Image:
    """Return a picture as a JPEG holds it."""
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=quality)
    return Image.open(stream).convert("RGB")


def large() -> float:
    """Return the seconds that it takes to compare 100,000 hashes."""
    hashes = np.unique(np.random.default_rng(0).integers(0, 2**64, LARGE, dtype=np.uint64))
    began = time.perf_counter()
    near_pairs(hashes, most=LARGE)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()

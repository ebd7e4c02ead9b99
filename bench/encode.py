"""How fast pictures become vectors, as ratios of one run.

- preprocessing: a JPEG's bytes to the pixels that the model sees, against the stock Pillow path (whole decode, then
  resize and crop), by CPU time, one thread, at 600 px, 4 and 12 megapixels;
- end to end: bytes to vectors through the consumer's own stages, against the ceiling cores / (CPU-seconds per picture
  summed over decoding, preparing and encoding, each measured alone in the same run);
- peer: the same, against the plain transformers pipeline (AutoProcessor and model, one batch after another), by the
  clock;
- query: one text to its vector, against the plain transformers call, by the clock, medians.

The joint model is a ViT-B/32 of random weights (speed does not depend on them), the sentence model the demo's.

Usage: python bench/encode.py [--rounds 15] [--pictures 64] [--check]
With --check the exit code is 1 where a whole interval misses its floor.
"""

import argparse
import io
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict

import numpy as np
import torch
import transformers
from camera import FOUR_MEGAPIXELS, TWELVE_MEGAPIXELS, WEB, resized, scenes
from checkpoints import random_checkpoint
from paired import Ratio, compare
from PIL import Image
from report import write
from through import Through

from damsight_cli.demonstration.models import offline_models
from damsight_cli.demonstration.samples import find_samples
from damsight_encoders.decode import FileDecoder
from damsight_encoders.load import load_caption, load_joint
from damsight_encoders.ports import Encoders, JointEncoder, TextEncoder
from damsight_schemas.connections import EncodingLimits, ModelSettings

FLOORS = {"600px": 1.2, "4MP": 2.5, "12MP": 2.5, "end_to_end": 0.90, "peer_4MP": 1.8, "query": 1.5}
BATCH = 32
QUERIES = (
    "red car", "a dog on the beach at sunset", "minister opens railway bridge", "oranges and lemons on a table",
    "Feuerwehr", "aerial view of a harbour with cranes", "two people shaking hands in front of flags", "snow",
)  # fmt: skip


def stock(data: bytes, side: int) -> np.ndarray:
    """Preprocess as Pillow's tutorial does: decode all, shorter side to ``side`` bicubic, crop the middle."""
    with Image.open(io.BytesIO(data)) as opened:
        image = opened.convert("RGB")
    width, height = image.size
    scale = side / min(width, height)
    image = image.resize((round(width * scale), round(height * scale)), Image.Resampling.BICUBIC)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    return np.asarray(image.crop((left, top, left + side, top + side)))


def preprocessing(joint: JointEncoder, pictures: dict[str, Sequence[bytes]], rounds: int) -> dict[str, Ratio]:
    """Compare both ways at each size, by CPU time."""
    decoder, side = FileDecoder(EncodingLimits()), joint.input_size
    torch.set_num_threads(1)

    def theirs(given: Sequence[bytes]) -> None:
        for data in given:
            stock(data, side)

    def ours(given: Sequence[bytes]) -> None:
        for data in given:
            joint.prepare(decoder.decode(data, at_least=2 * side))

    found = {}
    for name, given in pictures.items():
        ours(given[:1])
        found[name] = compare(
            lambda given=given: theirs(given), lambda given=given: ours(given),  # type: ignore[misc]
            rounds=rounds, calls=1, clock=time.process_time,
        )  # fmt: skip
    torch.set_num_threads(os.cpu_count() or 1)
    return found


def stage_cost_s(joint: JointEncoder, pictures: Sequence[bytes]) -> dict[str, float]:
    """Return the CPU-seconds a picture of each stage alone."""
    decoder, side = FileDecoder(EncodingLimits()), joint.input_size
    cost = {}
    began = time.process_time()
    decoded = [decoder.decode(data, at_least=2 * side) for data in pictures]
    cost["decode"] = (time.process_time() - began) / len(pictures)
    began = time.process_time()
    prepared = [joint.prepare(picture) for picture in decoded]
    cost["prepare"] = (time.process_time() - began) / len(pictures)
    joint.encode_images(prepared[:BATCH])
    began = time.process_time()
    joint.encode_images(prepared[:BATCH])
    cost["encode"] = (time.process_time() - began) / len(prepared[:BATCH])
    return cost


def end_to_end(joint: JointEncoder, pictures: Sequence[bytes], rounds: int) -> dict[str, object]:
    """Return throughput over the ceiling, a ratio a round."""
    cores = os.cpu_count() or 1
    through = Through(Encoders(joint=joint, caption=None), pictures, batch=BATCH, threads=cores)
    through.run()
    shares, rates, costs = [], [], []
    for _ in range(rounds):
        cost = stage_cost_s(joint, pictures[:BATCH])
        began = time.perf_counter()
        through.run()
        rate = len(pictures) / (time.perf_counter() - began)
        shares.append(rate / (cores / sum(cost.values())))
        rates.append(rate)
        costs.append(cost)
    through.close()
    return {
        "median": round(statistics.median(shares), 3),
        "low": round(min(shares), 3),
        "high": round(max(shares), 3),
        "pictures_per_s": round(statistics.median(rates), 1),
        "cpu_ms_per_picture": {
            name: round(1000 * statistics.median(cost[name] for cost in costs), 1) for name in costs[0]
        },
    }


def plain_pictures(folder: str) -> Callable[[Sequence[bytes]], torch.Tensor]:
    """Return the plain transformers pipeline."""
    processor = transformers.AutoImageProcessor.from_pretrained(folder)
    model = transformers.AutoModel.from_pretrained(folder).eval()

    @torch.inference_mode()
    def run(pictures: Sequence[bytes]) -> torch.Tensor:
        rows = []
        for start in range(0, len(pictures), BATCH):
            images = [Image.open(io.BytesIO(data)).convert("RGB") for data in pictures[start : start + BATCH]]
            inputs = processor(images=images, return_tensors="pt")
            rows.append(torch.nn.functional.normalize(model.get_image_features(**inputs).pooler_output, dim=-1))
        return torch.cat(rows)

    return run


def peer(joint: JointEncoder, folder: str, pictures: Sequence[bytes], rounds: int) -> Ratio:
    """Compare bytes to vectors with the plain pipeline, by the clock."""
    plain = plain_pictures(folder)
    through = Through(Encoders(joint=joint, caption=None), pictures, batch=BATCH, threads=os.cpu_count() or 1)
    through.run()
    plain(pictures[:BATCH])
    ratio = compare(lambda: plain(pictures), through.run, rounds=rounds, calls=1)
    through.close()
    return ratio


def query(encoder: TextEncoder, folder: str, rounds: int) -> Ratio:
    """Compare one text's encoding with the plain call, by the clock."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModel.from_pretrained(folder).eval()

    def plain() -> None:
        with torch.no_grad():
            for text in QUERIES:
                inputs = tokenizer(text, return_tensors="pt", truncation=True)
                tokens, mask = model(**inputs).last_hidden_state, inputs["attention_mask"].unsqueeze(-1)
                torch.nn.functional.normalize((tokens * mask).sum(1) / mask.sum(1), dim=-1).numpy()

    def ours() -> None:
        for text in QUERIES:
            encoder.encode_texts([text], purpose="query")

    plain()
    ours()
    return compare(plain, ours, rounds=rounds, calls=2)


def main() -> int:
    """Measure, tell and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--pictures", type=int, default=64)
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args()
    folder = str(random_checkpoint("ViT-B-32"))
    joint = load_joint(ModelSettings(joint=folder, device="cpu"))
    demo = offline_models(find_samples().starter)
    caption = load_caption(demo)
    if joint is None or caption is None or demo.caption is None:
        raise SystemExit("the models were not loaded")
    sources = scenes(given.pictures)
    four = [resized(path, FOUR_MEGAPIXELS) for path in sources]
    by_size = {
        "600px": [resized(path, WEB) for path in sources[:8]],
        "4MP": four[:4],
        "12MP": [resized(path, TWELVE_MEGAPIXELS) for path in sources[:2]],
    }
    print("preprocessing", flush=True)
    ratios: dict[str, object] = {
        name: asdict(ratio) for name, ratio in preprocessing(joint, by_size, given.rounds).items()
    }
    print("query", flush=True)
    ratios["query"] = asdict(query(caption, demo.caption, given.rounds))
    print("end to end", flush=True)
    ratios["end_to_end"] = end_to_end(joint, four, max(5, given.rounds // 3))
    print("peer", flush=True)
    ratios["peer_4MP"] = asdict(peer(joint, folder, four, max(5, given.rounds // 3)))
    path = write("encode", {"what": "ratios; above 1 is faster than the other", "floors": FLOORS, "ratios": ratios})
    missed = [name for name, floor in FLOORS.items() if dict(ratios[name])["high"] < floor]  # type: ignore[call-overload]
    for name, ratio in ratios.items():
        print(name, ratio)
    print(f"written to {path}; missed: {', '.join(missed) or 'none'}")
    return int(given.check and bool(missed))


if __name__ == "__main__":
    sys.exit(main())

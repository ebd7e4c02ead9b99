"""How much of a GPU the encoders use: pictures a second and TFLOP/s, against a GEMM of the same run.

For ViT-B/32, ViT-B/16 and SO400M-14-384 of random weights in bfloat16: the device's own rate (prepared pictures to
vectors), its TFLOP/s by the matrices' products alone, and that over a square GEMM's; then end to end (JPEG bytes to
vectors through the consumer's stages) over the slowest stage's own rate.

Needs a GPU; without one it says so in the results and ends with 1. The date and the machine are written with it.

Usage: python bench/gpu.py [--rounds 15] [--pictures 2048]
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from camera import FOUR_MEGAPIXELS, resized, scenes
from checkpoints import forward_flops, random_checkpoint
from report import write
from through import Through

from damsight_encoders.decode import FileDecoder
from damsight_encoders.load import load_joint
from damsight_encoders.ports import Encoders, JointEncoder
from damsight_schemas.connections import EncodingLimits, ModelSettings

MODELS = ("ViT-B-32", "ViT-B-16", "SO400M-14-384")
SIDE = 8192
FLOORS = {"of_gemm": 0.55, "end_to_end": 0.90}


def gemm_tflops(rounds: int) -> float:
    """Return the median TFLOP/s of a square bfloat16 product."""
    a = torch.randn(SIDE, SIDE, device="cuda", dtype=torch.bfloat16)
    b = torch.randn(SIDE, SIDE, device="cuda", dtype=torch.bfloat16)
    return 2 * SIDE**3 / median_s(lambda: torch.mm(a, b), rounds) / 1e12


def median_s(call: Callable[[], object], rounds: int) -> float:
    """Return the median seconds of a call, with the device idle before and after."""
    call()
    taken = []
    for _ in range(rounds):
        torch.cuda.synchronize()
        began = time.perf_counter()
        call()
        torch.cuda.synchronize()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def ready(joint: JointEncoder, pictures: list[bytes], threads: int) -> tuple[float, list[np.ndarray]]:
    """Return the pictures a second that decoding and preparing reach with all cores, and what they made."""
    decoder = FileDecoder(EncodingLimits())

    def one(data: bytes) -> np.ndarray:
        return joint.prepare(decoder.decode(data, at_least=2 * joint.input_size))

    with ThreadPoolExecutor(threads) as pool:
        began = time.perf_counter()
        prepared = list(pool.map(one, pictures))
        return len(pictures) / (time.perf_counter() - began), prepared


def measure(name: str, files: list[bytes], count: int, rounds: int) -> dict[str, float]:
    """Measure one model."""
    cores = os.cpu_count() or 1
    joint = load_joint(ModelSettings(joint=str(random_checkpoint(name)), device="cuda", dtype="bfloat16"))
    if joint is None:
        raise SystemExit("the model was not loaded")
    cpu_rate, prepared = ready(joint, files, cores)
    many = [prepared[number % len(prepared)] for number in range(count)]
    rate = count / median_s(lambda: joint.encode_images(many), rounds)
    gemm = gemm_tflops(rounds)
    tflops = rate * forward_flops(name) / 1e12
    through = Through(Encoders(joint=joint, caption=None), files, batch=256, threads=cores)
    through.run(count)
    began = time.perf_counter()
    through.run(count)
    whole = count / (time.perf_counter() - began)
    through.close()
    return {
        "device_pictures_per_s": round(rate, 1),
        "tflops": round(tflops, 1),
        "gemm_tflops": round(gemm, 1),
        "of_gemm": round(tflops / gemm, 3),
        "cpu_pictures_per_s": round(cpu_rate, 1),
        "end_to_end_pictures_per_s": round(whole, 1),
        "end_to_end": round(whole / min(rate, cpu_rate), 3),
    }


def main() -> int:
    """Measure, tell and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--pictures", type=int, default=2048)
    given = parser.parse_args()
    if not torch.cuda.is_available():
        path = write("gpu", {"measured": False, "why": "no GPU on this machine, and none was lent to this session"})
        print(f"no GPU here: nothing was measured; written to {path}", file=sys.stderr)
        return 1
    files = [resized(path, FOUR_MEGAPIXELS) for path in scenes(64)]
    figures = {name: measure(name, files, given.pictures, given.rounds) for name in MODELS}
    device = {"name": torch.cuda.get_device_name(), "torch": torch.__version__, "cuda": torch.version.cuda}
    path = write("gpu", {"measured": True, "device": device, "floors": FLOORS, "models": figures})
    for name, row in figures.items():
        print(name, row)
    print(f"written to {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

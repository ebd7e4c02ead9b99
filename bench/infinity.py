"""Pictures' bytes to vectors against infinity_emb, on the same checkpoint and pictures, by the clock.

infinity_emb wants other versions of numpy and transformers than we do, so it runs in a virtual environment of its own
(made once, in the user's cache) as a process that is told to begin and tells its seconds. Both sides take turns.

Usage: python bench/infinity.py [--rounds 8] [--pictures 64] [--check]
With --check the exit code is 1 where a whole interval misses its floor: 1.3 at 4 megapixels, 1 at 224 pixels.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from camera import FOUR_MEGAPIXELS, resized, scenes
from checkpoints import random_checkpoint
from paired import Ratio, ratio_of
from platformdirs import user_cache_path
from report import write
from through import Through

from damsight_encoders.load import load_joint
from damsight_encoders.ports import Encoders
from damsight_schemas.connections import ModelSettings

VERSION = "0.0.78"
FLOORS = {"4MP": 1.3, "224px": 1.0}
SMALL = (336, 224)
BATCH = 32
CHILD = """
import asyncio, pathlib, sys, time
from infinity_emb import AsyncEmbeddingEngine, EngineArgs
async def main():
    engine = AsyncEmbeddingEngine.from_args(EngineArgs(
        model_name_or_path=sys.argv[1], engine="torch", device="cpu", dtype="float32", batch_size=int(sys.argv[2]),
        model_warmup=False, bettertransformer=False, compile=False))
    async with engine:
        print("ready", flush=True)
        for line in sys.stdin:
            files = [path.read_bytes() for path in sorted(pathlib.Path(line.strip()).iterdir())]
            began = time.perf_counter()
            rows, _ = await engine.image_embed(images=files)
            assert len(rows) == len(files)
            print(time.perf_counter() - began, flush=True)
asyncio.run(main())
"""


def environment() -> Path:
    """Return the Python of infinity's own environment, made where it is not there yet."""
    folder = user_cache_path("damsight") / "bench" / f"infinity-{VERSION}"
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        uv = Path(sys.executable).parent / "uv"
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, folder], check=True)
        wanted = [f"infinity_emb[torch,vision]=={VERSION}", "transformers<5", "click<8.2", "aiohttp"]
        subprocess.run([uv, "pip", "install", "--quiet", "--python", python, *wanted], check=True)
        (folder / "complete").touch()
    return python


class Infinity:
    """The other side."""

    def __init__(self, checkpoint: str) -> None:
        self._process = subprocess.Popen(
            [environment(), "-c", CHILD, checkpoint, str(BATCH)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "DO_NOT_TRACK": "1"},
        )  # fmt: skip
        self._line("ready")

    def seconds(self, folder: Path) -> float:
        """Have a folder's files encoded."""
        if self._process.stdin is None:
            raise SystemExit("infinity has no standard input")
        self._process.stdin.write(f"{folder}\n")
        self._process.stdin.flush()
        return float(self._line(None))

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()

    def _line(self, wanted: str | None) -> str:
        if self._process.stdout is None:
            raise SystemExit("infinity has no standard output")
        for line in self._process.stdout:
            said = line.strip()
            if said == wanted or (wanted is None and said.replace(".", "", 1).isdigit()):
                return said
        raise SystemExit("infinity ended; see its words above")


def main() -> int:
    """Measure, tell and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--pictures", type=int, default=64)
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args()
    folder = str(random_checkpoint("ViT-B-32"))
    joint = load_joint(ModelSettings(joint=folder, device="cpu"))
    infinity = Infinity(folder)
    found: dict[str, Ratio] = {}
    with tempfile.TemporaryDirectory() as temporary:
        for name, size in (("4MP", FOUR_MEGAPIXELS), ("224px", SMALL)):
            pictures = [resized(path, size) for path in scenes(given.pictures)]
            place = Path(temporary) / name
            place.mkdir()
            for number, data in enumerate(pictures):
                (place / f"{number:04d}.jpg").write_bytes(data)
            through = Through(Encoders(joint=joint, caption=None), pictures, batch=BATCH, threads=os.cpu_count() or 1)
            through.run()
            infinity.seconds(place)
            pairs = []
            for number in range(given.rounds):
                theirs = infinity.seconds(place) if number % 2 else None
                began = time.perf_counter()
                through.run()
                ours = time.perf_counter() - began
                pairs.append((theirs or infinity.seconds(place), ours))
            through.close()
            found[name] = ratio_of(pairs, calls=given.pictures)
            print(name, found[name], flush=True)
    infinity.close()
    path = write(
        "infinity",
        {
            "what": "infinity_emb's seconds over ours; the milliseconds are a picture's",
            "version": VERSION,
            "floors": FLOORS,
            "ratios": {name: asdict(ratio) for name, ratio in found.items()},
        },
    )
    print(f"written to {path}")
    return int(given.check and any(found[name].high < floor for name, floor in FLOORS.items()))


if __name__ == "__main__":
    sys.exit(main())

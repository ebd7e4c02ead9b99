"""Whether memory stays flat while 20,000 pictures of mixed sizes become vectors.

The consumer's stages run in this process with the starter checkpoint; resident memory is read once a second. The first
tenth warms up; of the rest, the median of the last tenth is compared with that of the first.

Usage: python bench/memory.py [--pictures 20000] [--check]
With --check the exit code is 1 where the last tenth holds more than 5 % over the first.
"""

import argparse
import os
import statistics
import sys
import time

import psutil
from camera import varied
from report import write
from through import Through

from damsight_cli.demonstration.samples import find_samples
from damsight_encoders.load import load_joint
from damsight_encoders.ports import Encoders
from damsight_schemas.connections import ModelSettings

CEILING = 1.05
TURN = 200
MEBIBYTE = 1024 * 1024


def main() -> int:
    """Measure, tell and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=20_000)
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args()
    joint = load_joint(ModelSettings(joint=str(find_samples().starter), device="cpu"))
    files = varied(120)
    through = Through(Encoders(joint=joint, caption=None), files, batch=64, threads=os.cpu_count() or 1)
    process, readings, began = psutil.Process(), [], time.perf_counter()
    for done in range(0, given.pictures, TURN):
        through.run(min(TURN, given.pictures - done))
        readings.append(process.memory_info().rss / MEBIBYTE)
        print(f"{done + TURN:,} pictures, {readings[-1]:,.0f} MiB", flush=True)
    through.close()
    steady = readings[len(readings) // 10 :]
    tenth = max(1, len(steady) // 10)
    first, last = statistics.median(steady[:tenth]), statistics.median(steady[-tenth:])
    path = write(
        "memory",
        {
            "pictures": given.pictures,
            "pictures_per_s": round(given.pictures / (time.perf_counter() - began), 1),
            "first_tenth_mib": round(first),
            "last_tenth_mib": round(last),
            "highest_mib": round(max(readings)),
            "growth": round(last / first, 4),
            "ceiling": CEILING,
        },
    )
    print(f"{first:,.0f} MiB, then {last:,.0f} MiB ({last / first:.3f}); written to {path}")
    return int(given.check and last / first > CEILING)


if __name__ == "__main__":
    sys.exit(main())

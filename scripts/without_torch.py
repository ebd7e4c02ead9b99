"""Print a lock file without torch, torchvision and the CUDA packages that only they need.

Usage: python scripts/without_torch.py requirements.lock
"""

import re
import sys
from pathlib import Path

LEFT_OUT = re.compile(r"^(torch|torchvision|triton|nvidia-[\w-]+|cuda-[\w-]+)==")


def without_torch(lock: str) -> str:
    """Return the lock's text less the left-out requirements and their hash lines."""
    kept: list[str] = []
    skipping = False
    for line in lock.splitlines():
        if not line.startswith((" ", "#")):
            skipping = bool(LEFT_OUT.match(line))
        if not skipping:
            kept.append(line)
    return "\n".join(kept) + "\n"


if __name__ == "__main__":
    sys.stdout.write(without_torch(Path(sys.argv[1]).read_text(encoding="utf-8")))

"""Damaged files of every kind: content or a reason, and nothing else.

For longer: DAMSIGHT_FUZZ_FILES=20000 DAMSIGHT_FUZZ_SEED=7, or `python tests/drivers/fuzz_decoders.py --minutes 10`.
"""

import os
import random
from pathlib import Path

import pytest

from drivers.fuzz_corpus import corpus
from drivers.fuzz_decoders import ADDRESS_SPACE_BYTES, fuzz
from drivers.mutations import mutate
from drivers.traps import Traps

FILES = int(os.environ.get("DAMSIGHT_FUZZ_FILES", "150"))
SEED = int(os.environ.get("DAMSIGHT_FUZZ_SEED", "1"))


@pytest.mark.timeout(600 + FILES)
def test_a_damaged_file_does_no_harm(tmp_path: Path) -> None:
    """Each is decoded, or refused for a reason: no crash, no hang, no memory above the limit, no reference followed."""
    findings = fuzz(SEED, files=FILES, keep=tmp_path)
    assert findings.deaths == []
    assert findings.sprung == []
    assert findings.peak_bytes < ADDRESS_SPACE_BYTES
    # It would prove nothing if all were refused, or none.
    assert findings.outcomes["content"] > findings.files / 10
    assert findings.outcomes["content"] < findings.files * 0.9


def test_the_same_seed_damages_in_the_same_way(tmp_path: Path) -> None:
    """A finding can be made again from its seed and its number."""
    with Traps(tmp_path, b"") as traps:
        whole = corpus(traps)
    names = sorted(whole)
    one, other = (
        [mutate(_chance(number), whole[name], whole[names[0]]) for number, name in enumerate(names)] for _ in range(2)
    )
    assert one == other
    assert sum(damaged != whole[name] for damaged, name in zip(one, names, strict=True)) > len(names) * 0.8


def _chance(number: int) -> random.Random:
    return random.Random(f"1.{number}")  # noqa: S311 - it must be the same each time

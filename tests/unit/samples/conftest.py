import csv
import json
import sys
from pathlib import Path
from typing import Any

import pytest

SAMPLES = Path(__file__).resolve().parents[3] / "samples"
sys.path.insert(0, str(SAMPLES))  # scripts, not part of the distribution: nothing installs them


@pytest.fixture(scope="session")
def samples() -> Path:
    return SAMPLES


@pytest.fixture(scope="session")
def library(samples: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (samples / "library" / "library.jsonl").read_text("utf-8").splitlines()]


@pytest.fixture(scope="session")
def lessons(samples: Path) -> dict[str, dict[str, Any]]:
    lines = (samples / "starter" / "lessons.jsonl").read_text("utf-8").splitlines()
    return {entry["asset_id"]: entry for entry in map(json.loads, lines)}


@pytest.fixture(scope="session")
def queries(samples: Path) -> list[dict[str, str]]:
    with (samples / "library" / "queries.tsv").open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines, delimiter="\t"))


@pytest.fixture(scope="session")
def judgements(samples: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in (samples / "library" / "judgements.tsv").read_text("utf-8").splitlines():
        query_id, iteration, asset_id, grade = line.split()
        assert (iteration, grade) == ("0", "1")
        found.setdefault(query_id, []).append(asset_id)
    return found

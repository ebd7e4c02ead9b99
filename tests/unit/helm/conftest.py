"""A real helm for the chart's tests."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from drivers.helm_chart import MINIMAL, ROOT, Document, Helm


@pytest.fixture(scope="session")
def helm() -> Helm:
    """Helm 3: from PATH, else from the user cache, made by scripts/helm.sh where it is not there yet."""
    found = subprocess.run([str(ROOT / "scripts" / "helm.sh")], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    return Helm(found.stdout.strip())


@pytest.fixture
def values_file(tmp_path: Path) -> Callable[[Document], Path]:
    """Write values beside the two that have no default; JSON is YAML."""

    def write(values: Document) -> Path:
        path = tmp_path / "values.yaml"
        base = yaml.safe_load(MINIMAL.read_text())
        path.write_text(json.dumps(base | values))
        return path

    return write

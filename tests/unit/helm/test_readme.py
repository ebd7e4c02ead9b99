"""The chart's README."""

import subprocess
import sys

from drivers.helm_chart import ROOT


def test_readme_tells_the_values() -> None:
    """The table of values is what scripts/chart_readme.py writes from values.yaml."""
    script = [sys.executable, str(ROOT / "scripts" / "chart_readme.py"), "--check"]
    done = subprocess.run(script, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout

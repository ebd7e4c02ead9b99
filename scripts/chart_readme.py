"""Write the table of values in helm/damsight/README.md anew, from the comments in values.yaml.

Usage: python scripts/chart_readme.py [--check]
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

CHART = Path(__file__).parents[1] / "helm" / "damsight"
README = CHART / "README.md"
BEGIN, END = "<!-- values: written by scripts/chart_readme.py -->\n", "<!-- end of values -->\n"
KEY = re.compile(r"^(?P<indent> *)(?P<name>[A-Za-z_]+):")


def comments(text: str) -> dict[str, str]:
    """Return each value's dotted path with the comment above it; the file's own head is left out."""
    told: dict[str, str] = {}
    path: list[tuple[int, str]] = []
    above: list[str] = []
    for line in text.splitlines():
        if line.lstrip().startswith("#"):
            above.append(line.lstrip().removeprefix("#").strip())
        elif found := KEY.match(line):
            indent = len(found["indent"])
            path = [(depth, name) for depth, name in path if depth < indent] + [(indent, found["name"])]
            told[".".join(name for _, name in path)] = " ".join(above)
            above = []
        else:
            above = []
    return told


def leaves(values: dict[str, Any], told: dict[str, str], path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each value's path and default, as deep as values.yaml spells it out over several lines."""
    for name, value in values.items():
        here = f"{path}{name}"
        if isinstance(value, dict) and any(other.startswith(f"{here}.") for other in told):
            yield from leaves(value, told, f"{here}.")
        else:
            yield here, value


def table() -> str:
    """Return the Markdown table: a section per component, a line per value."""
    text = (CHART / "values.yaml").read_text(encoding="utf-8")
    told, values = comments(text), yaml.safe_load(text)
    lines: list[str] = []
    for part, inner in values.items():
        if isinstance(inner, dict):
            lines += ["", f"### {part}", "", *([told[part], ""] if told[part] else [])]
            rows = list(leaves(inner, told, f"{part}."))
        else:
            rows = [(part, inner)]
        if isinstance(inner, dict) or not lines:
            lines += ["| value | default | what |", "|---|---|---|"]
        lines += [f"| `{path}` | `{json.dumps(default)}` | {told.get(path, '')} |" for path, default in rows]
    return "\n".join(lines).lstrip("\n") + "\n"


def main(arguments: list[str]) -> int:
    """Write the README, or with --check say whether it would change."""
    before = README.read_text(encoding="utf-8")
    head, rest = before.split(BEGIN)
    after = f"{head}{BEGIN}\n{table()}\n{END}{rest.split(END)[1]}"
    if "--check" in arguments:
        if after != before:
            print(f"{README.name} does not tell the values as values.yaml does. Run: python scripts/chart_readme.py")
        return int(after != before)
    README.write_text(after, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""An environment of what one extra of the distribution needs, by the installed packages' own word, and no more."""

import os
import site
import sys
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("schemas", "encoders", "search_index", "search_plugin", "tests")


def closure(requirement: str) -> dict[str, Distribution]:
    """Return all that a requirement brings, by canonical name, markers evaluated for this machine."""
    found: dict[str, Distribution] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = [Requirement(requirement)]
    while waiting:
        asked = waiting.pop()
        name, extras = canonicalize_name(asked.name), frozenset(asked.extras)
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        found[name] = distribution(name)
        for text in found[name].requires or []:
            needed = Requirement(text)
            if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
                waiting.append(needed)
    return found


def link_packages(distributions: dict[str, Distribution], folder: Path) -> None:
    """Link the top of what each distribution installed into a folder, beside its metadata."""
    places = [Path(place).resolve() for place in site.getsitepackages()]
    for one in distributions.values():
        for file in one.files or []:
            target = Path(str(one.locate_file(file.parts[0]))).resolve()
            link = folder / file.parts[0]
            # Scripts and data lie beside the packages; ours are links into the checkout.
            if target.parent in places and target.exists() and not link.exists():
                link.symlink_to(target)


def bare_command(folder: Path) -> tuple[list[str], dict[str, str]]:
    """Return how to start a Python that sees these packages, the checkout, and nothing else that is installed."""
    path = os.pathsep.join([str(folder), *(str(ROOT / room) for room in ROOMS)])
    # -S: without the site's packages; -P: without the folder that it is started in.
    return [sys.executable, "-S", "-P"], {"PYTHONPATH": path, "PATH": os.environ["PATH"]}

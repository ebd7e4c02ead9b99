"""A real helm over the real chart: what it renders, and what it says."""

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
CHART = ROOT / "helm" / "damsight"
# One of those that the chart is for; an unbuilt helm's own default may be older than the chart takes.
KUBERNETES = "1.34"
MINIMAL = CHART / "ci" / "minimal-values.yaml"

Document = dict[str, Any]


@dataclass(frozen=True)
class Rendered:
    """The objects of one release."""

    objects: list[Document]

    def of_kind(self, kind: str) -> list[Document]:
        return [found for found in self.objects if found["kind"] == kind]

    def one(self, kind: str, suffix: str) -> Document:
        found = [one for one in self.of_kind(kind) if one["metadata"]["name"].endswith(suffix)]
        assert len(found) == 1, f"{kind} *{suffix}: {[one['metadata']['name'] for one in self.of_kind(kind)]}"
        return found[0]

    def pods(self) -> dict[str, Document]:
        """The pod templates by component."""
        owners = [*self.of_kind("Deployment"), *self.of_kind("StatefulSet"), *self.of_kind("Job")]
        templates = [owner["spec"]["template"] for owner in owners]
        return {pod["metadata"]["labels"]["app.kubernetes.io/component"]: pod for pod in templates}

    def names(self) -> set[tuple[str, str]]:
        return {(found["kind"], found["metadata"]["name"]) for found in self.objects}


class RefusedError(Exception):
    """Helm refused; the text is what it said."""


@dataclass(frozen=True)
class Helm:
    """The program, run on the chart."""

    binary: str
    chart: Path = CHART

    def run(self, *arguments: str) -> str:
        done = subprocess.run([self.binary, *arguments], capture_output=True, text=True, check=False)
        if done.returncode:
            raise RefusedError(done.stdout + done.stderr)
        return done.stdout

    def template(self, *arguments: str, values: Path | None = MINIMAL, release: str = "one") -> Rendered:
        given = ["--values", str(values)] if values else []
        text = self.run("template", release, str(self.chart), "--kube-version", KUBERNETES, *given, *arguments)
        return Rendered([document for document in yaml.safe_load_all(text) if document])

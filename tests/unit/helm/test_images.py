"""The Dockerfiles: read, as there is no container engine where these tests run."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

from drivers.helm_chart import CHART, ROOT, Helm

DOCKERFILES = {"consumer": "consumer", "search": "search_plugin", "encoder": "encoders"}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
by_component = pytest.mark.parametrize("component", DOCKERFILES)


def _dockerfile(component: str) -> str:
    return (ROOT / DOCKERFILES[component] / "Dockerfile").read_text()


@by_component
def test_installs_an_extra_by_the_locks_hashes(component: str) -> None:
    """Each image installs the distribution with extras that it has, at the lock's versions, checked by hash."""
    text = _dockerfile(component)
    extras = re.search(r'"\.\[([a-z0-9,-]+)\]"', text)
    assert extras is not None
    assert set(extras[1].split(",")) <= set(PROJECT["project"]["optional-dependencies"])
    assert "--verify-hashes" in text
    assert "--constraint requirements.lock --build-constraint requirements-dev.lock" in text


@by_component
def test_runs_as_the_user_that_the_chart_names(helm: Helm, component: str) -> None:
    """The image's own user is the chart's, so that files and volumes fit; build tools stay in the first stage."""
    final = _dockerfile(component).rpartition("FROM ")[2]
    pod = helm.template().pods()[component]["spec"]
    user = pod["securityContext"]
    assert f"USER {user['runAsUser']}:{user['runAsGroup']}" in final
    assert "pip uninstall" in final
    assert "uv " not in final


@by_component
def test_command_is_the_charts(helm: Helm, component: str) -> None:
    """Started by hand the image does what it does in the cluster."""
    command = re.search(r"^CMD (\[.*\])$", _dockerfile(component), re.MULTILINE)
    assert command is not None
    assert yaml.safe_load(command[1]) == helm.template().pods()[component]["spec"]["containers"][0]["command"]


@by_component
def test_writes_where_the_chart_has_a_volume(helm: Helm, component: str) -> None:
    """Home and caches lie in volumes, as the root file system is read-only."""
    mounts = {
        mount["mountPath"] for mount in helm.template().pods()[component]["spec"]["containers"][0]["volumeMounts"]
    }
    for variable in ("HOME", "XDG_CACHE_HOME", "HF_HOME"):
        found = re.search(rf"\b{variable}=(\S+)", _dockerfile(component))
        assert found is not None, variable
        assert any(Path(found[1]).is_relative_to(mount) for mount in mounts), variable


@by_component
def test_same_uv_as_on_a_laptop(component: str) -> None:
    """Images are installed by the uv that scripts/setup.sh uses."""
    wanted = re.search(r"uv_version=(\S+)", (ROOT / "scripts" / "setup.sh").read_text())
    assert wanted is not None
    assert f"uv=={wanted[1]} " in _dockerfile(component)


def test_the_build_context_holds_what_the_build_reads() -> None:
    """.dockerignore lets through every package of the distribution, its readme, its licence and the locks."""
    allowed = {
        line.removeprefix("!").rstrip("/")
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    packages = {path.partition("/")[0] for path in PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]}
    readme, licences = PROJECT["project"]["readme"], PROJECT["project"]["license-files"]
    assert packages | {readme, *licences, "pyproject.toml", "requirements.lock", "requirements-dev.lock"} <= allowed


def test_chart_and_distribution_have_one_version() -> None:
    """The chart's appVersion, which is the images' default tag, is the distribution's version."""
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert chart["appVersion"] == PROJECT["project"]["version"]

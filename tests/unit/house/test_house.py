"""The house keeps its own rules: sizes, names, the first screen of the README, and the locks."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
LONGEST = 300


def tracked(pattern: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", pattern],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def test_no_file_of_code_is_longer_than_a_person_reads() -> None:
    """Every Python file has one job and at most about 300 lines."""
    long = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in tracked("*.py")}
    assert {name: lines for name, lines in long.items() if lines > LONGEST} == {}


@pytest.mark.parametrize("word", ["util", "utils", "helper", "helpers", "manager", "misc", "common"])
def test_no_module_is_named_for_nothing(word: str) -> None:
    """Modules are named for the stage they are, so that the tree tells the data's way."""
    assert [path for path in tracked("*.py") if path.stem == word] == []


def test_the_first_screen_of_the_readme_shows_both_commands() -> None:
    """A newcomer sees make demo and make test without scrolling."""
    first_screen = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()[:20]
    assert any(line.startswith("make demo") for line in first_screen)
    assert any(line.startswith("make test") for line in first_screen)


def test_ci_runs_the_command_that_developers_run() -> None:
    """There is one way to test, and CI has no other."""
    assert "make test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_every_locked_requirement_has_hashes_and_no_address(lock: str) -> None:
    """The locks pin with hashes and name no registry."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    pins = re.split(r"\n(?=[a-z0-9])", text)
    unhashed = [pin.splitlines()[0] for pin in pins if "==" in pin.splitlines()[0] and "--hash=sha256:" not in pin]
    assert unhashed == []
    assert "://" not in text


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_the_locks_hold_what_the_project_asks_for(lock: str) -> None:
    """A dependency added to pyproject.toml and not locked fails here, not on a newcomer's machine."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    asked = list(project["project"]["dependencies"])
    for extra, requirements in project["project"]["optional-dependencies"].items():
        asked += (
            requirements if extra in ("encode", "encode-serve", "consumer", "search", "publish", "devstack") else []
        )
    if lock == "requirements-dev.lock":
        asked += project["dependency-groups"]["dev"]
    locked = set(re.findall(r"^([a-z0-9][a-z0-9-]*)==", (ROOT / lock).read_text(encoding="utf-8"), re.MULTILINE))
    names = {re.split(r"[\[<>=!~; ]", requirement, maxsplit=1)[0].lower().replace("_", "-") for requirement in asked}
    assert names - {"damsight"} <= locked


def test_the_cpu_lock_leaves_out_torch_and_cuda_and_nothing_else() -> None:
    """TORCH=cpu installs every other package by hash."""
    lock = ROOT / "requirements.lock"
    script = ROOT / "scripts" / "without_torch.py"
    text = subprocess.run(["python3", script, lock], capture_output=True, text=True, check=True).stdout
    before = set(re.findall(r"^([a-z0-9][\w-]*)==", lock.read_text(encoding="utf-8"), re.MULTILINE))
    after = set(re.findall(r"^([a-z0-9][\w-]*)==", text, re.MULTILINE))
    left_out = before - after
    assert {"torch", "torchvision"} <= left_out
    assert all(name.startswith(("torch", "nvidia-", "cuda-", "triton")) for name in left_out)


def test_nothing_committed_names_a_machine_or_a_registry() -> None:
    """A clone works anywhere: no absolute home, no registry's host name."""
    pattern = re.compile(
        r"(?<![\w.])/(?:root|work|home/\w+)/|pypi\.org|pythonhosted|repo1?\.maven|registry\.npmjs", re.IGNORECASE
    )
    found = []
    for path in tracked("*"):
        if path.suffix in (".jpg", ".png", ".safetensors", ".woff2") or path == Path(__file__):
            continue
        text = path.read_text(encoding="utf-8", errors="ignore")
        found += [f"{path.relative_to(ROOT)}: {match.group()}" for match in pattern.finditer(text)]
    assert found == []

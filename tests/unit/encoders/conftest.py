"""Checkpoints made once a session."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from damsight_schemas.connections import ModelSettings
from fakes.checkpoints import MAKERS, make_bert


@pytest.fixture(scope="session", params=sorted(MAKERS))
def joint_folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return MAKERS[request.param](tmp_path_factory.mktemp("joint") / f"tiny-{request.param}")


@pytest.fixture(scope="session")
def clip_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return MAKERS["clip"](tmp_path_factory.mktemp("clip") / "tiny-clip")


@pytest.fixture(scope="session")
def bert_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bert(tmp_path_factory.mktemp("bert") / "tiny-bert", pooling="mean")


@pytest.fixture
def copied(tmp_path: Path) -> Callable[[Path], Path]:
    """Copies a checkpoint, so that a test can spoil it."""
    return lambda folder: Path(shutil.copytree(folder, tmp_path / folder.name))


@pytest.fixture
def on_cpu() -> ModelSettings:
    return ModelSettings(device="cpu", dtype="float32", threads=1)

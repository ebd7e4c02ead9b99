"""The doctor tells what is there, what is missing, and what to do; only what was asked for and is not met fails."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from damsight_cli.examination.finding import Finding
from damsight_cli.examination.machine import examine_codecs, examine_disk, examine_gpu, examine_java, examine_python
from damsight_cli.examination.models import examine_models
from damsight_cli.examination.servers import examine_elasticsearch, examine_kafka
from damsight_cli.examination.settings import examine_settings
from damsight_schemas.connections import ElasticsearchSettings, IndexSettings, KafkaSettings, ModelSettings


@pytest.fixture(autouse=True)
def untouched_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of whoever runs the tests."""
    for name in list(os.environ):
        if name.startswith("DAMSIGHT_"):
            monkeypatch.delenv(name)


@pytest.fixture
def nobody() -> str:
    """An address where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


def one(findings: list[Finding]) -> Finding:
    assert len(findings) == 1
    return findings[0]


def test_this_computer_is_well() -> None:
    """Where the tests run, everything is installed and can be used."""
    findings = [*examine_python(), *examine_codecs(), *examine_java()]
    assert [finding.verdict for finding in findings] == ["ok", "ok", "ok"]
    assert "zstd" in findings[1].found
    assert all("GiB free" in finding.found for finding in examine_disk())


def test_nobody_at_the_default_address_is_no_fault(nobody: str) -> None:
    """Servers that nobody configured are a warning that tells how to start some."""
    kafka = one(examine_kafka(KafkaSettings(bootstrap_servers=nobody), was_set=False))
    found, live = examine_elasticsearch(ElasticsearchSettings(url=f"http://{nobody}"), IndexSettings(), was_set=False)
    assert (kafka.verdict, one(found).verdict, live) == ("warn", "warn", None)
    assert "damsight stack up" in kafka.advice
    assert "make demo" in one(found).advice


def test_nobody_at_a_given_address_is_a_fault(nobody: str) -> None:
    """Servers that somebody named and that do not answer fail, with the setting's name."""
    kafka = one(examine_kafka(KafkaSettings(bootstrap_servers=nobody), was_set=True))
    found, _ = examine_elasticsearch(ElasticsearchSettings(url=f"http://{nobody}"), IndexSettings(), was_set=True)
    assert (kafka.verdict, one(found).verdict) == ("fail", "fail")
    assert "DAMSIGHT_KAFKA__BOOTSTRAP_SERVERS" in kafka.advice
    assert nobody in kafka.found
    assert "DAMSIGHT_ELASTICSEARCH__URL" in one(found).advice


def test_wrong_settings_are_told_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting that cannot be read fails, and what depends on it is not looked at."""
    monkeypatch.setenv("DAMSIGHT_KAFKA__SECURITY_PROTOCOL", "TELNET")
    findings, settings = examine_settings()
    assert settings is None
    assert any(found.verdict == "fail" and "DAMSIGHT_KAFKA__SECURITY_PROTOCOL" in found.found for found in findings)


def test_a_root_that_is_no_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder that may be read and is not there fails by name."""
    monkeypatch.setenv("DAMSIGHT_FETCH__ROOTS", f"{tmp_path}{os.pathsep}{tmp_path / 'nowhere'}")
    findings, settings = examine_settings()
    assert settings is not None
    assert [found.found for found in findings if found.verdict == "fail"] == [
        f"DAMSIGHT_FETCH__ROOTS: {tmp_path / 'nowhere'} is no folder"
    ]


@pytest.mark.parametrize(
    ("settings", "verdict", "said"),
    [
        ({}, "warn", "nobody"),
        ({"DAMSIGHT_AUTH__ANONYMOUS": "true"}, "ok", "strangers see what is public"),
        ({"DAMSIGHT_AUTH__SECRET": "x" * 32}, "ok", "a signing secret"),
        ({"DAMSIGHT_AUTH__SECRET": "short"}, "fail", "DAMSIGHT_AUTH__SECRET"),
    ],
)
def test_who_may_search(monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], verdict: str, said: str) -> None:
    """A search that would answer nobody is told; a wrong secret fails, and is never repeated."""
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    first = examine_settings()[0][0]
    assert (first.verdict, said in first.found) == (verdict, True)
    assert "'short'" not in first.found


def test_models_that_are_not_named() -> None:
    """Without models searches are by keyword; that is a warning, with what to set."""
    assert one(examine_models(ModelSettings())).verdict == "warn"


def test_a_model_folder_that_is_none(tmp_path: Path) -> None:
    """A folder without a checkpoint, or that is not there, fails; nothing is downloaded."""
    (tmp_path / "empty").mkdir()
    empty = one(examine_models(ModelSettings(joint=str(tmp_path / "empty"))))
    missing = one(examine_models(ModelSettings(caption=str(tmp_path / "missing"))))
    assert (empty.verdict, missing.verdict) == ("fail", "fail")
    assert "config.json" in empty.found
    assert "DAMSIGHT_MODELS__CAPTION" in missing.found


def test_a_model_of_the_hub_that_is_not_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A hub id whose files are not here is a warning: the first use fetches them."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    found = one(examine_models(ModelSettings(joint="damsight/not-downloaded")))
    assert (found.verdict, "not downloaded" in found.found) == ("warn", True)


def test_an_encoder_service_that_does_not_answer(nobody: str) -> None:
    """A named service that is not there fails."""
    assert one(examine_models(ModelSettings(url=f"http://{nobody}"))).verdict == "fail"


def test_a_gpu_that_was_asked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No GPU is fine, unless the settings ask for one; a driver is told by its version."""
    monkeypatch.setattr("damsight_cli.examination.machine._DRIVER", tmp_path / "version")
    assert one(examine_gpu("auto")).verdict == "ok"
    assert one(examine_gpu("cuda:0")).verdict == "fail"
    (tmp_path / "version").write_text("NVRM version: NVIDIA UNIX x86_64 Kernel Module  580.1\nGCC")
    assert "580.1" in one(examine_gpu("cuda")).found


def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DAMSIGHT_")}
    program = [sys.executable, "-m", "damsight_cli.main", "doctor", *arguments]
    return subprocess.run(program, env={**environment, **settings}, capture_output=True, text=True, check=False)


def test_the_command(nobody: str) -> None:
    """It exits with 1 only where something fails, and gives the same as JSON."""
    broken = run("--json", DAMSIGHT_KAFKA__BOOTSTRAP_SERVERS=nobody)
    assert broken.returncode == 1, broken.stderr
    findings: list[dict[str, Any]] = json.loads(broken.stdout)
    assert [found["check"] for found in findings if found["verdict"] == "fail"] == ["kafka"]
    assert all(found["advice"] for found in findings if found["verdict"] != "ok")
    plain = run(DAMSIGHT_ELASTICSEARCH__URL=f"http://{nobody}")
    assert plain.returncode == 1
    assert "fail  elasticsearch:" in plain.stdout
    assert "to do: correct DAMSIGHT_ELASTICSEARCH__URL" in plain.stdout

"""`damsight consume` as a person or a container starts it, with the starter model."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from damsight_devstack import Stack
from damsight_encoders.load import load_encoders
from damsight_schemas.connections import ModelSettings
from drivers.consumer_bench import ConsumerBench
from examples import pictures
from examples.assets import changed_event

ROOT = Path(__file__).resolve().parents[2]
STARTER = ROOT / "samples" / "starter" / "checkpoint"
COMMAND = [sys.executable, "-c", "import typer; from damsight_cli.consume import command; typer.run(command)"]


@pytest.fixture
def bench(stack: Stack, tmp_path: Path) -> Iterator[ConsumerBench]:
    encoders = load_encoders(ModelSettings(joint=str(STARTER), device="cpu"))
    made = ConsumerBench(stack, tmp_path, encoders=encoders)
    made.environment |= {"DAMSIGHT_MODELS__JOINT": str(STARTER), "DAMSIGHT_MODELS__DEVICE": "cpu"}
    yield made
    made.close()


@pytest.mark.integration
def test_the_command_ingests_and_ends_when_it_is_told(bench: ConsumerBench) -> None:
    """Idle for a while it ends with the counts; on SIGTERM it commits and ends with 0; every line it logs is JSON."""
    environment = {**os.environ, **bench.environment, "DAMSIGHT_LOG__LEVEL": "debug"}
    bench.send(changed_event("red", uri=bench.save("red.jpg", pictures.jpeg("red"))))
    first = subprocess.run(
        [*COMMAND, "--until-idle", "2", "--json"], env=environment, capture_output=True, timeout=180, check=False
    )
    assert first.returncode == 0, first.stderr.decode()
    assert json.loads(first.stdout)["indexed"] == 1
    lines = [json.loads(line) for line in first.stderr.splitlines() if line.startswith(b"{")]
    (done,) = [line for line in lines if line["event"] == "event done"]
    assert (done["asset_id"], done["revision"], done["outcome"], done["stage"]) == ("red", 1, "indexed", "write")
    document = bench.stored("red")
    assert document is not None
    assert document["image_vector"]

    process = subprocess.Popen(COMMAND, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        bench.send(changed_event("blue", uri=bench.save("blue.jpg", pictures.jpeg("blue"))))
        bench.wait(lambda: bench.stored("blue") is not None, within_s=180)
    finally:
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert b"indexed  1" in output
    assert bench.committed() == 2


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("DAMSIGHT_CONSUMER__EVENTS", "many", 2),
        ("DAMSIGHT_ELASTICSEARCH__URL", "http://127.0.0.1:9", 1),
        ("DAMSIGHT_MODELS__JOINT", "/nowhere/at/all", 1),
    ],
)
def test_what_is_wrong_is_told_in_a_line(name: str, value: str, code: int) -> None:
    """2 for a wrong setting and 1 for what does not answer; the setting is named, and there is no traceback."""
    ended = subprocess.run(
        COMMAND, env={**os.environ, name: value}, capture_output=True, text=True, timeout=180, check=False
    )
    assert ended.returncode == code, ended.stderr
    assert name in ended.stderr
    assert "Traceback" not in ended.stderr

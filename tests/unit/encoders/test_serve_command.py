"""`damsight encode-serve` tells what it takes, serves, and stops."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from typer import Typer
from typer.testing import CliRunner

from damsight_cli.encode_serve import command

ENTRY = "import typer; from damsight_cli.encode_serve import command; typer.run(command)"


@pytest.fixture
def app() -> Typer:
    made = Typer()
    made.command()(command)
    return made


def test_help_has_examples_and_is_quick(app: Typer) -> None:
    """--help tells the options and an example, without importing torch or FastAPI."""
    answer = CliRunner().invoke(app, ["--help"])
    assert answer.exit_code == 0
    assert "damsight encode-serve --joint" in re.sub(r"\s+", " ", answer.output)
    program = (
        f"import sys; sys.argv = ['x', '--help']\ntry:\n    exec({ENTRY!r})\nfinally:\n"
        "    print(set(sys.modules) & {'torch', 'fastapi', 'numpy'})"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout.rstrip().endswith("set()")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--device", "gpu"], 2, "DAMSIGHT_MODELS__DEVICE|DEVICE"),
        (["--dtype", "int3"], 2, "DTYPE"),
        ([], 1, "no model is named"),
        (["--joint", "/nowhere"], 1, "DAMSIGHT_MODELS__JOINT=/nowhere: there is no such folder"),
    ],
)
def test_a_wrong_start_ends_with_its_reason(app: Typer, arguments: list[str], code: int, words: str) -> None:
    """Wrong usage is 2, a model that cannot be loaded 1, each with the setting's name."""
    answer = CliRunner().invoke(app, arguments, env={"DAMSIGHT_MODELS__JOINT": None, "DAMSIGHT_MODELS__CAPTION": None})
    assert answer.exit_code == code
    assert any(word in answer.output for word in words.split("|"))


@pytest.fixture
def served(clip_folder: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", ENTRY, "--port", "0", "--joint", str(clip_folder), "--device", "cpu"],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "DAMSIGHT_MODELS__API_KEY": "k"},
    )
    yield process
    process.kill()
    process.communicate(timeout=20)


def test_a_taken_port_is_told_before_models_are_loaded(app: Typer) -> None:
    """The port is tried first: the message names it, and no model is looked for."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        answer = CliRunner().invoke(app, ["--port", str(port), "--joint", "/nowhere"])
    assert answer.exit_code == 1
    assert f"cannot listen on 127.0.0.1:{port}" in answer.output
    assert "/nowhere" not in answer.output


def address_of(served: subprocess.Popen[str]) -> tuple[str, int]:
    """Wait until it listens; its host and port."""
    assert served.stderr is not None
    told = []
    for line in served.stderr:
        told.append(line)
        if "listening on" in line:
            break
    found = re.search(r"http://(127\.0\.0\.1):(\d+)", told[-1] if told else "")
    assert found, told
    return found[1], int(found[2])


def test_it_serves_and_stops_on_sigterm(served: subprocess.Popen[str]) -> None:
    """It prints its address once the models are loaded, answers there, and ends with 0 on SIGTERM."""
    host, port = address_of(served)
    answer = httpx.post(
        f"http://{host}:{port}/v1/embeddings",
        json={"model": "tiny-clip", "input": ["fox"]},
        headers={"Authorization": "Bearer k"},
        timeout=120,
    )
    assert len(answer.json()["data"][0]["embedding"]) == 24
    served.send_signal(signal.SIGTERM)
    assert served.wait(timeout=120) == 0


def test_what_is_under_way_is_answered_before_it_stops(served: subprocess.Popen[str]) -> None:
    """SIGTERM while a request is half sent: the port closes, the rest is taken and answered, and it ends with 0."""
    address = address_of(served)
    body = b'{"model": "tiny-clip", "input": ["fox"]}'
    head = (
        "POST /v1/embeddings HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer k\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n"
    )
    with socket.create_connection(address, timeout=120) as connection:
        connection.sendall(head.encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 100")
        served.send_signal(signal.SIGTERM)
        with pytest.raises(OSError):  # noqa: PT012, PT011 - refused or reset, whichever comes first
            while True:
                socket.create_connection(address, timeout=120).close()
        connection.sendall(body)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.count(b'"embedding":[') == 1
    assert served.wait(timeout=120) == 0

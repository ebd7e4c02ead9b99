"""The demo as a newcomer runs it: it finds by sight, serves its page, and leaves nothing running."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from damsight_cli.demonstration.samples import find_samples
from damsight_devstack import stack_status
from damsight_devstack.faults import kill_server

PATIENCE_S = 240.0
DEMO = [sys.executable, "-m", "damsight_cli.main", "demo"]

pytestmark = pytest.mark.integration


def environment() -> dict[str, str]:
    # Where the hub could be reached, the demo would fetch gigabytes: what it does without the hub is the claim here.
    return {**os.environ, "HF_HUB_OFFLINE": "1", "COLUMNS": "200"}


@contextmanager
def demo(log: Path, *arguments: str) -> Iterator[psutil.Popen]:
    """Run the demo, and end whatever it started, however the test goes."""
    with log.open("wb") as written:
        process = psutil.Popen([*DEMO, *arguments], stdout=written, stderr=written, env=environment())
        try:
            yield process
        finally:
            if process.is_running():
                process.kill()
                process.wait()


def wait_for(log: Path, pattern: str) -> str:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        found = re.search(pattern, log.read_text())
        if found:
            return found.group(1)
        time.sleep(0.2)
    pytest.fail(f"{pattern} was not said within {PATIENCE_S:.0f} s: {log.read_text()[-3000:]}")


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    _, left = psutil.wait_procs(processes, timeout=15)
    return left


def seen(log: Path) -> int:
    """How many assets the demo said last that it has seen."""
    told = re.findall(r"seen and indexed: ([\d,]+) of", log.read_text())
    return int(told[-1].replace(",", "")) if told else 0


def wait_until(condition: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, log.read_text()[-3000:]
        time.sleep(0.1)


def test_once_ingests_searches_and_leaves_nothing_though_both_servers_are_killed(tmp_path: Path) -> None:
    """`damsight demo --once` exits 0 after five searches that found something, by sight among them.

    Kafka and then Elasticsearch are killed in the middle of the ingest: that changes nothing but the time.
    """
    log, keep = tmp_path / "log", tmp_path / "kept"
    with demo(log, "--once", "--keep", str(keep)) as process:
        wait_until(lambda: seen(log) > 0, log)
        stack = stack_status(keep).stack
        assert stack is not None
        kill_server(stack, "kafka")
        started = process.children(recursive=True)
        wait_until(lambda: stack_status(keep).kafka == "answers", log)
        kill_server(stack, "elasticsearch")
        wait_until(lambda: stack_status(keep).elasticsearch == "answers", log)
        started += process.children(recursive=True)
        assert process.wait(PATIENCE_S) == 0, log.read_text()
    assert alive(started) == []
    said = log.read_text()
    assert "kafka was killed by signal 9: starting it again" in said
    assert "elasticsearch was killed by signal 9: starting it again" in said
    assert "1,572 of 1,572" in said
    assert "1,572 assets can be found" in said
    assert "5 of 5 searches found something" in said
    sleuth = said.partition('"sleuth"')[2].partition('"Wellenreiten"')[0]
    assert "detective" in sleuth
    assert "keyword" not in sleuth
    assert "surfing" in said.partition('"Wellenreiten"')[2]


def test_own_pictures_are_served_until_ctrl_c_and_kept_for_the_next_time(tmp_path: Path) -> None:
    """With --folder and --keep it serves the page, ends on Ctrl-C without a process left, and remembers what it saw."""
    pictures = tmp_path / "my pictures"
    pictures.mkdir()
    for source in sorted((find_samples().library.parent / "pictures").glob("*-apple.jpg")):
        shutil.copy(source, pictures)
    (pictures / "broken.jpg").write_bytes(b"<html>not a picture</html>")
    keep = tmp_path / "kept"

    for said in ("events in", "nothing new to ingest"):
        log = tmp_path / f"{said}.log"
        with demo(log, "--folder", str(pictures), "--keep", str(keep), "--port", "0") as process:
            address = wait_for(log, r"the search page: (http://\S+)")
            assert said in log.read_text()
            assert "starter checkpoint, which knows pictograms and not photographs" in log.read_text()
            started = process.children(recursive=True)
            assert len(started) >= 2
            page = httpx.get(address, params={"q": "apple"}, timeout=30)
            assert page.status_code == 200
            assert "red-apple" in page.text
            process.send_signal(signal.SIGINT)
            assert process.wait(60) in (0, 130)
            assert alive(started) == []


def test_a_folder_that_is_not_there_is_wrong_usage() -> None:
    """A slip of the pen starts nothing."""
    done = subprocess.run(
        [*DEMO, "--folder", "/nowhere/at/all"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert "does not exist" in done.stderr

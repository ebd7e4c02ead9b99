"""Each image holds one extra: its commands run without the packages of the others."""

import os
import subprocess
import sys

import pytest

from drivers.helm_chart import Helm

# What the other extras bring; the image of the component does not have it.
ABSENT = {
    "search": ("torch", "transformers", "kafka", "jgo", "psutil", "watchfiles", "defusedxml", "safetensors"),
    "consumer": ("fastapi", "uvicorn", "jinja2", "jwt", "jgo", "psutil", "watchfiles", "defusedxml"),
    "index": ("fastapi", "uvicorn", "jinja2", "jwt", "jgo", "psutil", "watchfiles", "defusedxml"),
    "encoder": ("kafka", "jinja2", "jwt", "jgo", "psutil", "watchfiles", "defusedxml"),
}
RUN = "import sys; sys.modules.update(dict.fromkeys({absent!r})); from damsight_cli.main import main; main()"
# Port 9, discard: nobody listens there.
NOBODY = {
    "DAMSIGHT_KAFKA__BOOTSTRAP_SERVERS": "127.0.0.1:9",
    "DAMSIGHT_ELASTICSEARCH__URL": "http://127.0.0.1:9",
    "DAMSIGHT_MODELS__URL": "http://127.0.0.1:9",
}


def run(component: str, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-c", RUN.format(absent=ABSENT[component]), *arguments]
    plain = {name: value for name, value in os.environ.items() if not name.startswith("DAMSIGHT_")}
    return subprocess.run(program, env=plain | settings, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.parametrize("component", ["search", "consumer"])
def test_waiting_for_the_index(helm: Helm, component: str) -> None:
    """The init container's command runs in the component's image: it fails for want of a server, not of a package."""
    waiting = helm.template().pods()[component]["spec"]["initContainers"][0]["command"][-1]
    assert "damsight index status" in waiting
    done = run(component, "index", "status", **NOBODY)
    assert (done.returncode, "Elasticsearch cannot be reached" in done.stderr) == (1, True), done.stderr


def test_search_starts(helm: Helm) -> None:
    """The search API's command runs without torch and without Kafka's client."""
    command = helm.template().pods()["search"]["spec"]["containers"][0]["command"]
    done = run("search", *command[1:], **NOBODY)
    assert (done.returncode, "Elasticsearch cannot be reached" in done.stderr) == (1, True), done.stderr


def test_index_job_starts(helm: Helm) -> None:
    """The Job's command runs in the consumer's image."""
    command = helm.template().pods()["index"]["spec"]["containers"][0]["command"]
    done = run("index", *command[1:], DAMSIGHT_ELASTICSEARCH__URL="http://127.0.0.1:9")
    assert (done.returncode, "no model is named" in done.stderr) == (2, True), done.stderr


def test_consumer_starts(helm: Helm) -> None:
    """The consumer's command runs without the packages of the search API."""
    command = helm.template().pods()["consumer"]["spec"]["containers"][0]["command"]
    done = run("consumer", *command[1:], DAMSIGHT_MODELS__JOINT="/nowhere")
    assert (done.returncode, "/nowhere" in done.stderr) == (1, True), done.stderr


def test_encoder_starts(helm: Helm) -> None:
    """The encoder service's command runs without Kafka's client."""
    command = helm.template().pods()["encoder"]["spec"]["containers"][0]["command"]
    done = run("encoder", command[1], "--port", "0", DAMSIGHT_MODELS__JOINT="/nowhere")
    assert (done.returncode, "/nowhere" in done.stderr) == (1, True), done.stderr


def test_a_part_that_is_not_there_is_told() -> None:
    """A command of another part says which package it needs, and the list of commands still works."""
    told = run("search", "publish", ".")
    assert (told.returncode, "needs the package" in told.stderr) == (1, True), told.stderr
    listed = run("search", "--help")
    assert (listed.returncode, "consume" in listed.stdout) == (0, True), listed.stderr

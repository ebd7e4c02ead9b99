"""damsight search, serve and index: usage, exit codes, and what is printed."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
import uvicorn
from typer.testing import CliRunner

from contract.search_index_contract import SPACES
from contract.search_service_contract import picture_of, service_over
from damsight_cli import index, search, serve
from damsight_search.api.app import create_app
from damsight_search.settings import load_settings
from fakes.library import library
from fakes.search_app import SECRET, token
from fakes.search_index import FakeIndex

RUNNER = CliRunner()
NOWHERE = {"DAMSIGHT_ELASTICSEARCH__URL": "http://127.0.0.1:9", "DAMSIGHT_AUTH__ANONYMOUS": "true"}

searching = typer.Typer()
searching.command()(search.command)
serving = typer.Typer()
serving.command()(serve.command)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A search API over the small library, on a real port."""
    shelf = FakeIndex(SPACES)
    shelf.documents = library()
    app = create_app(service_over(shelf), load_settings(auth={"secret": SECRET, "anonymous": True}))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        threading.Event().wait(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


def test_search_tells_hits_and_why(address: str) -> None:
    """A line a hit with its legs, the facets and the total."""
    done = RUNNER.invoke(searching, ["red", "--url", address, "--facet", "tags", "--size", "2"])
    assert done.exit_code == 0, done.output
    assert "Red picture" in done.output
    assert "image #1" in done.output
    assert "tags (of" in done.output


def test_search_tells_what_may_have_been_meant(address: str) -> None:
    """A word that nothing holds, put right."""
    done = RUNNER.invoke(searching, ["yelow picture", "--url", address])
    assert "Did you mean: yellow picture" in done.output.replace("Yellow", "yellow")


def test_search_prints_json_and_asks_as_whoever_the_token_says(address: str) -> None:
    """For programs, under the token's rights."""
    given = ["--filter", "collections:press", "--url", address, "--json"]
    stranger = json.loads(RUNNER.invoke(searching, given).output)
    assert stranger["total"]["value"] == 0
    press = json.loads(RUNNER.invoke(searching, [*given, "--token", token()]).output)
    assert press["total"]["value"] == sum("press" in one.get("collections", []) for one in library().values())


def test_search_takes_a_picture_and_likes(address: str, tmp_path: Path) -> None:
    """A file to be like, and assets to be like."""
    picture = tmp_path / "blue.png"
    picture.write_bytes(picture_of("blue"))
    by_picture = json.loads(RUNNER.invoke(searching, ["--image", str(picture), "--url", address, "--json"]).output)
    assert "blue" in by_picture["hits"][0]["asset"]["tags"]
    by_like = json.loads(RUNNER.invoke(searching, ["--like", "asset-003", "--url", address, "--json"]).output)
    assert "red" in by_like["hits"][0]["asset"]["tags"]


@pytest.mark.parametrize(
    ("given", "code", "says"),
    [
        (["red", "--filter", "tags"], 2, "field:value"),
        (["--size", "0"], 2, "--size"),
        (["red", "--group", "press"], 2, "--as NAME"),
        (["red", "--as", "anna", "--public"], 2, "--as NAME"),
        (["red", "--like", ""], 2, "like.0"),
        (["red", "--image", "nowhere.jpg"], 2, "nowhere.jpg"),
        (["red"], 1, "DAMSIGHT_ELASTICSEARCH__URL"),
        (["red", "--url", "http://127.0.0.1:9"], 1, "damsight serve"),
    ],
    ids=str,
)
def test_search_says_what_is_wrong(given: list[str], code: int, says: str) -> None:
    """Wrong usage is 2, a fault is 1, and the line says what to do."""
    done = RUNNER.invoke(searching, given, env={**NOWHERE, "COLUMNS": "200"})
    assert (done.exit_code, says in done.output) == (code, True), done.output


def test_a_refusal_of_the_api_is_told_in_its_own_words(address: str) -> None:
    """What the API says is wrong is what the person reads."""
    done = RUNNER.invoke(searching, ["red", "--filter", "acl:public", "--url", address])
    assert done.exit_code == 1
    assert "takes one of" in done.output
    done = RUNNER.invoke(searching, ["red", "--url", address, "--token", "wrong"])
    assert "not valid" in done.output


@pytest.mark.parametrize(
    ("environment", "code", "says"),
    [
        ({"DAMSIGHT_AUTH__ANONYMOUS": "perhaps"}, 2, "DAMSIGHT_AUTH__ANONYMOUS"),
        ({"DAMSIGHT_AUTH__SECRET": "short"}, 2, "DAMSIGHT_AUTH__SECRET"),
        ({}, 1, "DAMSIGHT_ELASTICSEARCH__URL"),
    ],
    ids=str,
)
def test_serve_does_not_start_where_it_could_not_answer(environment: dict[str, str], code: int, says: str) -> None:
    """A wrong setting is named; an index that is not there is told."""
    done = RUNNER.invoke(serving, ["--port", "0"], env={**NOWHERE, **environment})
    assert (done.exit_code, says in done.output) == (code, True), done.output
    assert "short" not in done.output


@pytest.mark.parametrize("command", ["status", "cutover", "rollback"])
def test_index_commands_say_when_nothing_answers(command: str) -> None:
    """Each names the setting that tells where Elasticsearch is."""
    done = RUNNER.invoke(index.app, [command], env=NOWHERE)
    assert (done.exit_code, "DAMSIGHT_ELASTICSEARCH__URL" in done.output) == (1, True), done.output


def test_index_create_asks_for_the_models() -> None:
    """Without models the vectors' spaces are not known, and it says how to do without."""
    done = RUNNER.invoke(index.app, ["create"], env=NOWHERE)
    assert (done.exit_code, "--without-vectors" in done.output) == (2, True), done.output


@pytest.mark.parametrize("command", [[], ["create"], ["status"], ["cutover"], ["rollback"]])
def test_every_index_command_has_help_with_examples(command: list[str]) -> None:
    """--help tells what it does and shows how."""
    done = RUNNER.invoke(index.app, [*command, "--help"])
    assert done.exit_code == 0
    assert "Usage" in done.output
    assert not command or "Examples" in done.output

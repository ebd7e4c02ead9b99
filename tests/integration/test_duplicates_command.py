"""damsight duplicates, on a real index."""

import json
from collections.abc import Iterator

import pytest
import typer
from typer.testing import CliRunner

from contract.duplicates_contract import shelf
from contract.search_index_contract import SPACES
from damsight_cli import duplicates
from damsight_devstack import Stack
from fakes.real_index import real_index

RUNNER = CliRunner()
NOWHERE = {"DAMSIGHT_ELASTICSEARCH__URL": "http://127.0.0.1:9"}

listing = typer.Typer()
listing.command()(duplicates.command)


@pytest.fixture(scope="module")
def index(stack: Stack) -> Iterator[dict[str, str]]:
    """The environment that names a library with duplicates."""
    with real_index(stack.elasticsearch_url, SPACES) as real:
        real.store(shelf())
        yield {"DAMSIGHT_ELASTICSEARCH__URL": stack.elasticsearch_url, "DAMSIGHT_INDEX__ALIAS": real.settings.alias}


@pytest.mark.integration
def test_the_operator_sees_all_duplicates(index: dict[str, str]) -> None:
    """Whoever may see them: a line a group, and how many."""
    done = RUNNER.invoke(listing, [], env=index)
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[:2] == ["the same file: film, film-copy", "the same file: red, red-copy"]
    assert lines[2].startswith("the same picture: ")
    assert "red-secret" in lines[2]
    assert lines[3] == f"3 groups among {len(shelf())} assets"
    cut = RUNNER.invoke(listing, ["--limit", "1"], env=index).stdout
    assert "2 more are not printed" in cut


@pytest.mark.integration
@pytest.mark.parametrize(
    ("given", "same"),
    [(["--public", "--near"], ["looks"]), (["--exact", "--as", "bert", "--group", "press"], ["bytes", "bytes"])],
)
def test_programs_get_json_as_somebody_sees_it(index: dict[str, str], given: list[str], same: list[str]) -> None:
    """One kind alone, under a person's or a stranger's rights."""
    told = json.loads(RUNNER.invoke(listing, [*given, "--json"], env=index).stdout)
    assert [group["same"] for group in told["groups"]] == same
    assert "red-secret" not in str(told["groups"])
    assert told["complete"] is True
    assert told["assets"] == len(shelf()) - ("--public" in given)


@pytest.mark.parametrize(
    ("given", "code", "says"),
    [
        (["--near", "--exact"], 2, "one of them"),
        (["--group", "press"], 2, "--as NAME"),
        (["--public", "--as", "anna"], 2, "--as NAME"),
        (["--as", "\n"], 1, "no principal"),
        ([], 1, "cannot be reached"),
    ],
)
def test_wrong_usage_and_a_missing_server_are_told(given: list[str], code: int, says: str) -> None:
    """In one line, with the exit code that programs rely on."""
    done = RUNNER.invoke(listing, given, env=NOWHERE)
    assert done.exit_code == code
    assert says in " ".join(done.output.replace("│", " ").split())

"""Searches by pictures and likes over HTTP and from the command line."""

import json
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer import Typer
from typer.testing import CliRunner

from contract.looking_contract import halves
from contract.search_service_contract import picture_of
from damsight_cli import search
from damsight_schemas.search import SearchRequest
from fakes.search_app import api, bearer
from unit.search.api.test_api import assert_problem

AS_PRESS = bearer()
RUNNER = CliRunner()
searching = Typer()
searching.command()(search.command)


@pytest.fixture(scope="module")
def client() -> TestClient:
    return api()


def files(*colours: str) -> list[tuple[str, tuple[str, bytes, str]]]:
    return [("file", (f"{colour}.png", picture_of(colour), "image/png")) for colour in colours]


def tags_of_first(answer: dict[str, list[dict[str, dict[str, list[str]]]]]) -> list[str]:
    return answer["hits"][0]["asset"]["tags"]


def test_several_pictures_with_weights_and_parts(client: TestClient) -> None:
    """``file`` may be given several times; ``pictures`` tells of each in turn."""
    for weights, colour in (((9, 1), "red"), ((1, 9), "blue")):
        request = json.dumps({"pictures": [{"weight": weight} for weight in weights]})
        answer = client.post(
            "/api/v1/search/image", files=files("red", "blue"), data={"request": request}, headers=AS_PRESS
        )
        assert colour in tags_of_first(answer.json())
    part = json.dumps({"pictures": [{"box": {"x": 0.5, "y": 0, "width": 0.5, "height": 1}}]})
    given = [("file", ("halves.png", halves("red", "green"), "image/png"))]
    answer = client.post("/api/v1/search/image", files=given, data={"request": part}, headers=AS_PRESS)
    assert "green" in tags_of_first(answer.json())


def test_more_pictures_than_are_taken_are_a_problem(client: TestClient) -> None:
    """Eleven pictures, weights for pictures that were not sent, and none at all."""
    eleven = client.post("/api/v1/search/image", files=files(*["red"] * 11), headers=AS_PRESS)
    assert_problem(eleven, 422, "invalid-request")
    two = json.dumps({"pictures": [{}, {}]})
    told = client.post("/api/v1/search/image", files=files("red"), data={"request": two}, headers=AS_PRESS)
    assert assert_problem(told, 422, "invalid-request")["fields"][0]["field"] == "pictures"
    assert client.post("/api/v1/search/image", data={"request": "{}"}, headers=AS_PRESS).status_code == 422


def test_pictures_together_are_bounded() -> None:
    """Each may take so much, and all together twice as much: they are held in memory."""
    small = api(search={"request_kib": 1, "picture_mib": 1})
    large = [("file", ("a.png", b"0" * 900_000, "image/png"))] * 3
    assert_problem(small.post("/api/v1/search/image", files=large, headers=AS_PRESS), 413, "too-large")


def test_an_address_takes_likes_and_unlikes(client: TestClient) -> None:
    """What can be typed and linked."""
    response = client.get("/api/v1/search?like=asset-003&unlike=asset-004&explain=true", headers=AS_PRESS)
    answer = response.json()
    assert "red" in tags_of_first(answer)
    assert not {"asset-003", "asset-004"} & {hit["asset_id"] for hit in answer["hits"]}
    told = client.get("/api/v1/assets/asset-039/explain?like=asset-003", headers=AS_PRESS).json()
    assert "image" in {leg["leg"] for leg in told["legs"]}
    nobody = client.get("/api/v1/search?like=asset-that-is-not", headers=AS_PRESS)
    assert_problem(nobody, 404, "asset-not-found")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["--like", "a", "--unlike", "b", "--box", "0,0,0.5,1"], {"like": ["a"], "unlike": ["b"], "examples": {"a"}}),
        (["--picture", "PICTURE", "--like", "a", "--box", "0,0,0.5,1"], {"like": ["a"], "pictures": 1}),
    ],
)
def test_the_command_tells_likes_and_parts(
    given: list[str], expected: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Boxes are of the pictures in turn, else of the likes; the files go along."""
    picture = tmp_path / "red.png"
    picture.write_bytes(picture_of("red"))
    asked: list[tuple[SearchRequest, int]] = []

    def ask(_url: str, request: SearchRequest, pictures: list[bytes], _token: str | None) -> object:
        asked.append((request, len(pictures)))
        raise SystemExit(0)

    monkeypatch.setattr("damsight_cli.search_remote.ask", ask)
    options = [str(picture) if one == "PICTURE" else one for one in given]
    assert RUNNER.invoke(searching, [*options, "--url", "http://127.0.0.1:9"]).exit_code == 0
    ((request, uploaded),) = asked
    assert request.like == expected["like"]
    assert request.unlike == expected.get("unlike", [])
    assert set(request.examples) == expected.get("examples", set())
    assert len(request.pictures) == uploaded == expected.get("pictures", 0)


@pytest.mark.parametrize("box", ["0,0,1", "a,0,1,1", "0.5,0,0.6,1"])
def test_the_command_refuses_what_is_no_box(box: str) -> None:
    """Wrong usage is 2, and the line tells of the box."""
    done = RUNNER.invoke(searching, ["--like", "a", "--box", box, "--url", "http://127.0.0.1:9"])
    assert (done.exit_code, "box" in done.output) == (2, True), done.output

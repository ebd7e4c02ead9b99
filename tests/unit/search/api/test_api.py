"""The HTTP API: what it answers, and what it says when something is wrong."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from contract.search_index_contract import SPACES
from contract.search_service_contract import picture_of
from damsight_search.api.app import openapi_document
from damsight_search.errors import IndexRefusedError, SearchTimeoutError, SearchUnavailableError
from damsight_search.ports import Body
from fakes.library import library
from fakes.search_app import api, bearer
from fakes.search_index import FakeIndex

AS_PRESS = bearer()


@pytest.fixture(scope="module")
def client() -> TestClient:
    return api()


def assert_problem(response: Any, status: int, name: str) -> dict[str, Any]:
    told: dict[str, Any] = response.json()
    assert (response.status_code, told["status"], told["type"]) == (status, status, f"urn:damsight:problem:{name}")
    assert response.headers["content-type"] == "application/problem+json"
    assert told["title"]
    assert told["detail"]
    assert told["fix"]
    return told


def test_a_search_is_answered_with_hits_facets_and_a_cursor(client: TestClient) -> None:
    """POST and GET give the same hits; the cursor brings the next."""
    body = {"text": "red", "size": 3, "facets": ["tags"], "explain": True}
    posted = client.post("/api/v1/search", json=body, headers=AS_PRESS).json()
    got = client.get("/api/v1/search?q=red&size=3&facet=tags&explain=true", headers=AS_PRESS).json()
    assert posted["hits"] == got["hits"]
    assert posted["facets"]["tags"]["values"]
    further = client.post("/api/v1/search", json={**body, "cursor": posted["cursor"]}, headers=AS_PRESS).json()
    assert not {hit["asset_id"] for hit in posted["hits"]} & {hit["asset_id"] for hit in further["hits"]}
    address = client.get(
        "/api/v1/search", params={"q": "red", "size": 3, "cursor": got["cursor"]}, headers=AS_PRESS
    ).json()
    assert [hit["asset_id"] for hit in address["hits"]] == [hit["asset_id"] for hit in further["hits"]]


def test_an_address_takes_filters(client: TestClient) -> None:
    """filter=field:value, where the value may hold colons, and all of them must hold."""
    response = client.get("/api/v1/search?filter=tags:odd&filter=attributes.shelf:1&filter=width:101", headers=AS_PRESS)
    assert [hit["asset_id"] for hit in response.json()["hits"]] == ["asset-001"]
    wrong = client.get("/api/v1/search?filter=tags", headers=AS_PRESS)
    assert assert_problem(wrong, 422, "invalid-request")["fields"][0]["field"] == "filter.0"


def test_a_picture_is_searched_by(client: TestClient) -> None:
    """Multipart with the file, and the request beside it."""
    files = {"file": ("blue.png", picture_of("blue"), "image/png")}
    request = '{"size": 2, "filters": [{"field": "tags", "value": "even"}]}'
    response = client.post("/api/v1/search/image", files=files, data={"request": request}, headers=AS_PRESS)
    assert len(response.json()["hits"]) == 2
    assert all({"even"} <= set(hit["asset"]["tags"]) for hit in response.json()["hits"])
    alone = client.post("/api/v1/search/image", files=files, headers=AS_PRESS).json()
    assert "blue" in alone["hits"][0]["asset"]["tags"]


def test_one_asset_can_be_asked_about(client: TestClient) -> None:
    """Its metadata, its likes, why it was found, and ways to go on typing."""
    assert client.get("/api/v1/assets/asset-003", headers=AS_PRESS).json()["asset"]["title"] == "Red picture 3"
    similar = client.get("/api/v1/assets/asset-003/similar?size=2&filter=tags:odd", headers=AS_PRESS).json()
    assert all("red" in hit["asset"]["tags"] for hit in similar["hits"])
    explained = client.get("/api/v1/assets/asset-003/explain?q=red", headers=AS_PRESS).json()
    assert {"image", "keyword"} <= {leg["leg"] for leg in explained["legs"]}
    suggested = client.get("/api/v1/suggest?q=yel", headers=AS_PRESS).json()
    assert suggested["suggestions"][0]["text"].lower() == "yellow"


def test_an_id_may_hold_slashes() -> None:
    """A DAM's own ids go into the address, encoded."""
    index = FakeIndex(SPACES)
    index.documents = {"shelf/7": {**library()["asset-001"], "asset_id": "shelf/7"}}
    client = api(index)
    assert client.get("/api/v1/assets/shelf%2F7", headers=AS_PRESS).json()["asset_id"] == "shelf/7"
    assert client.get("/api/v1/assets/shelf%2F7/similar", headers=AS_PRESS).status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"text": 7}, "text"),
        ({"size": 0}, "size"),
        ({"size": 201}, "size"),
        ({"texts": "red"}, "texts"),
        ({"filters": [{"field": "acl", "value": "public"}]}, "filters.0.field"),
        ({"filters": [{"field": "tags", "op": "range", "value": "x"}]}, "filters.0"),
        ({"filters": [{"field": "width", "op": "range", "value": {"gte": "wide"}}]}, "filters.0.value.gte"),
        ({"facets": ["deleted"]}, "facets.0"),
        ({"weights": {"image": -1}}, "weights.image"),
        ({"min_relevance": 2}, "min_relevance"),
        ({"like": [""]}, "like.0"),
        ({"sort": {"by": "acl"}}, "sort.by"),
    ],
    ids=str,
)
def test_each_wrong_field_is_named(client: TestClient, body: dict[str, Any], field: str) -> None:
    """A bad request is a problem that names the field and what it takes."""
    told = assert_problem(client.post("/api/v1/search", json=body, headers=AS_PRESS), 422, "invalid-request")
    assert any(one["field"].startswith(field) for one in told["fields"])
    assert all(one["problem"] for one in told["fields"])


@pytest.mark.parametrize(
    ("body", "name"),
    [({"weights": {"personal": 1}}, "not-offered-yet"), ({"text": "red", "cursor": "tampered"}, "invalid-cursor")],
    ids=str,
)
def test_other_refusals_have_their_own_type(client: TestClient, body: dict[str, Any], name: str) -> None:
    """Programs tell problems apart by their type."""
    assert_problem(client.post("/api/v1/search", json=body, headers=AS_PRESS), 422, name)


@pytest.mark.parametrize(
    "content", [b"{", b"\xff\xfe", b'{"text": "\\ud800"}', b"[" * 100_000], ids=lambda one: repr(one[:20])
)
def test_what_is_no_json_is_a_problem(client: TestClient, content: bytes) -> None:
    """Broken JSON, broken UTF-8, lone surrogates and endless nesting never end in a 500."""
    headers = {**AS_PRESS, "Content-Type": "application/json"}
    response = client.post("/api/v1/search", content=content, headers=headers)
    assert response.status_code in (400, 422)
    assert response.headers["content-type"] == "application/problem+json"


def test_addresses_and_methods_that_are_not_there_are_problems(client: TestClient) -> None:
    """404 and 405 speak the same language."""
    assert_problem(client.get("/api/v1/nothing", headers=AS_PRESS), 404, "no-such-address")
    assert assert_problem(client.delete("/api/v1/search", headers=AS_PRESS), 405, "wrong-method")


def test_what_is_too_large_is_refused_before_it_is_read(client: TestClient) -> None:
    """By its told length, and where none is told while it is read."""
    small = api(search={"request_kib": 1, "picture_mib": 1})
    headers = {**AS_PRESS, "Content-Type": "application/json"}
    assert_problem(small.post("/api/v1/search", content=b" " * 2000, headers=headers), 413, "too-large")
    pieces = (b" " * 500 for _ in range(4))
    assert_problem(small.post("/api/v1/search", content=pieces, headers=headers), 413, "too-large")
    files = {"file": ("large.png", b"\x00" * (1024 * 1024 + 1), "image/png")}
    assert_problem(small.post("/api/v1/search/image", files=files, headers=AS_PRESS), 413, "too-large")


def test_what_is_no_picture_is_a_problem(client: TestClient) -> None:
    """An HTML page called .jpg and an empty file are refused with a reason."""
    for content in (b"<html></html>", b""):
        files = {"file": ("photo.jpg", content, "image/jpeg")}
        told = assert_problem(
            client.post("/api/v1/search/image", files=files, headers=AS_PRESS), 422, "invalid-picture"
        )
        assert told["fields"][0]["field"] == "file"


@pytest.mark.parametrize(
    ("error", "status", "name"),
    [
        (SearchTimeoutError("slow"), 504, "search-timed-out"),
        (SearchUnavailableError("gone"), 503, "search-unavailable"),
        (IndexRefusedError("odd"), 500, "search-refused"),
        (RuntimeError("a bug, with /secret/path"), 500, "internal"),
    ],
)
def test_faults_are_problems_too(error: Exception, status: int, name: str) -> None:
    """Whatever fails, the answer is a problem, and a bug tells nothing of the inside."""
    index = FakeIndex(SPACES)

    def fail(_body: Body) -> None:
        raise error

    index.before = fail
    told = assert_problem(api(index).post("/api/v1/search", json={}, headers=AS_PRESS), status, name)
    assert "/secret/path" not in str(told)


def test_every_address_asks_who_is_there(client: TestClient) -> None:
    """Without a token nothing is told of any asset; the probes tell nothing of assets."""
    for address in (
        "/api/v1/search",
        "/api/v1/suggest?q=red",
        "/api/v1/assets/asset-001",
        "/api/v1/assets/asset-001/similar",
        "/api/v1/assets/asset-001/explain?q=red",
        "/api/v1/assets/asset-001/thumbnail",
        "/api/v1/assets/asset-001/picture",
    ):
        response = client.get(address)
        assert_problem(response, 401, "not-signed-in")
        assert response.headers["www-authenticate"].startswith("Bearer")
    assert_problem(client.post("/api/v1/search", json={}), 401, "not-signed-in")
    assert_problem(client.post("/api/v1/search/image", files={"file": b"x"}), 401, "not-signed-in")


def test_a_stranger_sees_what_is_public_where_strangers_are_let_in() -> None:
    """DAMSIGHT_AUTH__ANONYMOUS=true shows what is public and nothing more."""
    client = api(auth={"anonymous": True})
    told = client.get("/api/v1/search?size=200").json()
    assert {hit["asset_id"] for hit in told["hits"]} == {
        asset_id for asset_id, one in library().items() if "public" in one["acl"]
    }
    assert_problem(client.get("/api/v1/assets/asset-004"), 404, "asset-not-found")


def test_forbidden_and_absent_look_the_same(client: TestClient) -> None:
    """For every address of one asset."""
    nobody = bearer("nobody", ())
    for rest in ("", "/similar", "/explain?q=red", "/thumbnail", "/picture"):
        forbidden = client.get(f"/api/v1/assets/asset-004{rest}", headers=nobody)
        absent = client.get(f"/api/v1/assets/asset-nil{rest}", headers=nobody)
        assert forbidden.status_code == absent.status_code == 404
        assert forbidden.text.replace("asset-004", "") == absent.text.replace("asset-nil", "")


def test_answers_protect_the_browser_and_are_not_kept(client: TestClient) -> None:
    """A strict policy without inline scripts, and no cache on the way."""
    for response in (
        client.get("/api/v1/search", headers=AS_PRESS),
        client.get("/api/v1/search"),
        client.get("/api/v1/nothing"),
        client.get("/"),
    ):
        assert "default-src 'none'" in response.headers["content-security-policy"]
        assert "unsafe" not in response.headers["content-security-policy"]
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["cache-control"] in ("no-store", "private, no-cache")


def test_probes_and_counters_answer(client: TestClient) -> None:
    """Alive whenever the process is; ready when the index answers; counted by route, never by id."""
    assert client.get("/livez").status_code == 200
    assert client.get("/readyz").status_code == 200
    client.get("/api/v1/assets/asset-003", headers=AS_PRESS)
    counted = client.get("/metrics").text
    assert 'damsight_search_requests_total{route="/api/v1/assets/{asset_id:path}",status="200"}' in counted
    assert "asset-003" not in counted


def test_it_is_not_ready_without_its_index() -> None:
    """A balancer sends nobody to a search that cannot answer."""
    index = FakeIndex(SPACES)

    def gone() -> Any:
        raise SearchUnavailableError("gone")

    index.spaces = gone  # type: ignore[method-assign]  # the fault
    assert api(index).get("/readyz").status_code == 503


def test_no_answer_holds_a_vector(client: TestClient) -> None:
    """Vectors stay in the index."""
    for address in ("/api/v1/search?q=red", "/api/v1/assets/asset-003", "/api/v1/assets/asset-003/similar"):
        assert "vector" not in client.get(address, headers=AS_PRESS).text


def test_the_description_is_made_without_servers() -> None:
    """OpenAPI 3.1 with every address, its answers and its problems."""
    told = openapi_document()
    assert told["openapi"].startswith("3.1")
    assert {"/api/v1/search", "/api/v1/search/image", "/api/v1/suggest", "/api/v1/assets/{asset_id}"} <= set(
        told["paths"]
    )
    assert "application/problem+json" in told["paths"]["/api/v1/search"]["post"]["responses"]["422"]["content"]
    assert "/" not in told["paths"]


def test_the_page_is_there_and_can_be_left_out() -> None:
    """The search page is served with the API unless the settings say otherwise."""
    assert "text/html" in api(auth={"anonymous": True}).get("/").headers["content-type"]
    assert api(search={"page": False}).get("/").status_code == 404

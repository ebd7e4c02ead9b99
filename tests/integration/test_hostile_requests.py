"""Requests that nobody means well: drawn from the API's own description, and made by hand.

CI draws a few of each address; `make hostile` draws 5,000 (DAMSIGHT_TEST_REQUESTS).
"""

import json
import os
from collections.abc import Iterator
from contextlib import closing, suppress
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable

from contract.search_index_contract import SPACES
from damsight_devstack import Stack
from damsight_encoders.decode import PillowDecoder
from damsight_schemas.space import VECTOR_FIELDS
from damsight_search.api.app import create_app
from damsight_search.bootstrap import wire
from damsight_search.settings import load_settings
from damsight_search.vectors.query_encoder import EncodersForQueries
from fakes.encoders import fake_encoders
from fakes.library import library
from fakes.real_index import real_index
from fakes.search_app import SECRET, bearer

pytestmark = pytest.mark.integration
REQUESTS = int(os.environ.get("DAMSIGHT_TEST_REQUESTS", "600"))
DEADLINE_S = 5.0
# What is refused, or cannot be had now, with the reason: all else would be a fault of ours.
TOLD = {200, 201, 204, 304, 400, 401, 404, 405, 406, 413, 415, 422, 431, 501, 503}
HOSTILE_WORDS = (
    *("*", "?", "~", "a*" * 900, '"' * 999, "-" * 1999, "field:" * 300, "(((((", "AND OR NOT", "-", '""', '-""'),
    *("\u202egnirts", "\x00", "\n\t\r", "\U0001f600" * 400, "\U0001d54f" * 900, "\u0627" * 2000, "\u00e9" * 1999),
    *("%" * 500, "../../etc/passwd", "{{7*7}}", "<script>alert(1)</script>", "'; DROP TABLE assets", "a b " * 500),
    *("created_at:9999999..", "created_at:>x", "width:>1e308", "tags:" + "x" * 1500, "acl:public", "_id:1"),
)


@pytest.fixture(scope="module")
def app(stack: Stack) -> Iterator[FastAPI]:
    """The whole API over a small real index."""
    with real_index(stack.elasticsearch_url, SPACES) as real:
        real.store(library())
        given_settings = load_settings(
            elasticsearch={"url": stack.elasticsearch_url},
            index={"alias": real.settings.alias},
            auth={"secret": SECRET},
            search={"timeout_s": DEADLINE_S, "page": False},
        )
        encoder = EncodersForQueries(fake_encoders(), PillowDecoder())
        with closing(wire(given_settings, encoder=encoder)) as search:
            yield create_app(search.service, given_settings, search.features)
        real.client.options(ignore_status=404).indices.delete(index=f"{real.settings.alias}-own")


def holds_vector(told: Any) -> bool:
    """Tell whether a list of numbers as long as a vector, or a field of that name, is somewhere in an answer."""
    if isinstance(told, dict):
        return any(name in (*VECTOR_FIELDS, "vector") or holds_vector(value) for name, value in told.items())
    if isinstance(told, list):
        numbers = [one for one in told if isinstance(one, float)]
        return len(numbers) >= SPACES.fields()["image_vector"].dimensions or any(map(holds_vector, told))
    return False


def require_told(status: int, body: bytes, media_type: str) -> None:
    """Require an answer that says what is wrong, or is right, and never holds a vector."""
    assert status in TOLD, f"{status}: {body[:500]!r}"
    if "json" not in media_type or not body:
        return
    told = json.loads(body)
    assert status < 400 or {"type", "title", "detail", "fix"} <= set(told), told
    assert status >= 400 or not holds_vector(told)


def test_drawn_requests_are_answered_or_refused_with_a_reason(app: FastAPI) -> None:
    """Whatever the description allows, and what it does not: no 500, no time-out, no vector, and each refusal told."""
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    operations: list[Any] = [schema[path][method] for path in schema for method in schema[path]]
    assert len(operations) > 20
    seen: set[int] = set()
    for operation in operations:
        for mode in (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE):
            draw_and_ask(operation, mode, seen)
    assert {200, 422} <= seen


def draw_and_ask(operation: Any, mode: schemathesis.GenerationMode, seen: set[int]) -> None:
    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=max(2, REQUESTS // 80),
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        deadline=None,
        derandomize=REQUESTS < 5000,
        database=None,
    )
    def ask(case: Any) -> None:
        answer = case.call(headers=bearer())
        seen.add(answer.status_code)
        require_told(answer.status_code, answer.content or b"", str(answer.headers.get("content-type", "")))

    # An address that takes nothing can be given nothing wrong.
    with suppress(Unsatisfiable):
        ask()


@given(words=st.sampled_from(HOSTILE_WORDS), field=st.sampled_from(["text", "must_not_look_like"]))
@settings(max_examples=len(HOSTILE_WORDS) * 2, deadline=None, derandomize=True, database=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
def test_hostile_words_are_words(app: FastAPI, words: str, field: str) -> None:
    """Wildcards, operators, markup, right-to-left and endless words are looked for, or refused with a reason."""
    client = TestClient(app, raise_server_exceptions=False)
    answer = client.post("/api/v1/search", json={field: words, "facets": ["tags"], "explain": True}, headers=bearer())
    require_told(answer.status_code, answer.content, answer.headers["content-type"])
    told = client.get("/api/v1/suggest", params={"q": words}, headers=bearer())
    require_told(told.status_code, told.content, told.headers["content-type"])

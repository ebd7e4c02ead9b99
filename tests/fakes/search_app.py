"""The search API over an index in memory, and tokens for it."""

import time
from pathlib import Path
from typing import Any

import jwt
from fastapi.testclient import TestClient

from contract.search_index_contract import SPACES
from contract.search_service_contract import service_over
from damsight_search.api.app import create_app
from damsight_search.settings import load_settings
from fakes.library import library
from fakes.search_index import FakeIndex

SECRET = "a secret of forty characters, at the least"  # noqa: S105  a test's own


# Tokens made while tests are collected must outlive the whole run.
A_DAY_S = 86_400


def token(user: str = "bert", groups: tuple[str, ...] = ("press",), **claims: Any) -> str:
    """Return a token as the DAM signs it."""
    told = {"sub": user, "groups": list(groups), "exp": time.time() + A_DAY_S, **claims}
    kept = {name: value for name, value in told.items() if value is not None}
    return jwt.encode(kept, SECRET, algorithm="HS256")


def bearer(*given: Any, **claims: Any) -> dict[str, str]:
    """Return the header that carries a token."""
    return {"Authorization": f"Bearer {token(*given, **claims)}"}


def api(index: FakeIndex | None = None, *, roots: tuple[Path, ...] = (), **groups: Any) -> TestClient:
    """Return a client of the API; it takes tokens, and strangers only where `auth` says so."""
    if index is None:
        index = FakeIndex(SPACES)
        index.documents = library()
    given = groups.pop("features", None)
    auth = {"secret": SECRET, **groups.pop("auth", {})}
    settings = load_settings(auth=auth, fetch={"roots": list(roots)}, **groups)
    return TestClient(create_app(service_over(index), settings, given), raise_server_exceptions=False)

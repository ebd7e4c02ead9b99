"""The search page over the sample library in memory, with its thumbnails: what the page's browser tests drive."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from fastapi import FastAPI
from fastapi.responses import FileResponse, JSONResponse, Response
from PIL import Image

from damsight_encoders.explain import overlay
from damsight_search.ui import Page, mount_page
from fakes.page_search import FakePageSearch

LIBRARY = Path(__file__).parents[2] / "samples" / "library"
EXAMPLES = ("red fruit", "someone dancing", "snow")


def library_documents(count: int) -> dict[str, dict[str, Any]]:
    """Return evenly spread assets of the sample library as the index holds them."""
    lines = (LIBRARY / "library.jsonl").read_text(encoding="utf-8").splitlines()
    step = max(1, len(lines) // count)
    documents = {}
    for line in lines[::step][:count]:
        entry = json.loads(line)
        with Image.open(LIBRARY / entry["media"]["uri"]) as picture:
            width, height = picture.size
        documents[entry["asset_id"]] = {
            **entry["metadata"],
            "acl": entry["acl"],
            "kind": "image",
            "mime_type": entry["media"]["mime_type"],
            "byte_size": entry["media"]["byte_size"],
            "width": width,
            "height": height,
            "file": entry["media"]["uri"],
        }
    return documents


def page_app(search: FakePageSearch) -> FastAPI:
    """Return the page over this search."""
    app = FastAPI()
    page = Page(
        search=search,
        principals=lambda _request: ["public"],
        examples=EXAMPLES,
        max_picture_bytes=2_000_000,
    )
    mount_page(app, page)

    @app.get("/api/v1/assets/{asset_id}/thumbnail")
    @app.get("/api/v1/assets/{asset_id}/picture")
    def picture(asset_id: str) -> FileResponse:
        return FileResponse(LIBRARY / search.asset(asset_id, ["public"])["file"])

    @app.get("/api/v1/assets/{asset_id}/explain")
    def explain(asset_id: str, q: str = "", like: str = "") -> Response:
        if q == "unexplainable":
            told = {"detail": "No model for pictures is loaded.", "fix": "Set DAMSIGHT_MODELS__JOINT."}
            return JSONResponse(told, status_code=501, media_type="application/problem+json")
        with Image.open(LIBRARY / search.asset(asset_id, ["public"])["file"]) as file:
            pixels = np.asarray(file.convert("RGB"))
        down, across = (np.linspace(0, 1, side, dtype=np.float32) for side in pixels.shape[:2])
        return Response(overlay(pixels, np.outer(down, across)), media_type="image/png")

    return app

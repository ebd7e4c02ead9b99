"""Mounts the search page on an application: the page, its large view, its suggestions, its static files."""

from typing import Annotated

from fastapi import FastAPI, File, Form, Request, UploadFile
from fastapi.responses import HTMLResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.types import Scope

from damsight_search.ui.answers import Answers
from damsight_search.ui.parts import Page
from damsight_search.ui.rendering import STATIC
from damsight_search.ui.state import read_state

_FOR_GOOD = "public, max-age=31536000, immutable"


class _CachedFiles(StaticFiles):
    """Static files. One whose address holds its hash may be kept for good; others are asked after each time."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return the file."""
        answer = await super().get_response(path, scope)
        answer.headers["Cache-Control"] = _FOR_GOOD if scope["query_string"].startswith(b"v=") else "no-cache"
        return answer


def mount_page(app: FastAPI, page: Page) -> None:
    """Add the search page at ``/``, what it loads under ``/ui/``, and its files under ``/static/``."""
    answers = Answers(page)

    @app.get("/", include_in_schema=False)
    def show(request: Request) -> HTMLResponse:
        """Show the state that the address tells."""
        return answers.first(request, read_state(request.query_params.multi_items()), picture=None)

    @app.post("/", include_in_schema=False)
    def go_on(
        request: Request,
        cursor: Annotated[str, Form()] = "",
        by_picture: Annotated[bool, Form()] = False,  # noqa: FBT002  a field of the form
        picture: Annotated[UploadFile | None, File()] = None,
    ) -> HTMLResponse:
        """Show a further page of results, or search by a picture: what an address cannot hold."""
        state = read_state(request.query_params.multi_items())
        if cursor:
            return answers.further(request, state, has_picture=by_picture, cursor=cursor)
        content = picture.file.read(page.max_picture_bytes + 1) if picture and picture.filename else None
        return answers.first(request, state, picture=content)

    @app.get("/ui/asset", include_in_schema=False)
    def asset(request: Request) -> HTMLResponse:
        """Show the large view of one asset."""
        return answers.large(request, read_state(request.query_params.multi_items()))

    @app.get("/ui/suggest", include_in_schema=False)
    def suggest(request: Request, q: str = "") -> HTMLResponse:
        """Show ways to go on typing."""
        return answers.suggestions(request, q)

    app.mount("/static", _CachedFiles(directory=STATIC), name="static")

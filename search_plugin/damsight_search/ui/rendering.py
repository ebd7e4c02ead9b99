"""Renders the templates, and sets the headers that keep a page to itself."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

HERE = Path(__file__).parent
STATIC = HERE / "static"
# Tells the page's script that an answer is one of ours, and no error page of something in between.
FRAGMENT_HEADER = "X-Damsight-Fragment"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "private, no-cache",
    "Vary": "HX-Request, Authorization, Cookie",
    FRAGMENT_HEADER: "1",
}


def render(template: str, context: dict[str, Any], *, status: int = 200) -> HTMLResponse:
    """Return a rendered template as an answer with the page's headers."""
    return HTMLResponse(_environment().get_template(template).render(context), status_code=status, headers=_HEADERS)


def static_address(name: str) -> str:
    """Return a static file's address with its content's hash, so that it may be cached for good."""
    return f"static/{name}?v={_digest(name)}"


@cache
def _digest(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["static"] = static_address
    for template, macro in (
        ("icons.html", "icon"),
        ("icons.html", "sprite"),
        ("why.html", "why"),
        ("facet_link.html", "facet_link"),
    ):
        environment.globals[macro] = getattr(environment.get_template(template).module, macro)
    return environment

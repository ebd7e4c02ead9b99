"""What is vendored is what its authors published, with their licence."""

import hashlib

from damsight_search.ui.rendering import STATIC

# dist/htmx.min.js of htmx.org 4.0.1 on npm.
HTMX = "a0abb04f2f45a1f89d1d4844023245537e5e6014c87b144553e0607b4cc32130"


def test_htmx_is_the_published_file_with_its_licence() -> None:
    """Nobody has edited the vendored script, and its licence stands beside it."""
    vendor = STATIC / "vendor"
    assert hashlib.sha256((vendor / "htmx-4.0.1.min.js").read_bytes()).hexdigest() == HTMX
    assert "Zero-Clause BSD" in (vendor / "htmx-LICENSE.txt").read_text(encoding="utf-8")

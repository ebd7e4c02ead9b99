"""Makes marked fragments safe to show: a <mark> survives, everything else is text."""

import html
import re
from collections.abc import Iterable

from markupsafe import Markup, escape

_MARKS = re.compile(r"(</?mark>)")


def safe_highlight(fragment: str) -> Markup:
    """Return a fragment as markup that holds balanced ``<mark>`` elements and escaped text alone.

    The contract says that fragments come escaped. This does not rely on it: text is unescaped once and
    escaped again, so markup that slipped in is shown as text.
    """
    pieces: list[Markup] = []
    marked = False
    for piece in _MARKS.split(fragment):
        if piece == "<mark>":
            pieces += [] if marked else [Markup("<mark>")]
            marked = True
        elif piece == "</mark>":
            pieces += [Markup("</mark>")] if marked else []
            marked = False
        else:
            pieces.append(escape(html.unescape(piece)))
    return Markup("").join(pieces) + (Markup("</mark>") if marked else Markup(""))


def best_fragment(highlights: dict[str, list[str]], fields: Iterable[str]) -> Markup | None:
    """Return the first fragment among these fields, in their order."""
    for field in fields:
        if highlights.get(field):
            return safe_highlight(highlights[field][0])
    return None

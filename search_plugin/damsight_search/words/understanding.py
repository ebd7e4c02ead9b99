"""What somebody typed, read: "quoted phrases", -excluded words, field:value, and in which language the rest is. Pure.

Whatever is not whole, an unbalanced quote, a field that is not declared, a value that it does not take, stays words:
nothing that can be typed is refused.
"""

import re
from collections.abc import Callable
from functools import lru_cache

from damsight_schemas.filters import Filter, FilterValue
from damsight_schemas.search import SearchRequest, Understood
from damsight_search.conditions.fields import declared
from damsight_search.conditions.filters import clauses
from damsight_search.errors import RefusedRequestError
from damsight_search.words.languages import language_of

_KEPT = 512
# A quote opens where a word may begin and closes where one may end: 5" and rock'n'roll are none.
_QUOTED = r'"(?P<{0}>[^"]*)"(?=$|[\s,;.!?)])'
_PIECE = re.compile(
    r"(?<!\S)(?:"
    rf"(?P<field>-?[a-z_]+(?:\.[^\s:\"]+)?):(?:{_QUOTED.format('quoted_value')}|(?P<value>[^\s\"]\S*))"
    rf"|-(?:{_QUOTED.format('excluded_phrase')}|(?P<excluded>[^\s\"-]\S*))"
    rf"|{_QUOTED.format('phrase')}[,;.!?)]?"
    r")(?!\S)"
)
_STRAIGHT = str.maketrans(dict.fromkeys("“”„‟«»", '"'))
_COMPARED = re.compile(r"(?P<sign>>=|<=|>|<)(?P<bound>.+)")
_SPAN = re.compile(r"(?P<least>.*?)\.\.(?P<most>.*)")
_SIGNS = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}
_SEARCHABLE = re.compile(r"[^\W_]|[\U0001F000-\U0001FAFF\u2600-\u27BF]")


def understood(request: SearchRequest) -> Understood:
    """Return how a request's words are read. A text without operators stays as it is, but for space around it."""
    told = read(request.text)
    return told if request.language is None else told.model_copy(update={"language": request.language})


def is_searchable(text: str) -> bool:
    """Tell whether a text has anything that an index holds: a letter, a digit, a symbol."""
    return _SEARCHABLE.search(text) is not None


@lru_cache(_KEPT)
def read(text: str) -> Understood:
    """Return how a text is read, its language detected."""
    pieces = _Pieces()
    straight = text.translate(_STRAIGHT)
    rest = _PIECE.sub(pieces.take, straight)
    if not pieces.found:
        whole = text.strip()
        return Understood(text=whole, language=language_of(whole))
    words = " ".join(rest.split())
    return Understood(
        text=words,
        phrases=tuple(dict.fromkeys(pieces.phrases)),
        excluded=tuple(dict.fromkeys(pieces.excluded)),
        filters=tuple(pieces.filters),
        language=language_of(words),
    )


class _Pieces:
    """Collects the operators of one text; each is replaced by what it leaves among the words."""

    def __init__(self) -> None:
        self.phrases: list[str] = []
        self.excluded: list[str] = []
        self.filters: list[Filter] = []
        self.found = False

    def take(self, match: re.Match[str]) -> str:
        parts = match.groupdict()
        if parts["field"] is not None:
            return self._condition(match, parts)
        self.found = True
        if parts["phrase"] is not None:
            return self._kept(parts["phrase"], self.phrases)
        self._kept(parts["excluded_phrase"] or parts["excluded"] or "", self.excluded)
        return ""

    def _condition(self, match: re.Match[str], parts: dict[str, str | None]) -> str:
        name, quoted, value = str(parts["field"]), parts["quoted_value"], parts["value"]
        condition = condition_of(name, quoted or "", is_quoted=True) if quoted else condition_of(name, value or "")
        if condition is None:
            return self._no_condition(match[0])
        self.found = True
        self.filters.append(condition)
        return ""

    def _no_condition(self, whole: str) -> str:
        if not whole.startswith("-"):
            return whole
        self.found = True
        self._kept(whole[1:].replace('"', " "), self.excluded)
        return ""

    @staticmethod
    def _kept(words: str, into: list[str]) -> str:
        folded = " ".join(words.split())
        if is_searchable(folded):
            into.append(folded)
        return folded


def condition_of(name: str, value: str, *, is_quoted: bool = False) -> Filter | None:
    """Return the condition that ``field:value`` stands for; none where the field is not declared or does not take it.

    With a minus before it, ``-field:value``, the value must not be there. A number or a date may be compared
    (``>2024``, ``<=300``) or lie in a span (``2023..2024``, open at one end); within quotes everything is the value.
    """
    field = name.removeprefix("-")
    try:
        kind = declared(field, "text").kind
    except RefusedRequestError:
        return None
    if field != name:
        return _taken(lambda: Filter(field=field, op="not", value=value))
    ways: list[Callable[[], Filter | None]] = [lambda: Filter(field=name, op="is", value=value)]
    if not is_quoted and kind in ("number", "date"):
        ways = [lambda: _compared(name, value), lambda: _spanned(name, value), *ways]
    return next((one for way in ways if (one := _taken(way)) is not None), None)


def _taken(way: Callable[[], Filter | None]) -> Filter | None:
    try:
        one = way()
        if one is not None:
            clauses([one])
    except (RefusedRequestError, ValueError):
        return None
    return one


def _compared(name: str, value: str) -> Filter | None:
    match = _COMPARED.fullmatch(value)
    if match is None:
        return None
    return Filter.model_validate({"field": name, "op": "range", "value": {_SIGNS[match["sign"]]: match["bound"]}})


def _spanned(name: str, value: str) -> Filter | None:
    match = _SPAN.fullmatch(value)
    if match is None:
        return None
    bounds: dict[str, FilterValue] = {
        sign: match[part] for sign, part in (("gte", "least"), ("lte", "most")) if match[part]
    }
    return Filter.model_validate({"field": name, "op": "range", "value": bounds}) if bounds else None

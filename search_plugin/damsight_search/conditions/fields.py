"""The fields that requests may name, and what each takes. What is not declared here cannot be asked about."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from damsight_schemas.errors import FieldProblem
from damsight_search.errors import RefusedRequestError

FieldKind = Literal["keyword", "number", "date", "attribute", "place"]
ATTRIBUTES = "attributes"


@dataclass(frozen=True, slots=True)
class DeclaredField:
    """A field of the request.

    Attributes:
        kind: What values it takes.
        indexed: Its name in the index for values.
        held: Its name in the index for existence.
        facet: Its values can be counted.
    """

    name: str
    kind: FieldKind
    indexed: str
    held: str
    facet: bool = False


def _keyword(name: str, *, indexed: str = "", facet: bool = False) -> DeclaredField:
    return DeclaredField(name, "keyword", indexed or name, name, facet)


_DECLARED: tuple[DeclaredField, ...] = (
    _keyword("asset_id"),
    _keyword("title", indexed="title.folded"),
    _keyword("filename"),
    _keyword("sha256"),
    _keyword("problem.stage"),
    _keyword("problem.error", facet=True),
    *(
        _keyword(name, facet=True)
        for name in ("kind", "mime_type", "source", "language", "tags", "collections", "creator", "rights")
    ),
    *(
        DeclaredField(name, "number", name, name)
        for name in ("revision", "byte_size", "width", "height", "duration_s", "pages")
    ),
    *(DeclaredField(name, "date", name, name, facet=True) for name in ("created_at", "modified_at", "indexed_at")),
    DeclaredField("location", "place", "location", "location"),
)
DECLARED: dict[str, DeclaredField] = {field.name: field for field in _DECLARED}


def declared(name: str, place: str, *, facet: bool = False) -> DeclaredField:
    """Return a field by its name in requests.

    Args:
        name: As requests write it; ``attributes.<name>`` is the host's own.
        place: Where the request names it, for the message.
        facet: Only one whose values can be counted.

    Raises:
        RefusedRequestError: It is not declared; the message lists those that are.
    """
    field = _attribute(name) or DECLARED.get(name)
    if field is None or (facet and not field.facet):
        raise RefusedRequestError([FieldProblem(place, f"{name!r} takes {_listed(facet=facet)}")])
    return field


def _attribute(name: str) -> DeclaredField | None:
    group, _, key = name.partition(".")
    return DeclaredField(name, "attribute", name, name, facet=True) if group == ATTRIBUTES and key else None


def _listed(*, facet: bool) -> str:
    names: Sequence[str] = sorted(name for name, field in DECLARED.items() if field.facet or not facet)
    return f"one of {', '.join(names)}, or {ATTRIBUTES}.<name>"

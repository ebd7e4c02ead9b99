"""Conditions on declared fields."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator

FilterField = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,64}(\.[^\s.][^.]{0,255})?$")]
FilterValue = str | int | float | bool

_SCALARS = (str, int, float, bool)
_TAKES: dict[str, tuple[tuple[type, ...], str]] = {
    "is": (_SCALARS, "one value"),
    "in": ((list,), "a list"),
    "not": ((list, *_SCALARS), "a value or a list"),
    "range": ((dict,), "an object of gte, gt, lte, lt"),
    "exists": ((bool,), "true or false"),
    "prefix": ((str,), "the beginning of a value"),
    "near": ((dict,), "an object of lat, lon and km"),
}
_BOUNDS = {"gte", "gt", "lte", "lt"}
_PLACE = {"lat", "lon", "km"}


class Filter(BaseModel):
    """One condition on a declared field; all filters of a request must hold.

    ``is`` takes one value, ``in`` and ``not`` a list (or one), ``range`` an object of gte, gt, lte, lt,
    ``exists`` true or false, ``prefix`` the beginning of a value, ``near`` an object of lat, lon (degrees) and km.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    field: FilterField
    op: Literal["is", "in", "not", "range", "exists", "prefix", "near"] = "is"
    value: FilterValue | list[FilterValue] | dict[Literal["gte", "gt", "lte", "lt", "lat", "lon", "km"], FilterValue]

    @model_validator(mode="after")
    def _value_fits_op(self) -> "Filter":
        types, words = _TAKES[self.op]
        if not isinstance(self.value, types):
            raise ValueError(f"op {self.op!r} takes {words}")  # noqa: TRY004  pydantic collects ValueErrors
        if isinstance(self.value, list) and not 1 <= len(self.value) <= 1024:  # noqa: PLR2004  Elasticsearch's default clause limit
            raise ValueError("a list takes 1 to 1,024 values")
        if isinstance(self.value, dict):
            self._named_parts(set(self.value))
        return self

    def _named_parts(self, given: set[str]) -> None:
        if self.op == "range" and not (given and given <= _BOUNDS):
            raise ValueError("a range takes at least one of gte, gt, lte, lt, and nothing else")
        if self.op == "near" and given != _PLACE:
            raise ValueError("near takes lat, lon and km, each of them")

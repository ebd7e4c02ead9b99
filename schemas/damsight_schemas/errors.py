"""The contract's one error tree."""

from collections.abc import Sequence
from dataclasses import dataclass


class ContractError(ValueError):
    """Something does not keep the contract; the message names the field and what it takes."""


@dataclass(frozen=True)
class FieldProblem:
    """One field that does not keep the contract.

    Attributes:
        field: The dotted path, as in ``data.media.byte_size``.
        problem: What is wrong with it and what it takes.
    """

    field: str
    problem: str

    def __str__(self) -> str:
        return f"{self.field}: {self.problem}"


class EventError(ContractError):
    """A Kafka record is no event that we take.

    Attributes:
        problems: Each field that is wrong.
        asset_id: The asset, where the record still told it.
    """

    def __init__(self, problems: Sequence[FieldProblem], asset_id: str | None = None) -> None:
        self.problems = tuple(problems)
        self.asset_id = asset_id
        where = f"the event of asset {asset_id!r}" if asset_id else "the event"
        super().__init__(f"{where} does not keep the contract: " + "; ".join(map(str, self.problems)))


class RequestError(ContractError):
    """A search request is not one that we take.

    Attributes:
        problems: Each field that is wrong.
    """

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("the search request does not keep the contract: " + "; ".join(map(str, self.problems)))


class SpaceMismatchError(ContractError):
    """An index holds vectors of one model and is asked with another's."""


class SchemaMismatchError(ContractError):
    """An index was made by another version of damsight, whose documents have other fields."""

"""The names of generations."""

import pytest

from damsight_index.names import generation_name, generation_number


@pytest.mark.parametrize("number", [1, 2, 999_999])
def test_a_generations_name_tells_its_number(number: int) -> None:
    """What is named is read back."""
    assert generation_number("assets", generation_name("assets", number)) == number


@pytest.mark.parametrize("name", ["assets", "assets-write", "assets-1", "assets-old-000001", "xassets-000001"])
def test_other_indices_are_no_generations(name: str) -> None:
    """An index that only begins alike belongs to somebody else."""
    assert generation_number("assets", name) is None


def test_an_alias_with_a_dot_is_no_pattern() -> None:
    """The alias is compared as it is written."""
    assert generation_number("a.b", "axb-000001") is None

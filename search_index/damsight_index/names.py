"""The names of generations: ``<alias>-000001``, ``<alias>-000002`` ..."""

import re

_DIGITS = 6


def generation_name(alias: str, number: int) -> str:
    """Return the name of an alias's n-th generation, from 1."""
    return f"{alias}-{number:0{_DIGITS}d}"


def generation_number(alias: str, index: str) -> int | None:
    """Return which generation of the alias an index is; none where it is not one."""
    match = re.fullmatch(rf"{re.escape(alias)}-(\d{{{_DIGITS}}})", index)
    return int(match[1]) if match else None


def generation_pattern(alias: str) -> str:
    """Return the wildcard that matches every generation (and may match more: check with `generation_number`)."""
    return f"{alias}-*"

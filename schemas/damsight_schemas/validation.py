"""Turns pydantic's findings into field problems that a person can act on."""

from pydantic import ValidationError

from damsight_schemas.errors import FieldProblem

LONGEST_ECHO = 60


def field_problems(error: ValidationError, prefix: str = "") -> list[FieldProblem]:
    """Return one problem per finding: the field's dotted path, what is wrong, and what was given (cut short)."""
    problems = []
    for finding in error.errors(include_url=False, include_context=False):
        path = ".".join(str(part) for part in finding["loc"])
        field = ".".join(part for part in (prefix, path) if part) or "(whole)"
        message = finding["msg"].removeprefix("Value error, ")
        if finding["type"] != "missing" and not isinstance(finding["input"], dict):
            message = f"{message} (given: {_echo(finding['input'])})"
        problems.append(FieldProblem(field, message))
    return problems


def _echo(value: object) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST_ECHO else f"{text[:LONGEST_ECHO]}... ({len(text):,} characters)"

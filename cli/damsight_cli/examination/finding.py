"""One thing that the doctor found."""

import importlib.util
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, how it is, and what to do.

    Attributes:
        check: What was looked at.
        verdict: "warn" where something is not there that may not be needed; "fail" where what was asked for is not met.
        found: What is there.
        advice: What to do; empty where nothing is.
    """

    check: str
    verdict: Verdict
    found: str
    advice: str = ""


def ok(check: str, found: str) -> Finding:
    """All is well."""
    return Finding(check, "ok", found)


def warn(check: str, found: str, advice: str) -> Finding:
    """It may be meant so."""
    return Finding(check, "warn", found, advice)


def fail(check: str, found: str, advice: str) -> Finding:
    """What was asked for is not met."""
    return Finding(check, "fail", found, advice)


def is_installed(*modules: str) -> bool:
    """Tell whether these modules could be imported, without importing them."""
    return all(importlib.util.find_spec(module) is not None for module in modules)

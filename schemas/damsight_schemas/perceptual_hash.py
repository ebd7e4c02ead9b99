"""What a picture looks like in 64 bits, and the pieces that near ones are found by. Pure.

Two hashes that differ in at most `NEAR` of their 64 bits share at least one of their eight pieces whole: seven
differences cannot touch eight pieces (the pigeonhole principle; Manku, Jain and Das Sarma, Detecting near-duplicates
for web crawling, WWW 2007). So whoever holds a piece in common is all that needs to be looked at.
"""

import re

BANDS = 8
"""Pieces of a hash, of eight bits each."""

NEAR = BANDS - 1
"""The most bits in which the hashes of two alike pictures differ."""

_DIGITS = 2
_HASH = re.compile(r"[0-9a-f]{16}")


def is_perceptual_hash(told: object) -> bool:
    """Tell whether something is a hash as documents hold it: 16 hex digits."""
    return isinstance(told, str) and _HASH.fullmatch(told) is not None


def bands_of(told: str) -> list[str]:
    """Return a hash's pieces, each with its position, as in ``3:a7``."""
    return [f"{band}:{told[band * _DIGITS : (band + 1) * _DIGITS]}" for band in range(BANDS)]


def distance(one: str, other: str) -> int:
    """Return in how many of their 64 bits two hashes differ."""
    return (int(one, 16) ^ int(other, 16)).bit_count()

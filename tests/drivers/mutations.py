"""Ways to damage a file, as transfers, programs and attackers do. Each is determined by its generator."""

import random
from collections.abc import Callable, Sequence
from typing import Final

_EXTREMES: Final = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_MOST_CHANGES: Final = 16
_HEADER: Final = 64

Mutation = Callable[[random.Random, bytes, bytes], bytes]
"""Takes a file and another one."""


def flip_bits(chance: random.Random, data: bytes, _: bytes) -> bytes:
    damaged = bytearray(data)
    for _count in range(chance.randint(1, _MOST_CHANGES)):
        damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
    return bytes(damaged)


def flip_bits_of_the_header(chance: random.Random, data: bytes, _: bytes) -> bytes:
    start = data[: _HEADER * 8]
    return flip_bits(chance, start, b"") + data[len(start) :]


def cut_off(chance: random.Random, data: bytes, _: bytes) -> bytes:
    return data[: chance.randrange(1, len(data) + 1)]


def leave_out(chance: random.Random, data: bytes, _: bytes) -> bytes:
    start, end = _span(chance, data)
    return data[:start] + data[end:]


def say_twice(chance: random.Random, data: bytes, _: bytes) -> bytes:
    start, end = _span(chance, data)
    return data[:end] + data[start:]


def overwrite(chance: random.Random, data: bytes, _: bytes) -> bytes:
    start, end = _span(chance, data)
    return data[:start] + chance.randbytes(end - start) + data[end:]


def splice(chance: random.Random, data: bytes, other: bytes) -> bytes:
    start, end = _span(chance, data)
    from_start, from_end = _span(chance, other)
    return data[:start] + other[from_start:from_end] + data[end:]


def lie_about_a_number(chance: random.Random, data: bytes, _: bytes) -> bytes:
    """Set a field of one, two, four or eight bytes to an extreme, in either order of bytes; mostly near the start."""
    width = chance.choice((1, 2, 4, 8))
    value = chance.choice(_EXTREMES) if width < 8 else chance.choice((*_EXTREMES, (1 << 63) - 1, (1 << 64) - 1))
    field = (value & ((1 << 8 * width) - 1)).to_bytes(width, chance.choice(("big", "little")))
    reach = len(data) if chance.random() < 0.5 else min(len(data), 1024)
    start = chance.randrange(reach)
    return data[:start] + field + data[start + width :]


def wear_a_head(chance: random.Random, data: bytes, other: bytes) -> bytes:
    """One kind's beginning on another's body."""
    length = chance.choice((4, 8, 12, 16, 32, _HEADER, 256))
    return other[:length] + data[length:]


MUTATIONS: Final[Sequence[Mutation]] = (
    flip_bits,
    flip_bits_of_the_header,
    cut_off,
    leave_out,
    say_twice,
    overwrite,
    splice,
    lie_about_a_number,
    lie_about_a_number,
    wear_a_head,
)


def mutate(chance: random.Random, data: bytes, other: bytes) -> bytes:
    """Damage a file in one to four ways."""
    for _ in range(chance.choice((1, 1, 1, 2, 3, 4))):
        if not data:
            break
        data = chance.choice(MUTATIONS)(chance, data, other)
    return data


def _span(chance: random.Random, data: bytes) -> tuple[int, int]:
    start = chance.randrange(len(data))
    return start, min(len(data), start + chance.choice((1, 4, 16, 64, 256, 4096)))

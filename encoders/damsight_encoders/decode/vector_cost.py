"""How much an SVG draws once each reference is followed: elements used by elements that are used."""

import re
from collections.abc import Mapping
from typing import Final

_REFERENCE: Final = re.compile(r"url\(\s*['\"]?#([^)'\"]{1,200})")


class Drawing:
    """The elements of a drawing as they come, and what they refer to."""

    def __init__(self) -> None:
        self._parts: list[list[int]] = []
        self._references: list[list[str]] = []
        self._named: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._parts)

    def add(self, parent: int | None, attributes: Mapping[str, str]) -> int:
        """Add an element below another; return its number."""
        number = len(self._parts)
        self._parts.append([])
        if parent is not None:
            self._parts[parent].append(number)
        self._named.setdefault(attributes.get("id", f"#{number}"), number)
        references = [value[1:] for name, value in attributes.items() if name.endswith("href") and value[:1] == "#"]
        for value in attributes.values():
            if "url(" in value:
                references.extend(found.strip() for found in _REFERENCE.findall(value))
        self._references.append(references)
        return number

    def cost(self, enough: int) -> int:
        """Return how many elements are drawn in all, or more than ``enough``.

        Each use of an element draws it anew. What refers to itself counts once: the renderer
        notices such circles.
        """
        costs: dict[int, int] = {}
        open_ones: set[int] = set()
        stack = [0] if self._parts else []
        while stack:
            number = stack[-1]
            below = self._below(number)
            if number not in open_ones:
                open_ones.add(number)
                stack.extend(other for other in below if other not in costs and other not in open_ones)
                continue
            stack.pop()
            if number not in costs:
                costs[number] = min(enough + 1, 1 + sum(costs.get(other, 0) for other in below))
        return costs.get(0, 0)

    def _below(self, number: int) -> list[int]:
        named = (self._named.get(name) for name in self._references[number])
        return [*self._parts[number], *(found for found in named if found is not None)]

"""From pairs to groups whose members are all paired with one of them. Pure.

Source: Aslam, Pelekhov and Rus, The Star Clustering Algorithm for Static and Dynamic Information Organization, 2004:
whoever has the most pairs becomes a centre and takes those that are free, and so on. As there, who is left when all
partners are taken becomes a centre too, and shares them.
"""

from collections.abc import Iterable


def stars(pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Return the groups, each with its centre first, in the order of the centres; ties go to the lower number.

    Args:
        pairs: Of any numbers.
    """
    partners: dict[int, set[int]] = {}
    for one, other in pairs:
        partners.setdefault(one, set()).add(other)
        partners.setdefault(other, set()).add(one)
    free = set(partners)
    groups = []
    for centre in sorted(partners, key=lambda one: (-len(partners[one]), one)):
        if centre in free:
            taken = (partners[centre] & free) or partners[centre]
            free -= taken | {centre}
            groups.append([centre, *sorted(taken)])
    return sorted(groups)

"""Reads the DAM's list from a host adapter: an entry point of the group ``damsight.catalogues``."""

from collections.abc import Iterator
from importlib.metadata import entry_points

from pydantic import ValidationError

from damsight_consumer.errors import CatalogueError
from damsight_consumer.reconcile.lines import BadEntry, GoodEntry
from damsight_schemas.catalogue import CATALOGUES, Catalogue, CatalogueEntry
from damsight_schemas.validation import field_problems


def entries_of_host(name: str) -> Iterator[GoodEntry | BadEntry]:
    """Yield each asset that a host lists.

    Raises:
        CatalogueError: No installed package offers such a host, it cannot be made, or it fails in the middle.
    """
    return _entries(name, _catalogue(name))


def _catalogue(name: str) -> Catalogue:
    found = [entry for entry in entry_points(group=CATALOGUES) if entry.name == name]
    if len(found) != 1:
        offered = ", ".join(sorted({entry.name for entry in entry_points(group=CATALOGUES)})) or "none"
        raise CatalogueError(
            f"--host {name}: {len(found)} installed packages offer it in the entry-point group {CATALOGUES}, and there "
            f"must be one; offered are: {offered}"
        )
    try:
        catalogue: Catalogue = found[0].load()()
    except Exception as error:  # the host's own code, which may raise anything
        raise CatalogueError(
            f"--host {name}: {found[0].value} cannot be made: {type(error).__name__}: {error}"
        ) from error
    if not callable(getattr(catalogue, "entries", None)):
        raise CatalogueError(
            f"--host {name}: {found[0].value} makes a {type(catalogue).__name__}, which has no entries(); see "
            f"damsight_schemas.catalogue for what it must have"
        )
    return catalogue


def _entries(name: str, catalogue: Catalogue) -> Iterator[GoodEntry | BadEntry]:
    place = 0
    try:
        for given in catalogue.entries():
            place += 1
            yield _checked(place, given)
    except Exception as error:  # the host's own code, which may raise anything
        raise CatalogueError(
            f"--host {name}: its list broke off after {place:,} assets: {type(error).__name__}: {error}. Nothing was "
            f"compared."
        ) from error


def _checked(place: int, given: object) -> GoodEntry | BadEntry:
    """A host may make its entries without checking them, or make something else."""
    if not isinstance(given, CatalogueEntry):
        return BadEntry(place, f"it is a {type(given).__name__}, not a CatalogueEntry")
    try:
        return GoodEntry(place, CatalogueEntry.model_validate(given.model_dump()))
    except ValidationError as error:
        return BadEntry(place, "; ".join(map(str, field_problems(error))))

"""The DAM's own list of its assets, to compare the index with: what a host offers to ``damsight reconcile --host``.

A host offers it as an entry point of the group ``damsight.catalogues``, whose object is called with nothing and
returns a `Catalogue`::

    [project.entry-points."damsight.catalogues"]
    press = "press_dam.damsight:PressCatalogue"
"""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Final, Protocol, Self

from pydantic import BaseModel, ConfigDict, model_validator

from damsight_schemas.asset import AssetId, Revision, Sha256
from damsight_schemas.events import AssetChanged

CATALOGUES: Final = "damsight.catalogues"
"""The group of entry points."""


def acl_hash(principals: Iterable[str]) -> str:
    """Return what stands for an access list in a catalogue: SHA-256, in lower-case hex.

    It is taken over the principals, each once, sorted by their code points, joined by a newline, as UTF-8. So neither
    the order nor a repetition counts, and an empty list has the digest of nothing.

    Args:
        principals: ``public``, ``user:NAME``, ``group:NAME``, as an event carries them.
    """
    return hashlib.sha256("\n".join(sorted(set(principals))).encode()).hexdigest()


class CatalogueEntry(BaseModel):
    """One asset of the DAM.

    Attributes:
        asset_id: As its events name it.
        revision: That it has now.
        acl_hash: Of who may see it, by `acl_hash`; without it, rights are not compared.
        asset: The whole of it, so that it can be repaired without the DAM; its access list is then compared too.
    """

    model_config = ConfigDict(frozen=True)

    asset_id: AssetId
    revision: Revision
    acl_hash: Sha256 | None = None
    asset: AssetChanged | None = None

    @model_validator(mode="after")
    def _one_asset(self) -> Self:
        if self.asset is None:
            return self
        if (self.asset.asset_id, self.asset.revision) != (self.asset_id, self.revision):
            raise ValueError("asset: its asset_id and revision are not those of the entry")
        if self.acl_hash not in (None, acl_hash(self.asset.acl)):
            raise ValueError("acl_hash: is not that of acl; leave one of them out (see damsight_schemas.catalogue)")
        return self

    @property
    def rights(self) -> str | None:
        """The hash of who may see it, from either; none where it is not told."""
        return acl_hash(self.asset.acl) if self.asset is not None else self.acl_hash


class Catalogue(Protocol):
    """The DAM's list. It is read once, from one thread."""

    def entries(self) -> Iterator[CatalogueEntry]:
        """Yield every asset that the DAM holds, in any order, each once; those that it deleted are left out.

        An exception ends the comparison before anything is repaired, so that half a list never counts as a whole one.
        """
        ...

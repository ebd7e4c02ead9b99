"""An index in memory, with external versions and a strict mapping."""

import threading
from collections.abc import Sequence
from typing import Any

import orjson

from damsight_consumer.errors import IndexUnavailableError
from damsight_consumer.ports import Answer, Verdict, Versioned
from damsight_schemas.document import AssetDocument


class FakeWriter:
    """See `damsight_consumer.ports.DocumentWriter`.

    Attributes:
        documents: By asset id.
        versions: By asset id.
        troubles: How many of the next bulks fail as a whole.
        later: Asset ids, each with how often it is put off.
    """

    def __init__(self) -> None:
        self.documents: dict[str, dict[str, Any]] = {}
        self.versions: dict[str, int] = {}
        self.troubles = 0
        self.later: dict[str, int] = {}
        self.bulks: list[int] = []
        self.gate = threading.Event()
        self.gate.set()
        self._lock = threading.Lock()

    def write(self, documents: Sequence[Versioned]) -> list[Verdict]:
        self.gate.wait(10)
        with self._lock:
            self.bulks.append(len(documents))
            if self.troubles > 0:
                self.troubles -= 1
                raise IndexUnavailableError("the fake index does not answer")
            return [self._one(document) for document in documents]

    def held(self, asset_ids: Sequence[str]) -> dict[str, tuple[int, dict[str, Any]]]:
        """Version and document of those assets that are there, all of one moment."""
        with self._lock:
            return {
                asset_id: (self.versions[asset_id], self.documents[asset_id])
                for asset_id in asset_ids
                if asset_id in self.versions
            }

    def _one(self, document: Versioned) -> Verdict:
        body = orjson.loads(document.body)
        if self.later.get(document.asset_id, 0) > 0:
            self.later[document.asset_id] -= 1
            return Verdict(Answer.LATER, "es_rejected_execution_exception", "queue full")
        unknown = set(body) - set(AssetDocument.model_fields)
        if unknown:
            return Verdict(Answer.REJECTED, "strict_dynamic_mapping_exception", f"unknown: {sorted(unknown)}")
        if document.version <= self.versions.get(document.asset_id, 0):
            return Verdict(Answer.ALREADY, "version_conflict_engine_exception", "")
        self.versions[document.asset_id] = document.version
        self.documents[document.asset_id] = body
        return Verdict(Answer.STORED)

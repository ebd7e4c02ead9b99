"""Concepts as own records: what is kept of them, and what each of its readers is told. Pure."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from damsight_index.own_records import OwnRecord
from damsight_schemas.concepts import Concept, ConceptQuality
from damsight_search.learning.probe import Probe

KIND = "concept"
FEW = 3


@dataclass(frozen=True, slots=True)
class Learnt:
    """A probe, and what it was learnt from.

    Attributes:
        space: Of the vectors, as `damsight_schemas.space.Space` writes itself; the probe meets none of another.
        good: How many good examples had a vector.
        bad: How many bad ones.
        background: How many other assets.
    """

    probe: Probe
    space: str
    good: int
    bad: int
    background: int

    @property
    def warning(self) -> str:
        """Why not to rely on it; empty where nothing tells against it."""
        if self.good == 1:
            return "One good example: nothing tells whether it was understood. Mark some more."
        if not self.probe.separates:
            return "The good examples cannot be told apart from other assets: mark more of both, or a clearer concept."
        return f"Few good examples ({self.good}): mark some more." if self.good < FEW else ""


@dataclass(frozen=True, slots=True)
class KeptConcept:
    """A concept as it is kept.

    Attributes:
        principals: Under whose rights it was learnt: its owner's, when the owner last did.
        examples: The good and the bad.
    """

    concept_id: str
    owner: str
    name: str
    shared: bool
    good: tuple[str, ...]
    bad: tuple[str, ...]
    principals: tuple[str, ...]
    learnt: Learnt
    created_at: datetime
    modified_at: datetime


def name_key(name: str) -> str:
    """Return what concepts are found by."""
    return f"name:{' '.join(name.casefold().split())}"


def to_record(kept: KeptConcept) -> OwnRecord:
    """Return the record of a concept."""
    learnt, probe = kept.learnt, kept.learnt.probe
    body: dict[str, Any] = {
        "name": kept.name,
        "shared": kept.shared,
        "good": list(kept.good),
        "bad": list(kept.bad),
        "principals": list(kept.principals),
        "created_at": kept.created_at.isoformat(),
        "modified_at": kept.modified_at.isoformat(),
        "learnt": {
            "space": learnt.space,
            "counts": [learnt.good, learnt.bad, learnt.background],
            "direction": base64.b64encode(probe.direction.astype("<f4").tobytes()).decode("ascii"),
            "threshold": probe.threshold,
            "scale": probe.scale,
            "accuracy": probe.accuracy,
            "separates": probe.separates,
        },
    }
    return OwnRecord(KIND, kept.concept_id, kept.owner, _about(kept.name, shared=kept.shared), body)


def from_record(record: OwnRecord) -> KeptConcept | None:
    """Return the concept of a record; none where another version wrote it in a way that this one cannot read."""
    try:
        return _read(record)
    except (KeyError, TypeError, ValueError):
        return None


def told(kept: KeptConcept, *, own: bool, may_change: bool) -> Concept:
    """Return a concept as somebody who may use it sees it."""
    learnt = kept.learnt
    accuracy = learnt.probe.accuracy
    return Concept(
        id=kept.concept_id,
        name=kept.name,
        own=own,
        shared=kept.shared,
        good=list(kept.good) if may_change else [],
        bad=list(kept.bad) if may_change else [],
        space=learnt.space,
        quality=ConceptQuality(
            good=learnt.good,
            bad=learnt.bad,
            background=learnt.background,
            accuracy=None if accuracy is None else round(accuracy, 3),
            warning=learnt.warning,
        ),
        created_at=kept.created_at,
        modified_at=kept.modified_at,
    )


SHARED = "is:shared"
"""What a shared concept's record is about, besides its name."""


def _about(name: str, *, shared: bool) -> tuple[str, ...]:
    return (name_key(name), SHARED) if shared else (name_key(name),)


def _read(record: OwnRecord) -> KeptConcept:
    body = record.body
    learnt: dict[str, Any] = body["learnt"]
    counts: Sequence[int] = learnt["counts"]
    good, bad, background = counts
    probe = Probe(
        direction=np.frombuffer(base64.b64decode(learnt["direction"]), dtype="<f4").astype(np.float32),
        threshold=learnt["threshold"],
        scale=learnt["scale"],
        accuracy=learnt["accuracy"],
        separates=learnt["separates"],
    )
    return KeptConcept(
        concept_id=record.record_id,
        owner=record.owner,
        name=body["name"],
        shared=body["shared"],
        good=tuple(body["good"]),
        bad=tuple(body["bad"]),
        principals=tuple(body["principals"]),
        learnt=Learnt(probe, learnt["space"], good, bad, background),
        created_at=datetime.fromisoformat(body["created_at"]),
        modified_at=datetime.fromisoformat(body["modified_at"]),
    )

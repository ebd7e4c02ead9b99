"""Calibrations as own records: one a generation, its vectors as base64 of little-endian float16. Pure.

The generation's name is the record's id and each leg names its space, so a cutover or another model never uses
another's calibration. The records stand beside the generations, where no document write touches them.
"""

import base64
from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from damsight_index.own_records import OwnRecord
from damsight_schemas.search import Leg
from damsight_schemas.space import IndexSpaces
from damsight_search.relevance.calibration import Background, Calibration, LegCalibration, Reference, Vectors
from damsight_search.vectors.gathered import LEG_FIELDS

KIND = "calibration"
MARK = "calibration-mark"
"""Of a calibration, without its vectors: small, so that it can be looked at often."""

_FORMAT = 1


def to_record(calibration: Calibration) -> OwnRecord:
    """Return a calibration as it is kept."""
    legs = {leg: _leg_body(told) for leg, told in calibration.legs.items()}
    body = {"format": _FORMAT, "assets": calibration.assets, "taken_at": calibration.taken_at, "legs": legs}
    return OwnRecord(KIND, calibration.generation, body=body)


def to_mark(calibration: Calibration) -> OwnRecord:
    """Return what tells that a calibration was made, and of what."""
    spaces = {leg: told.space for leg, told in calibration.legs.items()}
    body = {"format": _FORMAT, "assets": calibration.assets, "taken_at": calibration.taken_at, "spaces": spaces}
    return OwnRecord(MARK, calibration.generation, body=body)


def fits(mark: OwnRecord | None, spaces: IndexSpaces, legs: Collection[Leg]) -> bool:
    """Tell whether a calibration is of this version, and of these spaces in these legs."""
    if mark is None or mark.body.get("format") != _FORMAT:
        return False
    return all(mark.body["spaces"].get(leg) == str(getattr(spaces, LEG_FIELDS[leg])) for leg in legs)


def from_record(record: OwnRecord, spaces: IndexSpaces) -> Calibration | None:
    """Return a calibration without the legs of other models; none where another version of damsight wrote it.

    Args:
        record: As `to_record` made it.
        spaces: Of the generation as it is now.
    """
    body = record.body
    if body.get("format") != _FORMAT:
        return None
    legs = {
        leg: _leg_of(body["legs"][leg])
        for leg, field in LEG_FIELDS.items()
        if leg in body["legs"] and body["legs"][leg]["space"] == str(getattr(spaces, field))
    }
    return Calibration(record.record_id, body["assets"], body["taken_at"], legs)


def _leg_body(leg: LegCalibration) -> dict[str, Any]:
    return {
        "space": leg.space,
        "population": leg.population,
        "dimensions": leg.reference.vectors.shape[1],
        "vectors": _packed(leg.reference.vectors),
        "starts": leg.reference.starts.tolist(),
        "backgrounds": {
            mode: {"centre": _packed(one.centre), "mean": one.mean, "spread": one.spread, "stretch": one.stretch}
            for mode, one in leg.backgrounds.items()
        },
    }


def _leg_of(body: dict[str, Any]) -> LegCalibration:
    vectors = _unpacked(body["vectors"]).reshape(-1, body["dimensions"])
    return LegCalibration(
        space=body["space"],
        population=body["population"],
        reference=Reference(vectors, np.asarray(body["starts"], dtype=np.intp)),
        backgrounds={
            mode: Background(_unpacked(one["centre"]), one["mean"], one["spread"], one["stretch"])
            for mode, one in body["backgrounds"].items()
        },
    )


def _packed(vectors: Vectors) -> str:
    return base64.b64encode(np.asarray(vectors, dtype="<f2").tobytes()).decode()


def _unpacked(text: str) -> NDArray[np.float32]:
    return np.frombuffer(base64.b64decode(text), dtype="<f2").astype(np.float32)

"""What `damsight why` tells: the conclusion, what to do, and what it rests on. Pure."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from damsight_consumer.records import Lane
from damsight_consumer.whereabouts.conclusion import Conclusion, moment, time_of
from damsight_consumer.whereabouts.sightings import DeadLettered, Document, Sightings, Waiting
from damsight_schemas.asset import as_utc


def report_lines(seen: Sightings, conclusion: Conclusion, *, now: datetime) -> list[str]:
    """Return the lines for a person.

    Args:
        seen: All that was found.
        conclusion: From it.
        now: In UTC.
    """
    lines = [conclusion.sentence]
    if conclusion.to_do:
        lines.append(f"to do: {conclusion.to_do}")
    if seen.document is not None:
        lines += _document(seen.document, seen.index)
    lines += [_waiting(one, now) for one in seen.waiting]
    return lines + [_dead(one, now) for one in seen.dead]


def as_data(seen: Sightings, conclusion: Conclusion) -> dict[str, Any]:
    """Return all of it as JSON takes it; times are RFC 3339 in UTC."""
    document = seen.document
    return {
        "asset_id": seen.asset_id,
        "conclusion": conclusion.sentence,
        "to_do": conclusion.to_do,
        "known": conclusion.is_known,
        "index": seen.index,
        "document": None if document is None else _document_as_data(document),
        "waiting": [_waiting_as_data(one) for one in seen.waiting],
        "dead_letters": [_timed(asdict(one)) for one in seen.dead],
    }


def _document(document: Document, index: str) -> list[str]:
    state = "deleted" if document.deleted else "indexed"
    when = f" at {document.indexed_at}" if document.indexed_at else ""
    lines = [f"document: revision {document.revision}, {state}{when} in {index!r}"]
    lines += [f"document: {field} of {space}" for field, space in document.vectors.items()]
    if not document.vectors and not document.deleted:
        lines.append("document: no vectors")
    if document.problem is not None:
        problem = document.problem
        lines.append(f"document: problem: {problem.stage}: {problem.error}: {problem.message}")
    return lines


def _waiting(one: Waiting, now: datetime) -> str:
    what = "an event that cannot be read" if one.revision is None else f"revision {one.revision}"
    told = f"waiting: {what}{' (deletion)' if one.deleted else ''} in {one.partition} at offset {one.offset:,}"
    if one.lane is Lane.RETRY:
        due = f"due at {moment(one.due_ms, now)}" if one.due_ms else "due now"
        told += f", tried {one.attempt} time{'s' if one.attempt != 1 else ''}, {due}"
    elif one.timestamp_ms >= 0:
        told += f", since {moment(one.timestamp_ms, now)}"
    told += f", {one.ahead:,} before it"
    return f"{told}: {one.reason}" if one.reason else told


def _dead(one: DeadLettered, now: datetime) -> str:
    what = "an event that cannot be read" if one.revision is None else f"revision {one.revision}"
    origin = f", from {one.origin}" if one.origin else ""
    tries = f"{one.attempts} {'try' if one.attempts == 1 else 'tries'}"
    return f"dead letter {one.letter}: {what} at {moment(one.timestamp_ms, now)}, {tries}{origin}: {one.reason}"


def _document_as_data(document: Document) -> dict[str, Any]:
    problem = document.problem
    return {
        "revision": document.revision,
        "deleted": document.deleted,
        "indexed_at": document.indexed_at,
        "vectors": dict(document.vectors),
        "problem": None if problem is None else problem.model_dump(),
    }


def _waiting_as_data(one: Waiting) -> dict[str, Any]:
    told = _timed(asdict(one))
    del told["version"]
    told["lane"], told["topic"], told["partition"] = one.lane.value, one.partition.topic, one.partition.number
    due_ms = told.pop("due_ms")
    told["due"] = _time(due_ms) if due_ms else None
    return told


def _timed(told: dict[str, Any]) -> dict[str, Any]:
    timestamp_ms = told.pop("timestamp_ms")
    return {**told, "time": _time(timestamp_ms) if timestamp_ms >= 0 else None}


def _time(timestamp_ms: int) -> str:
    return as_utc(time_of(timestamp_ms))

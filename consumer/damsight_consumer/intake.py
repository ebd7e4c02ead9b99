"""From a delivery to work, or to a dead letter."""

from damsight_consumer.plan import version_of
from damsight_consumer.postponing import attempt_of
from damsight_consumer.records import DeadLetter, Lane, Record, Stage, Unreadable, Work
from damsight_schemas.document import Problem
from damsight_schemas.errors import EventError
from damsight_schemas.events import parse_event

LONGEST_MESSAGE = 2000


def take_in(record: Record, *, epoch: int = 0) -> Work | DeadLetter:
    """Read a record as an asset event.

    Args:
        record: As it came.
        epoch: Of the pipeline; see `damsight_schemas.version`.
    """
    try:
        event = parse_event(record.value, record.headers)
    except EventError as error:
        problem = Problem(stage=Stage.PLAN.value, error="EventError", message=str(error)[:LONGEST_MESSAGE])
        return DeadLetter(record=record, stage=Stage.PLAN, problem=problem, asset_id=error.asset_id)
    attempt = attempt_of(record.headers) if record.lane is Lane.RETRY else 0
    return Work(record, event, version_of(event, epoch=epoch), attempt)


def unreadable(place: Unreadable) -> DeadLetter:
    """Return the pointer that stands for a place in a partition that cannot be read."""
    record = Record(place.receipt, -1, None, None, (), place.lane)
    problem = Problem(stage=Stage.READ.value, error=place.error, message=place.message[:LONGEST_MESSAGE])
    return DeadLetter(record=record, stage=Stage.READ, problem=problem)

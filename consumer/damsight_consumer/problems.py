"""How an error is told: in the document, in the dead letter and in the metrics alike. Pure."""

from damsight_consumer.errors import MediaAccessError
from damsight_consumer.records import Stage
from damsight_encoders.errors import MediaError
from damsight_schemas.document import Problem

LONGEST_MESSAGE = 1000


def problem_of(stage: Stage, error: BaseException) -> Problem:
    """Return an error as the document and the dead letter tell it: a stable word, and a message cut to a bound."""
    message = str(error) or type(error).__name__
    return Problem(stage=stage.value, error=word_of(error), message=message[:LONGEST_MESSAGE])


def word_of(error: BaseException) -> str:
    """Return the stable word for an error."""
    return error.reason if isinstance(error, MediaAccessError | MediaError) else type(error).__name__

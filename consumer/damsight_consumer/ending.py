"""How an event ends: what is waited for with it, what is stored of it, and what is published in its place. Pure."""

from dataclasses import dataclass
from typing import NamedTuple

from damsight_consumer.compose import NOTHING_FOUND, Findings
from damsight_consumer.ports import Answer, Verdict
from damsight_consumer.postponing import postponed
from damsight_consumer.records import DeadLetter, Outcome, Postponed, Record, Stage, Work
from damsight_schemas.document import Problem
from damsight_schemas.events import DeletedEvent
from damsight_schemas.preview_keys import asset_folder


@dataclass(frozen=True, slots=True)
class Storable:
    """An event whose document can be composed."""

    work: Work
    findings: Findings = NOTHING_FOUND

    @property
    def size(self) -> int:
        """In bytes, near enough."""
        return self.work.record.size + self.findings.stored_bytes + 512


@dataclass(frozen=True, slots=True)
class Untakeable:
    """A record that never became work: only its dead letter is published."""

    letter: DeadLetter

    @property
    def size(self) -> int:
        """In bytes, near enough."""
        return self.letter.record.size + 512


class Ended(NamedTuple):
    """An event that is done: what must be stored is stored, what must be acknowledged is acknowledged.

    Attributes:
        work: None where the record never became work.
        stored: The index holds this revision or a newer one.
        postponed: What a retry topic gets.
        outdated: Keys and folders of the store of previews that are of no use any more.
    """

    record: Record
    outcome: Outcome
    stage: Stage
    work: Work | None = None
    problem: Problem | None = None
    stored: bool = False
    postponed: Postponed | None = None
    outdated: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AlreadyThere:
    """An event that the index needs nothing of; who waits for its asset may not be told yet."""

    ended: Ended
    work: Work

    @property
    def size(self) -> int:
        """In bytes, near enough."""
        return self.work.record.size + 512


Waiting = Storable | Untakeable | AlreadyThere


def ended_storable(storable: Storable, verdict: Verdict, later_tries: int) -> Ended:
    """Return how an event ends that the index has answered to."""
    work, problem = storable.work, storable.findings.problem
    if verdict.answer is Answer.REJECTED:
        rejection = Problem(stage=Stage.WRITE.value, error=verdict.error, message=verdict.message)
        return Ended(work.record, Outcome.DEAD_LETTERED, Stage.WRITE, work, rejection, stored=False)
    outdated = _outdated(storable) if verdict.answer is Answer.STORED else ()
    if problem is not None:
        return _ended_with(problem, storable, later_tries, outdated)
    if verdict.answer is Answer.ALREADY:
        outcome = Outcome.ALREADY
    else:
        outcome = Outcome.DELETED if isinstance(work.event, DeletedEvent) else Outcome.INDEXED
    return Ended(work.record, outcome, Stage.WRITE, work, None, stored=True, outdated=outdated)


def _ended_with(problem: Problem, storable: Storable, later_tries: int, outdated: tuple[str, ...]) -> Ended:
    work = storable.work
    later = postponed(work, problem, tries=later_tries) if storable.findings.later else None
    outcome = Outcome.INDEXED_WITH_PROBLEM if later is None else Outcome.POSTPONED
    stage = Stage(problem.stage)
    return Ended(work.record, outcome, stage, work, problem, stored=True, postponed=later, outdated=outdated)


def _outdated(storable: Storable) -> tuple[str, ...]:
    """Return which previews the document that is stored now leaves without a use."""
    if isinstance(storable.work.event, DeletedEvent):
        return (asset_folder(storable.work.asset_id),)
    used = storable.findings.previews()
    return tuple(key for key in storable.findings.outdated if key not in used)


def ended_letter(letter: DeadLetter) -> Ended:
    """Return how a record ends that never became work."""
    return Ended(letter.record, Outcome.DEAD_LETTERED, letter.stage, None, letter.problem)


def letter_of(end: Ended, problem: Problem) -> DeadLetter:
    """Return the dead letter of an event that ended with a problem."""
    work = end.work
    return DeadLetter(
        record=end.record,
        stage=Stage(problem.stage),
        problem=problem,
        asset_id=work.asset_id if work else None,
        revision=work.revision if work else None,
        attempts=work.attempt + 1 if work else 1,
    )

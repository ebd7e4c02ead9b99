"""One run of `damsight eval`: read, ask, measure; and with --tune fit and write."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

from damsight_cli.evaluation import asking
from damsight_cli.evaluation.errors import NotBetterError, NotJudgeableError
from damsight_cli.evaluation.figures import Evaluation, evaluated
from damsight_cli.evaluation.from_feedback import judged_by_feedback
from damsight_cli.evaluation.judged import JudgedQuery, read_judged, write_judged
from damsight_cli.evaluation.report import report, report_tuned
from damsight_cli.evaluation.tuning import Tuned, tuned
from damsight_cli.evaluation.written_weights import kind_of, write_weights
from damsight_cli.reconcile_progress import told as progress
from damsight_index.own_records import OwnRecords
from damsight_search.bootstrap import wire
from damsight_search.learning.feedback import read_feedback
from damsight_search.ports import SearchIndex
from damsight_search.principal import Principals
from damsight_search.service import SearchService
from damsight_search.settings import load_settings


@dataclass(frozen=True, slots=True)
class Options:
    """What `damsight eval` was asked; the command's help tells each."""

    qrels: Path | None = None
    queries: Path | None = None
    asked_as: str = "public"
    leave_out_missing: bool = False
    save_judgements: Path | None = None
    tune: bool = False
    folds: int = 5
    write: Path | None = None
    force: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it.

    Attributes:
        evaluation: The figures, with the weights of now.
        tuned: The fitted weights of each kind, with --tune.
        notes: Kinds that were not fitted.
        written: Where the weights were written.
        refusal: Why they were not, where they should have been.
    """

    evaluation: Evaluation
    tuned: list[Tuned] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    written: Path | None = None
    refusal: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return all of it as JSON takes it."""
        told: dict[str, Any] = {"evaluation": self.evaluation.model_dump(mode="json")}
        if self.tuned or self.notes:
            told["tuned"] = [{**one.model_dump(mode="json"), "is_better": one.is_better} for one in self.tuned]
            told["notes"] = self.notes
            told["written"] = str(self.written) if self.written else None
        return told

    def print(self) -> None:
        """Print it for a person."""
        console = Console(highlight=False, soft_wrap=True)
        report(self.evaluation, console)
        if self.tuned:
            report_tuned(self.tuned, self.notes, console)
        if self.written:
            console.print(f"\nwritten to {self.written}: `set -a; . {self.written}; damsight serve` takes it")


def run(options: Options) -> Outcome:
    """Measure as asked.

    Raises:
        JudgementsError: The judged queries cannot be read.
        NotJudgeableError: They do not fit the index or whoever asks.
        EvaluationError: Too few queries to fit weights.
        SearchError: The search cannot be put together, or cannot answer.
    """
    principals = Principals([name.strip() for name in options.asked_as.split(",") if name.strip()])
    given = _read(options) if options.qrels else None
    search = wire(load_settings())
    try:
        judged = judged_of(search.records, options) if given is None else given
        return measured(search.service, search.index, judged, principals, options)
    finally:
        search.close()


def measured(
    service: SearchService, index: SearchIndex, judged: list[JudgedQuery], principals: Principals, options: Options
) -> Outcome:
    """Ask and measure over a search that is wired already.

    Raises:
        NotJudgeableError: The judgements do not fit the index or whoever asks.
        EvaluationError: Too few queries to fit weights.
    """
    there, notes = asking.those_there(
        index, judged, principals, leave_out_missing=options.leave_out_missing or options.qrels is None
    )
    with progress() as on_progress:
        asked = asking.ask_all(service, there, principals, on_progress)
        evaluation = evaluated(asked, asked_as=principals, notes=notes)
        if not options.tune:
            return Outcome(evaluation)
        fitted, said = tuned(asked, kind_of, on_progress, folds=options.folds)
    if options.write is None:
        return Outcome(evaluation, fitted, said)
    try:
        write_weights(options.write, fitted, even_if_not_better=options.force)
    except NotBetterError as error:
        return Outcome(evaluation, fitted, said, refusal=str(error))
    return Outcome(evaluation, fitted, said, written=options.write)


def judged_of(records: OwnRecords, options: Options) -> list[JudgedQuery]:
    """Return what feedback judges, and save it where that is asked.

    Raises:
        NotJudgeableError: It judges nothing yet.
    """
    judged = judged_by_feedback((record.owner, told) for record, told in read_feedback(records))
    if not judged:
        raise NotJudgeableError(
            "Feedback tells no right answer yet: it takes marks, or enough people who opened or downloaded the same "
            "hit. It is kept of people who are signed in (DAMSIGHT_FEEDBACK__KEEP)."
        )
    if options.save_judgements:
        write_judged(options.save_judgements, judged)
    return judged


def _read(options: Options) -> list[JudgedQuery]:
    qrels = options.qrels or Path()
    return read_judged(qrels, options.queries or qrels.with_name("queries.tsv"))

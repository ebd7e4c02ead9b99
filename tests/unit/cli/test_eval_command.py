"""damsight eval: usage, exit codes, and what is said where nothing can be measured."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from damsight_cli import eval as evaluating
from damsight_cli.evaluation import run
from damsight_cli.evaluation.chance import Comparison, Figure
from damsight_cli.evaluation.figures import Evaluation, Group
from damsight_cli.evaluation.tuning import Tuned

RUNNER = CliRunner()
NOWHERE = {"DAMSIGHT_ELASTICSEARCH__URL": "http://127.0.0.1:9", "COLUMNS": "200"}
FIGURE = Figure(value=0.5, low=0.4, high=0.6)
GAIN = Comparison(system="fused", against="rrf", ratio=FIGURE, difference=FIGURE, p=0.001)

command = typer.Typer()
command.command()(evaluating.command)


@pytest.fixture
def judged(tmp_path: Path) -> Path:
    """Judged queries on disk."""
    (tmp_path / "queries.tsv").write_text("q1\ten\tpartly\tred boat\n", encoding="utf-8")
    (tmp_path / "judgements.tsv").write_text("q1 0 asset-1 1\n", encoding="utf-8")
    return tmp_path / "judgements.tsv"


@pytest.mark.parametrize(
    ("given", "code", "says"),
    [
        ([], 2, "either QRELS or --from-feedback"),
        (["JUDGED", "--from-feedback"], 2, "either QRELS or --from-feedback"),
        (["JUDGED", "--write", "weights.env"], 2, "go with --tune"),
        (["JUDGED", "--save-judgements", "folder"], 2, "goes with --from-feedback"),
        (["JUDGED", "--queries", "nowhere.tsv"], 2, "nowhere.tsv is not there"),
        (["JUDGED", "--as", "anna"], 1, "'anna' is no principal"),
        (["nowhere.tsv"], 2, "nowhere.tsv"),
        (["JUDGED"], 1, "DAMSIGHT_ELASTICSEARCH__URL"),
    ],
)
def test_what_is_wrong_is_said(judged: Path, given: list[str], code: int, says: str) -> None:
    """Wrong usage and unreadable judgements are 2, a fault is 1, and the line says what to do."""
    told = RUNNER.invoke(command, [str(judged) if one == "JUDGED" else one for one in given], env=NOWHERE)
    assert (told.exit_code, says in told.output) == (code, True), told.output


def outcome(*, refusal: str = "", is_better: bool = True) -> run.Outcome:
    systems = {"keyword": dict.fromkeys(["ndcg@10", "recall@10", "mrr"], FIGURE)}
    groups = [Group(name=name, queries=1, systems=systems) for name in ("all", "language en", "language de")]
    evaluation = Evaluation(
        asked_as=["public"], queries=1, groups=groups, best_leg="keyword", comparisons=[GAIN], notes=["a note"]
    )
    gain = GAIN if is_better else GAIN.model_copy(update={"difference": Figure(value=0.0, low=-0.1, high=0.1)})
    weights = {"keyword": 1.0, "image": 0.5}
    one = Tuned(kind="text", queries=40, folds=5, weights=weights, now=weights, held_out=gain, on_all=gain)
    return run.Outcome(evaluation, [one], refusal=refusal)


def test_figures_are_printed_for_people_and_programs(judged: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table with intervals and who beats whom; the same as JSON."""
    monkeypatch.setattr(run, "run", lambda _options: outcome())
    told = RUNNER.invoke(command, [str(judged), "--tune"], env=NOWHERE)
    assert told.exit_code == 0, told.output
    for said in ("0.500 (0.400-0.600)", "language de", "fused / rrf", "note: a note", "fitted  keyword 1, image 0.5"):
        assert said in told.output
    parsed = json.loads(RUNNER.invoke(command, [str(judged), "--tune", "--json"], env=NOWHERE).output)
    assert parsed["evaluation"]["groups"][0]["systems"]["keyword"]["mrr"] == {"value": 0.5, "low": 0.4, "high": 0.6}
    assert parsed["tuned"][0]["is_better"] is True


def test_weights_that_are_not_better_fail_with_their_figures(judged: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The figures are printed all the same, the refusal is on stderr, and the exit code is 1."""
    monkeypatch.setattr(run, "run", lambda _options: outcome(refusal="not better: --force", is_better=False))
    told = RUNNER.invoke(command, [str(judged), "--tune", "--write", "weights.env"], env=NOWHERE)
    assert told.exit_code == 1
    assert "not better beyond chance" in told.stdout
    assert "not better: --force" in told.stderr


def test_it_has_help_with_examples() -> None:
    """--help tells what it does and shows how."""
    told = RUNNER.invoke(command, ["--help"], env=NOWHERE)
    assert told.exit_code == 0
    assert "Examples" in told.output

"""`damsight eval`: judged queries asked of the running index, and weights that are fitted to them."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from damsight_cli.search_faults import faults_told

if TYPE_CHECKING:
    from damsight_cli.evaluation.run import Options

_USAGE = 2


def command(
    qrels: Annotated[
        Path | None,
        typer.Argument(metavar="QRELS", help="Judgements as TREC qrels: query_id 0 asset_id grade.", exists=True),
    ] = None,
    *,
    queries: Annotated[
        Path | None,
        typer.Option("--queries", help="query_id, language, kind, text.", show_default="queries.tsv beside QRELS"),
    ] = None,
    asked_as: Annotated[
        str, typer.Option("--as", help="Ask as these principals, separated by commas: public,group:press,user:anna.")
    ] = "public",
    leave_out_missing: Annotated[
        bool, typer.Option("--leave-out-missing", help="Leave judged assets out that are not there.")
    ] = False,
    from_feedback: Annotated[
        bool, typer.Option("--from-feedback", help="Take the judgements from what people opened and marked.")
    ] = False,
    save_judgements: Annotated[
        Path | None,
        typer.Option("--save-judgements", metavar="FOLDER", help="Write what feedback judges there.", file_okay=False),
    ] = None,
    tune: Annotated[bool, typer.Option("--tune", help="Fit the legs' weights, with cross-validation.")] = False,
    folds: Annotated[int, typer.Option("--folds", help="Of the cross-validation.", min=2, max=20)] = 5,
    write: Annotated[
        Path | None,
        typer.Option("--write", metavar="FILE", help="With --tune: write the weights there, as settings."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Write them even if they are not better on held-out queries.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Measure the search on judged queries: each leg, their reciprocal rank fusion, and the product's own fusion.

    nDCG@10, recall@10 and the reciprocal rank, per language and kind, with 95 % intervals and a paired test. Every
    query is one search of the running index, with the rights of those whom --as names. Settings: as `damsight serve`.

    Examples: damsight eval judgements.tsv --as public,group:press,user:anna · damsight eval judgements.tsv --tune
    --write fusion.env · damsight eval --from-feedback --save-judgements judged
    """
    if (qrels is None) != from_feedback:
        raise typer.BadParameter("give either QRELS or --from-feedback")
    if (write or force) and not tune:
        raise typer.BadParameter("--write and --force go with --tune")
    if save_judgements and not from_feedback:
        raise typer.BadParameter("--save-judgements goes with --from-feedback")
    from damsight_cli.evaluation.run import Options

    _run(
        Options(
            qrels=qrels, queries=queries, asked_as=asked_as, leave_out_missing=leave_out_missing,
            save_judgements=save_judgements, tune=tune, folds=folds, write=write, force=force,
        ),
        as_json=as_json,
    )  # fmt: skip


def _run(options: "Options", *, as_json: bool) -> None:
    from damsight_cli.evaluation.errors import EvaluationError, JudgementsError
    from damsight_cli.evaluation.run import run

    with faults_told("damsight eval"):
        try:
            outcome = run(options)
        except JudgementsError as error:
            raise _told(error, _USAGE) from error
        except EvaluationError as error:
            raise _told(error, 1) from error
    if as_json:
        typer.echo(json.dumps(outcome.as_json(), indent=2, ensure_ascii=False))
    else:
        outcome.print()
    if outcome.refusal:
        typer.echo(f"damsight eval: {outcome.refusal}", err=True)
        raise typer.Exit(1)


def _told(error: Exception, code: int) -> typer.Exit:
    typer.echo(f"damsight eval: {error}", err=True)
    return typer.Exit(code)

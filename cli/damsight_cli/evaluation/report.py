"""Figures as a person reads them."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from damsight_cli.evaluation.chance import Comparison, Figure
from damsight_cli.evaluation.figures import Evaluation, Group
from damsight_cli.evaluation.measures import MEASURES, NDCG
from damsight_cli.evaluation.tuning import Tuned

_UNLIKELY = 0.05


def report(told: Evaluation, console: Console) -> None:
    """Print the figures over all queries, nDCG@10 per language and kind, and who beats whom."""
    console.print(f"{told.queries:,} judged queries, asked as {', '.join(told.asked_as)}")
    for note in told.notes:
        console.print(f"note: {note}", style="yellow")
    console.print(_measures(told.groups[0]))
    if told.groups[1:]:
        console.print(f"\n{NDCG}, with 95 % intervals")
        console.print(_per_group(told.groups))
    console.print()
    for one in told.comparisons:
        console.print(_compared(one))


def report_tuned(tuned: Sequence[Tuned], notes: Sequence[str], console: Console) -> None:
    """Print each kind's weights and what they gain on held-out queries."""
    for note in notes:
        console.print(f"note: {note}", style="yellow")
    for one in tuned:
        console.print(f"\n{one.kind}: {one.queries:,} queries, {one.folds} folds")
        console.print(f"  now     {_weights(one.now)}")
        console.print(f"  fitted  {_weights(one.weights)}")
        console.print(f"  on held-out queries: {_compared(one.held_out)}")
        console.print(f"  on the queries that they were fitted on: {_compared(one.on_all)}")
        if not one.is_better:
            console.print("  not better beyond chance: keep the weights of now", style="yellow")


def _measures(group: Group) -> Table:
    table = Table("", *MEASURES, box=None, pad_edge=False)
    for system, figures in group.systems.items():
        table.add_row(system, *(_figure(figures[measure]) for measure in MEASURES))
    return table


def _per_group(groups: Sequence[Group]) -> Table:
    table = Table("", "queries", *groups[0].systems, box=None, pad_edge=False)
    for group in groups:
        figures = [_figure(figures[NDCG]) for figures in group.systems.values()]
        table.add_row(group.name, f"{group.queries:,}", *figures)
    return table


def _figure(figure: Figure) -> str:
    return f"{figure.value:.3f} ({figure.low:.3f}-{figure.high:.3f})"


def _compared(one: Comparison) -> str:
    chance = "chance alone could do that" if one.p > _UNLIKELY else "more than chance"
    return (
        f"{one.system} / {one.against} = {one.ratio.value:.3f} ({one.ratio.low:.3f}-{one.ratio.high:.3f}), "
        f"difference {one.difference.value:+.4f} ({one.difference.low:+.4f} to {one.difference.high:+.4f}), "
        f"p = {one.p:.2g}: {chance}"
    )


def _weights(weights: dict[str, float]) -> str:
    return ", ".join(f"{leg} {weight:g}" for leg, weight in weights.items())

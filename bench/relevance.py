"""How good the answers are, by judgements that nobody here wrote: each leg alone, rank fusion, the product's fusion.

The sample library is indexed and calibrated; then each of its 1,080 judged queries (keywords that CLDR's editors gave
and that were held out of all metadata, in seven languages; samples/library/README.md) is one search, asked as everybody
whom the library lets in. Everything is ranked from what that one search said, as `damsight eval` does it.

Usage: python bench/relevance.py [--every 1] [--check]
With --every 10 each tenth query is asked: a quick look. With --check the exit code is 1 where nDCG@10 of the fusion is
below 1.12 of the best leg's, or below that of reciprocal rank fusion of the same legs: over all queries, or with a
whole interval in any language or kind.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
from library_index import index_library
from report import RESULTS, write

from damsight_cli.demonstration.models import offline_models
from damsight_cli.demonstration.samples import find_samples
from damsight_cli.evaluation.asking import Asked, ask_all
from damsight_cli.evaluation.chance import compared
from damsight_cli.evaluation.figures import Evaluation, evaluated, groups_of, ndcg_of
from damsight_cli.evaluation.judged import read_judged
from damsight_cli.evaluation.measures import MEASURES, NDCG
from damsight_cli.evaluation.systems import FUSED, RRF, systems
from damsight_devstack import running_stack
from damsight_encoders.decode import PillowDecoder
from damsight_encoders.load import load_encoders
from damsight_index import connect
from damsight_index.stored_records import ElasticsearchOwnRecords
from damsight_schemas.connections import ElasticsearchSettings, EncodingLimits, IndexSettings
from damsight_search.bootstrap import wire
from damsight_search.index import ElasticsearchIndex
from damsight_search.principal import Principals
from damsight_search.relevance.calibrating import Calibrator
from damsight_search.settings import load_settings
from damsight_search.vectors.query_encoder import EncodersForQueries

GAIN = 1.12
EVERYBODY = Principals(["public", "group:press", "user:anna"])


def asked_of_the_library(every: int) -> list[Asked]:
    """Index, calibrate, and ask."""
    samples = find_samples()
    library = samples.library.parent
    judged = read_judged(library / "judgements.tsv", library / "queries.tsv")[::every]
    encoders = load_encoders(offline_models(samples.starter))
    with running_stack() as stack:
        elasticsearch = ElasticsearchSettings(url=stack.elasticsearch_url, timeout_s=60)
        client = connect(elasticsearch)
        index_library(client, IndexSettings(), samples.library, encoders)
        queries = EncodersForQueries(encoders, PillowDecoder(EncodingLimits()))
        records = ElasticsearchOwnRecords(client, IndexSettings().alias)
        Calibrator(ElasticsearchIndex(client, IndexSettings().alias), queries, records).calibrate()
        search = wire(load_settings(elasticsearch=elasticsearch, search={"timeout_s": 60}), encoder=queries)
        try:
            return ask_all(search.service, judged, EVERYBODY, lambda _step, _done, _total: None)
        finally:
            search.close()


def beside_rrf(asked: list[Asked]) -> dict[str, Any]:
    """Compare the fusion with that of ranks, in each group."""
    rankings = systems(asked)
    fused, rrf = (ndcg_of(asked, rankings[name]) for name in (FUSED, RRF))
    return {
        name: compared(FUSED, fused[chosen], RRF, rrf[chosen]).model_dump(mode="json")
        for name, chosen in groups_of(asked)
    }


def table(told: Evaluation) -> str:
    """Return the figures as a Markdown table."""
    names = list(told.groups[0].systems)
    lines = [f"| {NDCG} | queries | {' | '.join(names)} |", f"|---|---|{'---|' * len(names)}"]
    for group in told.groups:
        cells = [_cell(group.systems[name][NDCG].model_dump()) for name in names]
        lines.append(f"| {group.name} | {group.queries} | {' | '.join(cells)} |")
    lines += ["", f"| over all | {' | '.join(MEASURES)} |", f"|---|{'---|' * len(MEASURES)}"]
    for name, figures in told.groups[0].systems.items():
        lines.append(f"| {name} | {' | '.join(_cell(figures[one].model_dump()) for one in MEASURES)} |")
    lines.append("")
    for one in told.comparisons:
        ratio = _cell(one.ratio.model_dump())
        lines.append(f"{one.system} / {one.against}: {ratio}, paired randomisation test p = {one.p:.2g}.")
    return "\n".join(lines) + "\n"


def _cell(figure: dict[str, float]) -> str:
    return f"{figure['value']:.3f} ({figure['low']:.3f}-{figure['high']:.3f})"


def misses(told: Evaluation, groups: dict[str, Any]) -> list[str]:
    """Return what is below its floor, in words."""
    values = {one.against: one for one in told.comparisons}
    missed = []
    if values[told.best_leg].ratio.value < GAIN:
        missed.append(f"the fusion is {values[told.best_leg].ratio.value} of {told.best_leg}, and should be {GAIN}")
    for name, row in groups.items():
        below = row["difference"]["value" if name == "all" else "high"] < 0
        missed += [f"{name}: the fusion is below that of ranks ({row['difference']})"] if below else []
    return missed


def main() -> int:
    """Measure, write the results, and tell them."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--every", type=int, default=1, help="ask each so many-th query")
    arguments.add_argument("--check", action="store_true", help="fail where a floor is missed")
    chosen = arguments.parse_args()
    asked = asked_of_the_library(chosen.every)
    told = evaluated(asked, asked_as=EVERYBODY)
    groups = beside_rrf(asked)
    missed = misses(told, groups)
    calibrated = float(np.mean([_is_calibrated(one) for one in asked]))
    figures = {
        "floors": {"over_best_leg": GAIN, "over_rrf": 1.0}, "missed": missed, "calibrated": round(calibrated, 3),
        "evaluation": told.model_dump(mode="json"), "fused_beside_rrf": groups,
    }  # fmt: skip
    shown = table(told)
    print(shown, *(f"missed: {one}" for one in missed), *told.notes, sep="\n")
    heading = "# Relevance on the sample library\nWritten by `python bench/relevance.py`; how, is told there.\n\n"
    Path(RESULTS / "relevance.md").write_text(heading + shown, encoding="utf-8")
    print(f"written to {write('relevance', figures)} and relevance.md")
    return 1 if chosen.check and missed else 0


def _is_calibrated(one: Asked) -> bool:
    return all(seen.evidence is not None for candidate in one.candidates for seen in candidate.legs)


if __name__ == "__main__":
    sys.exit(main())

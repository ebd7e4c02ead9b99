"""One run over the small library in memory: figures, notes, refusals, and feedback as judgements."""

from pathlib import Path

import pytest

from contract.search_index_contract import SPACES
from contract.search_service_contract import service_over
from damsight_cli.evaluation.errors import NotJudgeableError
from damsight_cli.evaluation.figures import Evaluation
from damsight_cli.evaluation.judged import JudgedQuery, read_judged
from damsight_cli.evaluation.run import Options, judged_of, measured
from damsight_schemas.feedback import Feedback
from damsight_search.kept_records import KeptRecords
from damsight_search.learning.feedback import FeedbackKeeper
from damsight_search.principal import Principals, signed_in
from damsight_search.settings import FeedbackSettings
from fakes.library import library
from fakes.own_records import FakeOwnRecords
from fakes.search_index import FakeIndex

WHO = Principals(["public", "group:press", "user:anna"])


@pytest.fixture
def index() -> FakeIndex:
    """The small library in memory."""
    index = FakeIndex(SPACES)
    index.documents = library()
    return index


def run(
    index: FakeIndex, judged: list[JudgedQuery], who: Principals = WHO, *, leave_out_missing: bool = False
) -> Evaluation:
    options = Options(qrels=Path("judged.tsv"), leave_out_missing=leave_out_missing)
    return measured(service_over(index), index, judged, who, options).evaluation


def coloured(colour: str, language: str = "en", **more: int) -> JudgedQuery:
    right = {asset_id: 1 for asset_id, told in library().items() if colour in told["tags"]}
    return JudgedQuery(f"{language}-{colour}", language, "colour", colour, {**right, **more})


def test_every_system_is_measured_over_all_and_by_language(index: FakeIndex) -> None:
    """Words and pictures find colours, each leg and both fusions have every measure, languages are told apart."""
    judged = [coloured("red"), coloured("blue"), coloured("green", "de")]
    told = run(index, judged)
    assert [(group.name, group.queries) for group in told.groups] == [
        ("all", 3),
        ("language en", 2),
        ("language de", 1),
    ]
    figures = told.groups[0].systems
    assert {"keyword", "image", "caption", "rrf", "fused"} <= set(figures)
    assert figures["keyword"]["ndcg@10"].value == figures["image"]["mrr"].value == 1.0
    assert figures["caption"]["ndcg@10"].value < 1.0
    assert [one.against for one in told.comparisons] == [told.best_leg, "rrf"]


def test_the_search_costs_one_request_a_query(index: FakeIndex) -> None:
    """Judging asks each query once, after asking once which assets are there."""
    run(index, [coloured("red"), coloured("blue")])
    assert len(index.asked) == 1 + 2


def test_assets_that_are_not_there_are_named(index: FakeIndex) -> None:
    """Unknown and forbidden ones alike; left out on demand, and said so."""
    judged = [coloured("red", nowhere=1)]
    with pytest.raises(NotJudgeableError, match=r"1 of \d+ judged assets .*nowhere.*--as.*--leave-out-missing"):
        run(index, judged)
    told = run(index, judged, leave_out_missing=True)
    assert told.notes[0] == "1 judged assets that are not there were left out."
    with pytest.raises(NotJudgeableError, match="may not see them"):
        run(index, [coloured("red")], Principals(["public"]))
    alone = [JudgedQuery("q", "en", "colour", "red", {"nowhere": 1})]
    with pytest.raises(NotJudgeableError, match="nothing can be measured"):
        run(index, alone, leave_out_missing=True)


def test_what_could_not_be_done_is_told(index: FakeIndex) -> None:
    """A degraded search is measured as it is, and the figures say so."""
    index.lost_shards = 1
    told = run(index, [coloured("red")])
    assert any("parts of the index did not answer" in note for note in told.notes)
    assert any("by ranks alone: run `damsight index calibrate`" in note for note in told.notes)


def test_feedback_becomes_judgements_that_are_measured(index: FakeIndex, tmp_path: Path) -> None:
    """What people marked is what is right; it can be saved, and read as any judged queries."""
    options, records = Options(save_judgements=tmp_path / "judged"), KeptRecords(FakeOwnRecords())
    with pytest.raises(NotJudgeableError, match="Feedback tells no right answer"):
        judged_of(records, options)
    keeper = FeedbackKeeper(records, index, FeedbackSettings())
    keeper.keep(Feedback(asset_id="asset-003", action="marked-right", text="Red", rank=4), signed_in("bert"))
    judged = judged_of(records, options)
    told = run(index, judged)
    assert told.queries == 1
    assert told.groups[0].systems["image"]["recall@10"].value == 1.0
    assert read_judged(tmp_path / "judged" / "judgements.tsv", tmp_path / "judged" / "queries.tsv") == judged

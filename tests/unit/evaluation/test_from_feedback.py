"""Feedback becomes judgements by the documented rule."""

import pytest

from damsight_cli.evaluation.from_feedback import FOUND, RIGHT, WRONG, judged_by_feedback
from damsight_schemas.feedback import Action, Feedback


def acts(*told: tuple[str, Action, int | None], asset_id: str = "a", text: str = "boat") -> list[tuple[str, Feedback]]:
    return [(who, Feedback(asset_id=asset_id, action=action, text=text, rank=rank)) for who, action, rank in told]


@pytest.mark.parametrize(
    ("told", "grade"),
    [
        ([("anna", "opened", 1), ("bert", "opened", 1)], None),
        ([("anna", "opened", 1), ("bert", "opened", 1), ("carla", "opened", 1)], FOUND),
        ([("anna", "opened", 1)] * 9, None),
        ([("anna", "opened", 2)], None),
        ([("anna", "opened", 3)], FOUND),
        ([("anna", "opened", None)], None),
        ([("anna", "downloaded", 1)], FOUND),
        ([("anna", "opened", 1), ("anna", "downloaded", 1)], FOUND),
        ([("anna", "marked-right", 1)], RIGHT),
        ([("anna", "marked-wrong", 1), ("bert", "downloaded", 9)], WRONG),
        ([("anna", "marked-wrong", 1), ("bert", "marked-right", 1)], None),
        ([("anna", "marked-wrong", 1), ("bert", "marked-right", 1), ("carla", "downloaded", 1)], FOUND),
    ],
)
def test_each_asset_gets_the_grade_that_the_rule_says(told: list[tuple[str, Action, int | None]], grade: int) -> None:
    """Marks win; else acts count once a person, weighed by their rank's inverse propensity; little is no judgement."""
    other = acts(("dora", "marked-right", 1), asset_id="b")
    (query,) = judged_by_feedback([*acts(*told), *other])
    assert query.grades.get("a") == grade


def test_what_stands_far_down_cannot_weigh_without_bound() -> None:
    """A rank of a thousand says what the tenth says: a variance bound, not a louder voice."""
    far = judged_by_feedback(acts(("anna", "opened", 1000)))
    tenth = judged_by_feedback(acts(("anna", "opened", 10)))
    assert far == tenth


def test_queries_are_alike_by_words_and_likes() -> None:
    """Case and blanks tell no queries apart; likes do; browsing and queries without a right answer judge nothing."""
    given = [
        *acts(("anna", "marked-right", 1), text="Red  Boat"),
        *acts(("bert", "marked-right", 1), text="red boat", asset_id="b"),
        ("anna", Feedback(asset_id="c", action="marked-right", text="red boat", like=["x"])),
        *acts(("anna", "marked-right", 1), text="  "),
        *acts(("anna", "marked-wrong", 1), text="harbour"),
    ]
    told = {(query.text, query.like): dict(query.grades) for query in judged_by_feedback(given)}
    assert told == {("red boat", ()): {"a": RIGHT, "b": RIGHT}, ("red boat", ("x",)): {"c": RIGHT}}

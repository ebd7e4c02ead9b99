"""Feedback becomes judgements, by a rule that is told in docs/search.md ("Measuring and tuning").

A mark counts as it is given: where more people marked a hit right than wrong, its grade is 2; where more marked it
wrong, 0. Without marks, or where they balance, what was opened and downloaded counts. It is biased by position: what
stands first is opened because it stands first. So each act is weighed by the inverse of the chance that its rank was
looked at, (1 / rank) ** 1 (Joachims, Swaminathan and Schnabel, WSDM 2017, with eta 1), bounded at rank 10, for few acts
far down would else decide alone. A person counts once an asset and query, by their strongest act. Where the evidence
reaches that of three people who opened the first hit, the grade is 1; less is no judgement, never a wrong one: that
nobody opened a hit says little (it may not have been seen).

What stays: only what was shown could be opened, so these judgements favour the ranking that they were gathered under.
They are good for weighing its legs, and no measure of what it never found.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from damsight_cli.evaluation.judged import UNDETERMINED, JudgedQuery
from damsight_schemas.feedback import Action, Feedback

KIND = "feedback"
ENOUGH = 3.0
"""Evidence that makes a hit right: three people who opened it as the first hit, or one as the third."""

FARTHEST = 10
"""Ranks below are weighed as this one; so is a rank that nobody told, as the first."""

ACTS: Mapping[Action, float] = {"opened": 1.0, "downloaded": 3.0}
"""What an act says at the first rank. To take a picture along says more than to look at it."""

RIGHT, FOUND, WRONG = 2, 1, 0


@dataclass(slots=True)
class _Seen:
    marks: Counter[str] = field(default_factory=Counter)
    people: dict[str, float] = field(default_factory=dict)


def judged_by_feedback(given: Iterable[tuple[str, Feedback]]) -> list[JudgedQuery]:
    """Return the queries that feedback judges, those with a right answer, by their words.

    Args:
        given: Each act with its owner. Acts while browsing, without words or likes, judge nothing.
    """
    acts: dict[tuple[str, tuple[str, ...]], dict[str, _Seen]] = defaultdict(lambda: defaultdict(_Seen))
    for owner, told in given:
        asked = (" ".join(told.text.lower().split()), tuple(sorted(told.like)))
        if any(asked):
            _see(acts[asked][told.asset_id], owner, told)
    judged = [_query(text, like, assets) for (text, like), assets in sorted(acts.items())]
    return [query for query in judged if any(grade > 0 for grade in query.grades.values())]


def _see(seen: _Seen, owner: str, told: Feedback) -> None:
    if told.action in ACTS:
        evidence = ACTS[told.action] * min(told.rank or 1, FARTHEST)
        seen.people[owner] = max(evidence, seen.people.get(owner, 0.0))
    else:
        seen.marks[told.action] += 1


def _query(text: str, like: tuple[str, ...], assets: Mapping[str, _Seen]) -> JudgedQuery:
    grades = {asset_id: grade for asset_id, seen in sorted(assets.items()) if (grade := _grade(seen)) is not None}
    query_id = f"feedback-{sha256(repr((text, like)).encode()).hexdigest()[:12]}"
    return JudgedQuery(query_id, UNDETERMINED, KIND, text, grades, like)


def _grade(seen: _Seen) -> int | None:
    right, wrong = seen.marks["marked-right"], seen.marks["marked-wrong"]
    if right != wrong:
        return RIGHT if right > wrong else WRONG
    return FOUND if sum(seen.people.values()) >= ENOUGH else None
